package describe

import (
	"go/types"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/mcpmount/mcpmount/internal/tree"
)

// A rule is one entry of a validate or binding tag: "min=3".
type rule struct {
	name, argument string
	// always says that the rule is checked whenever the struct is bound, as gin does it.
	always bool
}

// rules are those of a tag in their order. Those after dive are about the elements.
type rules []rule

// rulesOf returns what the tags that github.com/go-playground/validator reads say.
func rulesOf(tag reflect.StructTag) rules {
	var all rules
	for _, key := range []string{"binding", "validate"} {
		for entry := range strings.SplitSeq(tag.Get(key), ",") {
			name, argument, _ := strings.Cut(oneRule(strings.TrimSpace(entry)), "=")
			if name != "" && name != "-" {
				argument = strings.NewReplacer("0x2C", ",", "0x7C", "|").Replace(argument)
				all = append(all, rule{name, argument, key == "binding"})
			}
		}
	}
	return all
}

// oneRule returns an entry that has alternatives, "eq=a|eq=b", as one rule, or "" if there is none
// that means the same.
func oneRule(entry string) string {
	if !strings.Contains(entry, "|") {
		return entry
	}
	var values []string
	for alternative := range strings.SplitSeq(entry, "|") {
		value, found := strings.CutPrefix(alternative, "eq=")
		if !found || strings.Contains(value, "'") {
			return ""
		}
		values = append(values, "'"+value+"'")
	}
	return "oneof=" + strings.Join(values, " ")
}

// own returns the rules about the value itself, and those about its elements.
func (r rules) own() (own, elements rules) {
	i := slices.IndexFunc(r, func(r rule) bool { return r.name == "dive" })
	if i < 0 {
		return r, nil
	}
	own, elements = r[:i], r[i+1:]
	if end := slices.IndexFunc(elements, func(r rule) bool { return r.name == "endkeys" }); end >= 0 {
		elements = elements[end+1:]
	}
	return own, elements
}

func (r rules) has(names ...string) bool {
	return slices.ContainsFunc(r, func(r rule) bool { return slices.Contains(names, r.name) })
}

// required reports whether a field of type t cannot be left out: it says so, or what it has
// when it is left out breaks its rules, which are checked.
func (r rules) required(t types.Type) bool {
	left := mostFields
	return r.requiredWithin(t, &left)
}

// requiredWithin is required, for as many fields of structs as are left.
func (r rules) requiredWithin(t types.Type, left *int) bool {
	own, _ := r.own()
	if own.has("required") {
		return true
	}
	if own.has("omitempty", "omitnil", "omitzero") {
		return false
	}
	if structure, ok := t.Underlying().(*types.Struct); ok && kindOf(t) == "" && bindingRequires(structure, left) {
		return true
	}
	_, pointer := t.Underlying().(*types.Pointer)
	return slices.ContainsFunc(own, func(r rule) bool {
		if pointer {
			return r.always && (isFormat(r.name) || isBound(r.name))
		}
		return r.always && r.refusesZero(t)
	})
}

// bindingRequires reports whether the zero value of a struct breaks its own rules: gin looks at
// the structs in a struct without being told to.
func bindingRequires(t *types.Struct, left *int) bool {
	for _, f := range jsonFields(t) {
		var own rules
		for _, r := range rulesOf(f.tag) {
			if r.always {
				own = append(own, r)
			}
		}
		if *left--; *left < 0 {
			return false
		}
		if f.object.Exported() && own.requiredWithin(f.object.Type(), left) {
			return true
		}
	}
	return false
}

func isFormat(name string) bool { _, ok := formats[name]; return ok || name == "oneof" }

func isBound(name string) bool {
	return slices.Contains([]string{"min", "gte", "gt", "max", "lte", "lt", "len", "eq", "ne"}, name)
}

// refusesZero reports whether the rule refuses the zero value of type t.
func (r rule) refusesZero(t types.Type) bool {
	if isFormat(r.name) && r.name != "oneof" {
		return kindOf(t) == "string"
	}
	if r.name == "oneof" {
		zero := ""
		if kind := kindOf(t); kind == "integer" {
			zero = "0"
		}
		return !slices.Contains(words(r.argument), zero)
	}
	limit, err := strconv.ParseFloat(r.argument, 64)
	if err != nil {
		return r.name == "eq" && kindOf(t) == "string" && r.argument != ""
	}
	switch r.name {
	case "min", "gte":
		return limit > 0
	case "gt":
		return limit >= 0
	case "max", "lte":
		return limit < 0
	case "lt":
		return limit <= 0
	case "len", "eq":
		return limit != 0
	case "ne":
		return limit == 0 && kindOf(t) != "string"
	}
	return false
}

