package main

import (
	"errors"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/alecthomas/kong"
	"go.yaml.in/yaml/v4"
)

// A keySet is a set of flags that are the keys of a configuration file: each flag is a key
// with the same name and the same values.
type keySet struct {
	parser *kong.Kong
	flags  map[string]*kong.Flag
}

// newKeySet returns the keys for the flags that the struct target has.
func newKeySet(target any) (*keySet, error) {
	parser, err := kong.New(target, kong.Name("mcpmount"), kong.NoDefaultHelp())
	if err != nil {
		return nil, err
	}
	k := &keySet{parser: parser, flags: map[string]*kong.Flag{}}
	for _, f := range parser.Model.Flags {
		k.flags[f.Name] = f
	}
	return k, nil
}

func (k *keySet) names() []string { return slices.Sorted(maps.Keys(k.flags)) }

// differing returns the names of the keys that have another value in other, which is of the
// same flags.
func (k *keySet) differing(other *keySet) []string {
	return slices.DeleteFunc(k.names(), func(name string) bool {
		return reflect.DeepEqual(k.flags[name].Target.Interface(), other.flags[name].Target.Interface())
	})
}

// changedKeys returns the names of the keys that differ in two structs with flags.
func changedKeys[T any](old, next T) []string {
	a, err1 := newKeySet(&old)
	b, err2 := newKeySet(&next)
	if err := errors.Join(err1, err2); err != nil {
		return []string{err.Error()} // cannot happen: both were read
	}
	return a.differing(b)
}

// parse sets the keys to the values in args, and the others to their defaults.
func (k *keySet) parse(args []string) error {
	if _, err := k.parser.Parse(args); err != nil {
		return parseError(err)
	}
	return nil
}

// override sets the keys whose flags were typed.
func (k *keySet) override(typed *kong.Context) error {
	if typed == nil {
		return nil
	}
	for _, step := range typed.Path {
		f := step.Flag
		if f == nil || f.Name == "config" {
			continue
		}
		mine := k.flags[f.Name]
		if mine == nil {
			return misuse("write it into the file: "+f.Name+": …", "--%s is of one API: with --config, flags say only how the process serves", f.Name)
		}
		if mine.Target.Type() == f.Target.Type() {
			mine.Target.Set(f.Target)
		}
	}
	if typed.Selected() != nil && len(typed.Selected().Positional) > 0 {
		if arg := typed.Selected().Positional[0]; arg.Target.Kind() == reflect.String && arg.Target.String() != "" {
			return misuse("leave one out", "--config and %s: the file says which documents are served", arg.Name)
		}
	}
	return nil
}

// A keyType is what a key takes.
type keyType string

const (
	typeBool     keyType = "true or false"
	typeInt      keyType = "a whole number"
	typeDuration keyType = "a time such as 30s"
	typeText     keyType = "a text"
)

// typeOf returns what a flag takes, or each element of its list.
func typeOf(f *kong.Flag) keyType {
	t := f.Target.Type()
	if t.Kind() == reflect.Slice || t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch {
	case t == reflect.TypeFor[time.Duration]():
		return typeDuration
	case t.Kind() == reflect.Bool:
		return typeBool
	case t.Kind() >= reflect.Int && t.Kind() <= reflect.Uint64:
		return typeInt
	}
	return typeText
}

// isPath reports whether the values of a flag are files or folders.
func isPath(f *kong.Flag) bool { return f.PlaceHolder == "FILE" || f.PlaceHolder == "DIR" }

// separator returns what is between the name and the value of each element of a
// list of pairs, which may be a mapping in a file; "" for other flags.
func separator(f *kong.Flag) string {
	switch {
	case !f.IsSlice():
		return ""
	case strings.Contains(f.PlaceHolder, ": "):
		return ": "
	case strings.Contains(f.PlaceHolder, "="):
		return "="
	}
	return ""
}

// arguments returns entries as the flags that say the same, and whether all are right,
// each by itself.
func (r *configReader) arguments(set *keySet, entries []entry) (args []string, ok bool) {
	ok = true
	for _, e := range entries {
		if e.wrong || !r.known(set, e.key) {
			ok = false
			continue
		}
		values, right := r.values(set.flags[e.key.Value], e.value)
		ok = ok && right
		for _, v := range values {
			arg := "--" + e.key.Value + "=" + v.text
			if err := set.parse([]string{arg}); err != nil {
				r.refuse(e.key.Value, v, err)
				ok = false
				continue
			}
			args = append(args, arg)
		}
	}
	return args, ok
}

// A value is a value of a flag.
type value struct {
	text   string
	node   *yaml.Node // where it is
	secret bool       // whether something was put in that must not be shown
}

// refuse says why a value is not taken.
func (r *configReader) refuse(key string, v value, err error) {
	if v.secret {
		r.wrong(v.node, "the variable has another form than the key takes", "%s: what was put in for a ${…} is not a value of this key", key)
		return
	}
	hint := "mcpmount serve --help says what " + key + " takes"
	if f := new(failure); errors.As(err, &f) && !strings.Contains(f.hint, "--help") {
		hint = asLines(f.hint)
	}
	r.wrong(v.node, hint, "%s", asKeys(err.Error()))
}

