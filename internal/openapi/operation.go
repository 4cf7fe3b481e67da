package openapi

import (
	"slices"
	"strings"

	"github.com/mcpmount/mcpmount/internal/tree"
)

// operations returns every operation of the document in its order.
func (l *loader) operations(root place) []Operation {
	paths := l.follow(root.get("paths"))
	general := l.security(root.get("security"))
	var operations []Operation
	for key, member := range l.fields(paths) {
		if len(key) > maxPath {
			l.problems.add(member, "the path is longer than %d bytes; it is left out", maxPath)
			continue
		}
		item := l.pathItem(member)
		if !item.node.Is(tree.Object) {
			l.problems.add(member, "the path has no operations")
			continue
		}
		if strings.Contains(key, "{}") {
			l.problems.add(member, "the path has a placeholder without a name; it is left out")
			continue
		}
		path := pathItem{
			place:    item,
			template: l.template(member, key),
			pointer:  at(nil, nil, "/paths").child(key, item.node).pointer(),
			security: general,
		}
		for method, operation := range l.methods(item) {
			operations = l.appendOperation(operations, &path, method, operation)
		}
	}
	return operations
}

// maxPath bounds the length of a path.
const maxPath = 2 << 10

// A pathItem is a Path Item Object and what its operations inherit.
type pathItem struct {
	place
	template string
	pointer  string // of the logical place in the entry document
	security []map[string][]string
}

// pathItem follows the reference of a Path Item Object. Members beside it are
// added to those of its target.
func (l *loader) pathItem(p place) place {
	item := l.follow(p)
	if item.node == p.node || !item.node.Is(tree.Object) {
		return item
	}
	item.node = l.merged(item.node, p.node.Without("$ref"))
	return item
}

// merged returns an object with the members of both, those of own replacing
// those of base.
func (l *loader) merged(base, own *tree.Node) *tree.Node {
	if len(own.Members) == 0 || !l.spend(len(base.Members)+len(own.Members)) {
		return base
	}
	var members []tree.Member
	for key, n := range base.All() {
		if own.Get(key) == nil {
			members = append(members, tree.Member{Key: key, Value: n})
		}
	}
	return tree.NewObject(append(members, own.Members...)...)
}

// template returns the path template of a key of the paths.
func (l *loader) template(at place, key string) string {
	path, _, cut := strings.Cut(key, "#")
	if cut {
		l.problems.add(at, "a fragment is never sent; it is cut from the path")
	}
	if !strings.HasPrefix(path, "/") {
		l.problems.add(at, "the path does not start with a slash; one is added")
		path = "/" + path
	}
	return path
}

// methods returns the operations of a path item by method in their order.
func (l *loader) methods(item place) func(func(string, place) bool) {
	return func(yield func(string, place) bool) {
		for key, member := range l.fields(item) {
			switch method := strings.ToUpper(key); {
			case fixedMethod(method):
				if key == method {
					l.problems.add(member, "methods are written in lower case")
				}
				if !yield(method, member) {
					return
				}
			case key == "additionalOperations":
				if !l.additional(member, yield) {
					return
				}
			}
		}
	}
}

// fixedMethod reports whether a path item has a field for the method (OpenAPI
// 3.2, Path Item Object).
func fixedMethod(method string) bool {
	return slices.Contains([]string{"GET", "PUT", "POST", "DELETE", "OPTIONS", "HEAD", "PATCH", "TRACE", "QUERY"}, method)
}

// additional yields the operations with methods that have no field of their own
// (OpenAPI 3.2), and reports whether there may be more.
func (l *loader) additional(p place, yield func(string, place) bool) bool {
	for method, member := range l.fields(p) {
		switch {
		case !isToken(method), strings.EqualFold(method, "CONNECT"):
			l.problems.add(member, "%s is not a method that can be sent; the operation is left out", quote(method))
		case fixedMethod(strings.ToUpper(method)):
			l.problems.add(member, "%s has a field of its own; the operation is left out", quote(method))
		case !yield(method, member):
			return false
		}
	}
	return true
}

// isToken reports whether s is a token (RFC 9110 section 5.6.2).
func isToken(s string) bool {
	for i := 0; i < len(s); i++ {
		c := s[i]
		alphanumeric := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		if !alphanumeric && !strings.ContainsRune("!#$%&'*+-.^_`|~", rune(c)) {
			return false
		}
	}
	return s != ""
}

// appendOperation appends the operation at p, unless it cannot be served.
func (l *loader) appendOperation(operations []Operation, path *pathItem, method string, p place) []Operation {
	at := p
	p = l.follow(p)
	switch {
	case absent(p):
		l.problems.add(at, "the operation is empty; it is left out")
		return operations
	case !l.object(p):
		return operations
	case l.hidden(p):
		l.concealed = append(l.concealed, method+" "+path.template)
		return operations
	}
	op := l.operation(path, method, p)
	if !l.spend(1) { // what ran out of parts is not all there
		return operations
	}
	return append(operations, op)
}

func (l *loader) operation(path *pathItem, method string, p place) Operation {
	op := Operation{
		ID:          l.word(p.get("operationId")),
		Method:      method,
		Path:        path.template,
		Summary:     l.text(p.get("summary")),
		Description: l.text(p.get("description")),
		Tags:        l.words(p.get("tags")),
		Deprecated:  l.flag(p.get("deprecated")),
		Security:    l.operationSecurity(path, p.get("security")),
		Pointer:     at(nil, nil, path.pointer).child(strings.ToLower(method), p.node).pointer(),
	}
	if op.Summary == "" && op.Description == "" {
		op.Summary, op.Description = l.text(path.get("summary")), l.text(path.get("description"))
	}
	l.uniqueID(p, op.ID)
	inputs := l.inputs(path.place, p)
	if l.version == swagger20 {
		l.swaggerOperation(&op, p, inputs)
	} else {
		l.modernOperation(&op, path, p, inputs)
	}
	l.matchTemplate(&op, p)
	if extension := p.get("x-mcp"); extension.node != nil {
		l.extend(&op, extension)
	}
	return op
}

// modernOperation reads what OpenAPI 3 has of an operation and Swagger has not.
func (l *loader) modernOperation(op *Operation, path *pathItem, p place, inputs []input) {
	for _, in := range inputs {
		if parameter, ok := l.parameter(in); ok {
			op.Parameters = append(op.Parameters, parameter)
		}
	}
	op.RequestBody = l.requestBody(p.get("requestBody"))
	op.Responses = l.responses(p.get("responses"), func(at place) []MediaType {
		return l.content(at.get("content"), l.schema)
	})
	op.Servers = l.servers(p.get("servers"))
	if len(op.Servers) == 0 {
		op.Servers = l.servers(path.get("servers"))
	}
}

// operationSecurity returns the security of an operation. An empty list takes
// away that of the document.
func (l *loader) operationSecurity(path *pathItem, own place) []map[string][]string {
	if absent(own) {
		l.spend(len(path.security))
		return path.security
	}
	return l.security(own)
}

func (l *loader) uniqueID(p place, id string) {
	if id == "" {
		return
	}
	if l.ids[id] {
		l.problems.add(p.get("operationId"), "another operation has the operationId %s too", quote(id))
	}
	l.ids[id] = true
}
