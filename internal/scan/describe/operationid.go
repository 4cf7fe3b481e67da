package describe

import (
	"fmt"
	"go/types"
	"regexp"
	"strings"
	"unicode"

	"github.com/mcpmount/mcpmount/internal/scan"
)

// nameOperations gives each operation an id: the name of its handler, with the type or package
// it belongs to where several have that, or else its method and path. It does not depend on
// the order of operations.
func nameOperations(all []*Operation) {
	left := all
	used := map[string]bool{}
	for _, spell := range []func(*Operation) string{annotatedID, handlerName, qualifiedName, packagedName, routeName} {
		groups := map[string][]*Operation{}
		for _, op := range left {
			id := spell(op)
			groups[id] = append(groups[id], op)
		}
		var rest []*Operation
		for _, op := range left {
			id := spell(op)
			if id == "" || used[id] || len(groups[id]) > 1 {
				rest = append(rest, op)
				continue
			}
			op.ID = id
		}
		for _, op := range all {
			used[op.ID] = true
		}
		left = rest
	}
	for _, op := range left {
		id := routeName(op)
		for n := 2; used[id]; n++ {
			id = fmt.Sprint(routeName(op), n)
		}
		op.ID, used[id] = id, true
	}
}

func annotatedID(op *Operation) string { return op.annotated.id }

// commonNames are those that say nothing without the type they belong to.
var commonNames = map[string]bool{"serveHTTP": true, "handle": true, "handler": true, "invoke": true, "execute": true,
	"get": true, "list": true, "create": true, "update": true, "delete": true, "post": true, "put": true, "patch": true, "remove": true, "add": true, "edit": true, "find": true, "fetch": true, "index": true, "show": true, "run": true, "do": true}

// splitName returns the receiver and the name of a function: of "(*API).GetItem" "API" and
// "GetItem".
func splitName(full string) (receiver, name string) {
	full, _, _ = strings.Cut(full, "[")
	if i := strings.LastIndex(full, "."); i >= 0 {
		receiver, name = strings.Trim(full[:i], "(*)"), full[i+1:]
		receiver = receiver[strings.LastIndex(receiver, ".")+1:]
		return receiver, name
	}
	return "", full
}

// handler returns the function that an operation is named after: that of the route, or the one that
// a literal without a name was made around.
func (op *Operation) handler() *scan.Func {
	h := &op.Route.Handler
	if h.Name != "" {
		return h
	}
	for obj, v := range h.Bound {
		if v.Func == nil || v.Func.Name == "" || v.Func.Body == nil {
			continue // what has no source here does not serve this
		}
		if bound, ok := obj.(*types.Var); ok && bound.Kind() == types.LocalVar {
			continue // a helper of the literal, which was not made around it
		}
		if h != &op.Route.Handler {
			return &op.Route.Handler // there are several
		}
		h = v.Func
	}
	return h
}

func handlerName(op *Operation) string {
	_, name := splitName(op.handler().Name)
	name = lowerFirst(trimHandler(name))
	if commonNames[name] || closureName.MatchString(name) {
		return ""
	}
	return name
}

// closureName matches what Go calls functions without a name.
var closureName = regexp.MustCompile(`^func[0-9]*$`)

// trimHandler takes off what only says that a function is a handler.
func trimHandler(name string) string {
	for _, suffix := range []string{"HandlerFunc", "Handler", "Endpoint"} {
		if rest, found := strings.CutSuffix(name, suffix); found && rest != "" {
			return rest
		}
	}
	for _, prefix := range []string{"handle", "Handle"} {
		if rest, found := strings.CutPrefix(name, prefix); found && rest != "" && unicode.IsUpper(rune(rest[0])) && !strings.HasPrefix(rest, "HTTP") {
			return rest
		}
	}
	return name
}

// vagueTypes say of a type only that it has handlers.
var vagueTypes = []string{"Handlers", "Handler", "Controller", "Resource", "API", "Api", "Server", "Service"}

// vaguePackages say of a package the same.
var vaguePackages = map[string]bool{"api": true, "app": true, "controller": true, "controllers": true, "handler": true,
	"handlers": true, "http": true, "rest": true, "route": true, "router": true, "routes": true, "server": true, "web": true}

// joinWords writes the words of texts as one: of "user-groups" "UserGroups".
func joinWords(texts []string) string {
	joined := ""
	for _, text := range texts {
		for word := range strings.FieldsFuncSeq(text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
			if strings.ContainsFunc(word, unicode.IsLetter) { // "1.0" is a version
				joined += capital(word)
			}
		}
	}
	return joined
}

// qualifiedName is the name with its receiver: "usersGet" of (*UsersHandler).Get.
func qualifiedName(op *Operation) string {
	receiver, name := splitName(op.handler().Name)
	if name == "" || receiver == "" || closureName.MatchString(name) {
		return ""
	}
	for _, suffix := range vagueTypes {
		rest, found := strings.CutSuffix(capital(receiver), suffix)
		if found && rest != "" {
			receiver = rest
			break
		}
		if found && name != "ServeHTTP" { // (*API).List says no more than list
			receiver = joinWords(pathTags(op.Route.Path))
			break
		}
	}
	switch {
	case receiver == "":
		return ""
	case name == "ServeHTTP":
		return lowerFirst(receiver)
	}
	return together(receiver, trimHandler(name))
}

// packagedName is the name with its package.
func packagedName(op *Operation) string {
	_, name := splitName(op.handler().Name)
	pkg := op.handler().Pkg
	if name == "" || pkg == nil || pkg.Name == "main" || closureName.MatchString(name) || name == "ServeHTTP" {
		return ""
	}
	about := pkg.Name
	if vaguePackages[about] {
		about = joinWords(pathTags(op.Route.Path))
	}
	if about == "" {
		return ""
	}
	return together(about, trimHandler(name))
}

// together returns what is done to what as one name; the path of an action is the action itself.
func together(about, name string) string {
	if strings.EqualFold(about, name) {
		return lowerFirst(name)
	}
	return lowerFirst(about) + capital(name)
}

// routeName is the method and the path: "getItemsById".
func routeName(op *Operation) string {
	id := strings.ToLower(op.Method)
	if op.Route.Path == "/" {
		return id + "Root"
	}
	for segment := range strings.SplitSeq(op.Route.Path, "/") {
		name := strings.Trim(segment, "{}")
		if name != segment {
			name = "By" + capital(name)
		}
		id += joinWords([]string{name})
	}
	return id
}

// lowerFirst returns a name that begins in small letters: "GetItem" is "getItem", "URLFor"
// "urlFor".
func lowerFirst(name string) string {
	runes := []rune(name)
	for i := range runes {
		if !unicode.IsUpper(runes[i]) || i > 0 && i+1 < len(runes) && unicode.IsLower(runes[i+1]) {
			break
		}
		runes[i] = unicode.ToLower(runes[i])
	}
	return string(runes)
}