// apply adds the rules to the schema of a value of type t.
func (r rules) apply(schema *tree.Node, t types.Type) *tree.Node {
	own, elements := r.own()
	null := notNull(schema) != schema
	plain := notNull(schema)
	if plain.Get("$ref") == nil && len(plain.Members) > 0 {
		for _, rule := range own {
			plain = rule.apply(plain, t, own)
		}
		if len(elements) > 0 {
			plain = elements.applyElements(plain, t)
		}
	}
	if null {
		return nullable(plain)
	}
	return plain
}

func (r rules) applyElements(schema *tree.Node, t types.Type) *tree.Node {
	switch u := deref(t).Underlying().(type) {
	case *types.Slice:
		if items := schema.Get("items"); items != nil {
			return schema.With("items", r.apply(items, u.Elem()))
		}
	case *types.Map:
		if values := schema.Get("additionalProperties"); values != nil {
			return schema.With("additionalProperties", r.apply(values, u.Elem()))
		}
	}
	return schema
}

// apply adds one of the rules all to a schema that has a type.
func (r rule) apply(schema *tree.Node, t types.Type, all rules) *tree.Node {
	kind := schema.Get("type").Str()
	switch {
	case r.name == "required":
		_, pointer := t.Underlying().(*types.Pointer) // which need not point to something
		return requiredValue(schema, kind, pointer, all)
	case r.name == "oneof":
		return oneOf(schema, kind, r.argument)
	case r.name == "unique" && kind == "array" && r.argument == "":
		return schema.With("uniqueItems", tree.NewBool(true))
	case r.name == "datetime" && kind == "string":
		return dateTime(schema, r.argument)
	case kind == "string" && r.pattern() != "":
		return withPattern(schema, r.pattern())
	}
	if f, ok := formats[r.name]; ok && kind == "string" && f != "" {
		return schema.With("format", tree.NewString(f))
	}
	return r.bound(schema, kind)
}

// withPattern adds a pattern to those that a schema has.
func withPattern(schema *tree.Node, pattern string) *tree.Node {
	if schema.Get("pattern") == nil {
		return schema.With("pattern", tree.NewString(pattern))
	}
	var all []*tree.Node
	if more := schema.Get("allOf"); more != nil {
		all = more.Items
	}
	return schema.With("allOf", tree.NewArray(append(all[:len(all):len(all)], object("pattern", pattern))...))
}

// requiredValue adds that the zero value, which cannot be told from none, is refused. Slices
// and maps may be empty.
func requiredValue(schema *tree.Node, kind string, pointer bool, all rules) *tree.Node {
	if pointer {
		return schema
	}
	switch kind {
	case "string":
		if !all.has("oneof") && schema.Get("enum") == nil && schema.Get("format") == nil && schema.Get("contentEncoding") == nil {
			return raise(schema, "minLength", 1)
		}
	case "boolean":
		return schema.With("const", tree.NewBool(true))
	case "integer", "number":
		if !slices.ContainsFunc(all, func(r rule) bool { return r.name == "oneof" || isBound(r.name) && r.refusesZero(types.Typ[types.Int]) }) {
			return schema.With("not", object("const", 0))
		}
	}
	return schema
}

// raise sets a keyword to at least a number.
func raise(schema *tree.Node, keyword string, least int) *tree.Node {
	if n, err := strconv.Atoi(schema.Get(keyword).Str()); err == nil && n >= least {
		return schema
	}
	return schema.With(keyword, tree.NewNumber(strconv.Itoa(least)))
}

// oneOf adds the values of a list with spaces.
func oneOf(schema *tree.Node, kind, list string) *tree.Node {
	var values []*tree.Node
	for _, word := range words(list) {
		value := tree.NewString(word)
		if kind == "integer" || kind == "number" {
			value = number(word, kind == "integer")
		}
		if value == nil {
			return schema
		}
		values = append(values, value)
	}
	if len(values) == 0 || kind != "string" && kind != "integer" && kind != "number" {
		return schema
	}
	return schema.With("enum", tree.NewArray(values...))
}

// words returns the words of a list with spaces, in which single quotes keep some together.
func words(list string) []string {
	var found []string
	for _, m := range regexp.MustCompile(`'[^']*'|\S+`).FindAllString(list, -1) {
		found = append(found, strings.ReplaceAll(m, "'", ""))
	}
	return found
}

