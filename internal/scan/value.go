package scan

import (
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"strings"

	"golang.org/x/tools/go/packages"
)

// A value is what is known of a value of the program: text, scalar, null, choice, *closure,
// *object, *list, *router, *entry, *wrapped or *Check, which is middleware; nil where nothing is known.
type value any

// A text is a string. What is not known of it stands between marks as it is
// written in the source: "/" + cfg.Version is "/\x00cfg.Version\x01".
type text string

const (
	holeStart = "\x00"
	holeEnd   = "\x01"
)

// hole returns a text of which only the expression is known that makes it.
func hole(expression string) text {
	if strings.ContainsAny(expression, holeStart+holeEnd+"/") {
		expression = strings.NewReplacer(holeStart, "", holeEnd, "", "/", "∕").Replace(expression)
	}
	return text(holeStart + expression + holeEnd)
}

// known says whether all of a text is known.
func (t text) known() bool { return !strings.Contains(string(t), holeStart) }

// holes returns the expressions of what is not known.
func (t text) holes() []string {
	var all []string
	rest := string(t)
	for {
		_, after, found := strings.Cut(rest, holeStart)
		if !found {
			return all
		}
		var expression string
		expression, rest, _ = strings.Cut(after, holeEnd)
		all = append(all, strings.ReplaceAll(expression, "∕", "/"))
	}
}

// A scalar is a number or a boolean.
type scalar struct{ constant.Value }

// null is nil.
type null struct{}

// A choice is one of several values: of the branches of an if, of several returns.
type choice []value

// mostChoices bounds a choice.
const mostChoices = 12

// A closure is a function of the program, with what it has captured, or one outside
// the loaded source.
type closure struct {
	fn       *types.Func // nil for a literal
	typ      *ast.FuncType
	body     *ast.BlockStmt // nil outside the loaded source
	pkg      *packages.Package
	name     string
	doc      *ast.CommentGroup
	env      *scope
	recv     value // of a method value
	recvName *types.Var
	targs    map[*types.TypeParam]types.Type
	lit      *ast.FuncLit
	expand   bool // a method expression: the receiver is the first argument
}

// An object is a struct, a map or anything else with parts; pointers to it are the same value.
type object struct {
	typ    types.Type
	fields map[string]*cell
	// unknown says that fields that are not there are not known either.
	unknown bool
	branch  int // as that of a cell
}

func (m *machine) newObject(t types.Type, unknown bool) *object {
	return &object{typ: t, fields: map[string]*cell{}, unknown: unknown, branch: len(m.branches)}
}

// A list is an array, a slice or a map, with its elements in order; keys are those of a map.
type list struct {
	typ   types.Type
	elems []value
	keys  []value
	// open says that there may be more elements.
	open bool
}

// A wrapped value is what a function returned that was given inner, a handler: the inner one
// with something around it. Strip is what http.StripPrefix takes off.
type wrapped struct {
	inner value
	outer value // the handler that was returned, where it is known
	strip text
}

// A cell holds the value of a variable.
type cell struct {
	value value
	// branch is how many branches deep it was declared.
	branch int
}

// A scope holds the variables of a block.
type scope struct {
	vars   map[types.Object]*cell
	parent *scope
	targs  map[*types.TypeParam]types.Type
}

func newScope(parent *scope) *scope {
	s := &scope{parent: parent}
	if parent != nil {
		s.targs = parent.targs
	}
	return s
}

// find returns the cell of a variable, or nil.
func (s *scope) find(obj types.Object) *cell {
	for ; s != nil; s = s.parent {
		if c := s.vars[obj]; c != nil {
			return c
		}
	}
	return nil
}

// set declares a variable.
func (s *scope) set(obj types.Object, c *cell) {
	if s.vars == nil {
		s.vars = map[types.Object]*cell{}
	}
	s.vars[obj] = c
}

// alternatives returns the values that v may be.
func alternatives(v value) []value {
	if c, ok := v.(choice); ok {
		return c
	}
	return []value{v}
}

// join returns what is one of two values.
func join(a, b value) value {
	var all choice
	for _, v := range append(append(choice{}, alternatives(a)...), alternatives(b)...) {
		if len(all) < mostChoices && !contains(all, v) {
			all = append(all, v)
		}
	}
	// What is not known or nil says nothing beside what is known.
	var telling choice
	for _, v := range all {
		if _, isNull := v.(null); v != nil && !isNull {
			telling = append(telling, v)
		}
	}
	switch {
	case len(telling) == 1:
		return telling[0]
	case len(telling) > 1:
		return telling
	case len(all) > 0:
		return all[0]
	}
	return nil
}

func contains(all choice, v value) bool {
	for _, have := range all {
		if same(have, v) {
			return true
		}
	}
	return false
}

// same says whether two values are certainly the same.
func same(a, b value) bool {
	switch a := a.(type) {
	case scalar:
		b, ok := b.(scalar)
		return ok && a.Kind() == b.Kind() && a.Kind() != constant.Unknown && constant.Compare(a.Value, token.EQL, b.Value)
	case choice:
		return false
	case *closure:
		b, ok := b.(*closure)
		return ok && (a == b || a.fn != nil && a.fn == b.fn && same(a.recv, b.recv))
	}
	if _, ok := b.(choice); ok {
		return false
	}
	if _, ok := b.(scalar); ok {
		return false
	}
	return a == b
}

// first returns the first of the values that v may be that has the type T.
func first[T any](v value) (T, bool) {
	for _, one := range alternatives(v) {
		if t, ok := one.(T); ok {
			return t, true
		}
	}
	var zero T
	return zero, false
}