// values returns the values that a key has: one, those of a list, or pairs. It also reports
// whether these are all that are there.
func (r *configReader) values(f *kong.Flag, n *yaml.Node) (list []value, ok bool) {
	ok = true
	add := func(v value, right bool) {
		if ok = ok && right; right {
			list = append(list, v)
		}
	}
	switch {
	case n.Kind == yaml.ScalarNode:
		add(r.scalar(f, n))
	case n.Kind == yaml.SequenceNode && f.IsSlice():
		for _, item := range n.Content {
			add(r.scalar(f, item))
		}
	case n.Kind == yaml.MappingNode && separator(f) != "":
		for _, e := range r.entries(n, f.Name) {
			add(r.pair(f, e))
		}
	default:
		r.wrong(n, f.Name+": "+cmpPlaceholder(f), "%s takes %s%s", f.Name, typeOf(f), orList(f))
		ok = false
	}
	return list, ok
}

// pair returns an entry of a mapping as an element of a list, such as NAME=VALUE.
func (r *configReader) pair(f *kong.Flag, e entry) (value, bool) {
	if e.wrong {
		return value{}, false
	}
	v, ok := r.scalar(f, e.value)
	v.text = r.besideSecret(f, e.key.Value+separator(f)+v.text)
	return v, ok
}

// scalar returns a single value, with what ${…} stands for put in, and whether it is one.
func (r *configReader) scalar(f *kong.Flag, n *yaml.Node) (value, bool) {
	v := value{text: n.Value, node: n}
	if n.Kind == yaml.AliasNode {
		r.wrongAlias(n)
		return v, false
	}
	if n.Kind != yaml.ScalarNode || n.Tag == "!!null" {
		r.wrong(n, "write a value, or remove the key", "%s has no value; it takes %s%s", f.Name, typeOf(f), orList(f))
		return v, false
	}
	if n.Tag == "!!str" && strings.Contains(n.Value, "${") {
		text, err := expand(n.Value, r.variable, r.content)
		r.put, r.filled[f.Name] = append(r.put, text), true
		if err != nil {
			r.notFilled(f, n, err)
			return v, false
		}
		v.text, v.secret = text, true
	} else if !takes(typeOf(f), n.Tag) {
		r.wrong(n, f.Name+": "+cmpPlaceholder(f), "%s takes %s, not %s", f.Name, typeOf(f), tagName(n.Tag))
		return v, false
	}
	if isPath(f) {
		if v.text = r.beside(v.text); f.Tag.Has("reopens") {
			r.note(v.text)
		}
	}
	v.text = r.besideSecret(f, v.text)
	if f.Tag.Has("expands") {
		v.text = strings.ReplaceAll(v.text, "${", "$${") // it was done
	}
	return v, true
}

// notFilled says why a ${…} cannot be replaced. Of places that wait for one variable or file,
// one is named: what mends it mends all.
func (r *configReader) notFilled(f *kong.Flag, n *yaml.Node, err error) {
	known, written := new(failure), false
	if errors.As(err, &known) {
		written = known.usage // in another form than it has
	}
	if why := err.Error(); written || !r.unfilled[why] {
		r.unfilled[why] = true
		r.mistakes = append(r.mistakes, (&apiSettings{place: r.place(n), name: f.Name}).explain(err))
	}
}

// variable returns a variable of the environment, and notes its value.
func (r *configReader) variable(name string) (string, bool) {
	value, ok := r.env(name)
	r.put = append(r.put, value)
	return value, ok
}

// besideSecret makes the file of file:PATH, or of NAME=file:PATH, one beside the
// configuration.
func (r *configReader) besideSecret(f *kong.Flag, text string) string {
	before, where, found := strings.Cut(text, "file:")
	if !found || !strings.HasSuffix(f.PlaceHolder, "env:NAME") || before != "" && strings.Index(before, "=") != len(before)-1 {
		return text
	}
	where = r.beside(where)
	if f.Tag.Has("reopens") {
		r.note(where)
	}
	return before + "file:" + where
}

// takes reports whether a plain value of YAML is one of a type. Names that look
// like numbers are texts all the same.
func takes(t keyType, tag string) bool {
	switch tag {
	case "!!str":
		return t == typeText || t == typeDuration
	case "!!int":
		return t != typeBool
	case "!!float", "!!timestamp":
		return t == typeText
	case "!!bool":
		return t == typeBool
	}
	return false
}

// tagName returns the tag of a plain value in words.
func tagName(tag string) string {
	switch tag {
	case "!!str":
		return "a text"
	case "!!int", "!!float":
		return "a number"
	case "!!bool":
		return "true or false; quotes make it a text"
	}
	return tag
}

func orList(f *kong.Flag) string {
	switch {
	case separator(f) != "":
		return ", a list of them, or a mapping"
	case f.IsSlice():
		return " or a list of them"
	}
	return ""
}

// cmpPlaceholder returns what stands for a value of f in a hint.
func cmpPlaceholder(f *kong.Flag) string {
	switch {
	case typeOf(f) == typeBool:
		return "true"
	case f.PlaceHolder == "":
		return "…"
	}
	return regexp.MustCompile(`^'(.*)'$`).ReplaceAllString(f.PlaceHolder, "$1")
}
