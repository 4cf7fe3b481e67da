package describe

import (
	"go/types"
	"regexp"

	"golang.org/x/tools/go/packages"
)

// standIn matches the names of types that implement an interface in the place of the one that
// serves.
var standIn = regexp.MustCompile(`(?i)^(mock|fake|stub|dummy|no-?op|unimplemented)|(mock|fake|stub)$`)

// implementations finds the types behind the interfaces of a program.
type implementations struct {
	own   map[*types.Package]bool
	named []*types.Named
	only  map[*types.TypeName]types.Type // nil where there is not one
}

func newImplementations(pkgs []*packages.Package) *implementations {
	all := &implementations{own: map[*types.Package]bool{}, only: map[*types.TypeName]types.Type{}}
	for _, pkg := range pkgs {
		all.own[pkg.Types] = true
		scope := pkg.Types.Scope()
		for _, name := range scope.Names() {
			object, ok := scope.Lookup(name).(*types.TypeName)
			if !ok || object.IsAlias() || standIn.MatchString(name) {
				continue
			}
			if n, ok := object.Type().(*types.Named); ok && n.NumMethods() > 0 && n.TypeParams().Len() == 0 && !types.IsInterface(n) {
				all.named = append(all.named, n)
			}
		}
	}
	return all
}

// of returns a pointer to the type that implements an interface of the program, if there is one
// only. A type that has the interface in a field wraps what does.
func (all *implementations) of(t types.Type) types.Type {
	n, ok := types.Unalias(t).(*types.Named)
	if !ok || n.TypeParams().Len() > 0 || !all.own[n.Obj().Pkg()] {
		return nil
	}
	asked, ok := n.Underlying().(*types.Interface)
	if !ok || asked.NumMethods() == 0 {
		return nil
	}
	if known, ok := all.only[n.Obj()]; ok {
		return known
	}
	var found []types.Type
	for _, candidate := range all.named {
		if p := types.NewPointer(candidate); types.Implements(p, asked) && !holds(candidate, n) {
			found = append(found, p)
		}
	}
	if len(found) != 1 {
		found = []types.Type{nil}
	}
	all.only[n.Obj()] = found[0]
	return found[0]
}

// holds reports whether t is a struct with a field of the given type.
func holds(t types.Type, field types.Type) bool {
	structure, ok := t.Underlying().(*types.Struct)
	if !ok {
		return false
	}
	for f := range structure.Fields() {
		if types.Identical(f.Type(), field) {
			return true
		}
	}
	return false
}