// dateTime adds the format of a layout of package time.
func dateTime(schema *tree.Node, layout string) *tree.Node {
	switch layout {
	case "2006-01-02":
		return schema.With("format", tree.NewString("date"))
	case "2006-01-02T15:04:05Z07:00":
		return schema.With("format", tree.NewString("date-time"))
	case "":
		return schema
	}
	return schema.With("description", tree.NewString("Written as "+layout))
}

// bound adds a limit: of a number itself, and of how many characters, items or properties
// there are.
func (r rule) bound(schema *tree.Node, kind string) *tree.Node {
	if !isBound(r.name) {
		return schema
	}
	if kind == "integer" || kind == "number" {
		return r.numberBound(schema, kind)
	}
	suffix := map[string]string{"string": "Length", "array": "Items", "object": "Properties"}[kind]
	if suffix == "" || schema.Get("format").Str() == "date-time" || schema.Get("contentEncoding") != nil {
		return schema
	}
	if kind == "string" && (r.name == "eq" || r.name == "ne") {
		if r.name == "eq" {
			return schema.With("const", tree.NewString(r.argument))
		}
		return schema.With("not", object("const", tree.NewString(r.argument)))
	}
	n, err := strconv.Atoi(r.argument)
	if err != nil {
		return schema
	}
	size := func(keyword string, n int) *tree.Node {
		if n < 0 {
			return schema
		}
		return schema.With(keyword+suffix, tree.NewNumber(strconv.Itoa(n)))
	}
	switch r.name {
	case "min", "gte":
		return size("min", n)
	case "gt":
		return size("min", n+1)
	case "max", "lte":
		return size("max", n)
	case "lt":
		return size("max", n-1)
	case "len", "eq":
		schema = size("min", n)
		return size("max", n)
	}
	return schema
}

func (r rule) numberBound(schema *tree.Node, kind string) *tree.Node {
	limit := number(r.argument, kind == "integer")
	if limit == nil {
		return schema
	}
	switch r.name {
	case "min", "gte":
		return schema.With("minimum", limit)
	case "gt":
		return schema.With("exclusiveMinimum", limit)
	case "max", "lte":
		return schema.With("maximum", limit)
	case "lt":
		return schema.With("exclusiveMaximum", limit)
	case "len", "eq":
		return schema.With("const", limit)
	case "ne":
		return schema.With("not", object("const", limit))
	}
	return schema
}

// formats are the rules that are formats of JSON Schema. Those without one have a pattern.
var formats = map[string]string{
	"email": "email", "url": "uri", "uri": "uri", "http_url": "uri", "https_url": "uri",
	"uuid": "uuid", "uuid3": "uuid", "uuid4": "uuid", "uuid5": "uuid",
	"uuid_rfc4122": "uuid", "uuid3_rfc4122": "uuid", "uuid4_rfc4122": "uuid", "uuid5_rfc4122": "uuid",
	"ipv4": "ipv4", "ip4_addr": "ipv4", "ipv6": "ipv6", "ip6_addr": "ipv6", "ip": "", "ip_addr": "",
	"hostname": "hostname", "hostname_rfc1123": "hostname", "fqdn": "hostname",
	"datetime": "", "json": "", "base64": "", "cidr": "",
	"alpha": "", "alphanum": "", "numeric": "", "number": "", "hexadecimal": "", "e164": "",
	"hexcolor": "", "ulid": "", "mongodb": "", "startswith": "", "endswith": "", "contains": "",
}

// patterns are the rules that are regular expressions.
var patterns = map[string]string{
	"alpha":       `^[a-zA-Z]+$`,
	"alphanum":    `^[a-zA-Z0-9]+$`,
	"numeric":     `^[-+]?[0-9]+(\.[0-9]+)?$`,
	"number":      `^[0-9]+$`,
	"hexadecimal": `^(0[xX])?[0-9a-fA-F]+$`,
	"hexcolor":    `^#([0-9a-fA-F]{3}|[0-9a-fA-F]{4}|[0-9a-fA-F]{6}|[0-9a-fA-F]{8})$`,
	"e164":        `^\+?[1-9][0-9]{1,14}$`,
	"mongodb":     `^[a-f0-9]{24}$`,
	"ip":          `^[0-9a-fA-F.:]+$`,
	"ip_addr":     `^[0-9a-fA-F.:]+$`,
	"cidr":        `^[0-9a-fA-F.:]+/[0-9]+$`,
}

// pattern returns the regular expression of the rule, or "".
func (r rule) pattern() string {
	quoted := regexp.QuoteMeta(r.argument)
	switch r.name {
	case "startswith":
		return "^" + quoted
	case "endswith":
		return quoted + "$"
	case "contains":
		return quoted
	}
	return patterns[r.name]
}
