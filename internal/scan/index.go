package scan

import (
	"cmp"
	"go/ast"
	"go/types"
	"slices"

	"golang.org/x/tools/go/packages"
)

// A function is a declared function of the loaded packages.
type function struct {
	obj  *types.Func
	decl *ast.FuncDecl
	pkg  *packages.Package
	// registers says that it calls a function of a router itself, relevant that it
	// does or leads to one that does.
	registers bool
	relevant  bool
	// own says that it is of the module that is scanned, not of one that it uses.
	own   bool
	users []*function
}

// An index says what is declared where and what leads to routers.
type index struct {
	m         *machine
	functions map[string]*function // by full name: imported and loaded packages have objects of their own
	found     map[*types.Func]*function
	ordered   []*function
	inits     []*function
	mains     []*function
	methods   map[string][]*function // by name
	vars      map[types.Object]*global
	varUsers  map[types.Object][]*function
	relevant  map[types.Object]bool // package variables whose value leads to routers
	lits      map[*ast.BlockStmt]bool
	impls     map[string][]*types.Func
	own       map[*packages.Package]bool // packages of the module that is scanned
}

// A global is the declaration of a package variable.
type global struct {
	spec *ast.ValueSpec
	pkg  *packages.Package
	i    int
}

func newIndex(m *machine, pkgs []*packages.Package) *index {
	x := &index{m: m, functions: map[string]*function{}, found: map[*types.Func]*function{}, methods: map[string][]*function{}, vars: map[types.Object]*global{},
		varUsers: map[types.Object][]*function{}, relevant: map[types.Object]bool{}, lits: map[*ast.BlockStmt]bool{},
		impls: map[string][]*types.Func{}, own: ownPackages(pkgs)}
	for _, pkg := range pkgs {
		for _, file := range pkg.Syntax {
			for _, decl := range file.Decls {
				x.declare(pkg, decl)
			}
		}
	}
	x.link()
	return x
}

// ownPackages returns the packages of the main module, or all where none is.
func ownPackages(pkgs []*packages.Package) map[*packages.Package]bool {
	own := map[*packages.Package]bool{}
	for _, pkg := range pkgs {
		if pkg.Module == nil || pkg.Module.Main {
			own[pkg] = true
		}
	}
	if len(own) == 0 {
		for _, pkg := range pkgs {
			own[pkg] = true
		}
	}
	return own
}

// declare adds a declaration.
func (x *index) declare(pkg *packages.Package, decl ast.Decl) {
	switch decl := decl.(type) {
	case *ast.FuncDecl:
		obj, ok := pkg.TypesInfo.Defs[decl.Name].(*types.Func)
		if !ok || decl.Body == nil {
			return
		}
		fn := &function{obj: obj, decl: decl, pkg: pkg, own: x.own[pkg]}
		x.ordered = append(x.ordered, fn)
		switch {
		case decl.Recv != nil:
			x.methods[obj.Name()] = append(x.methods[obj.Name()], fn)
			x.functions[obj.FullName()] = fn
		case obj.Name() == "init":
			x.inits = append(x.inits, fn)
		case obj.Name() == "main" && pkg.Name == "main" && fn.own:
			x.mains = append(x.mains, fn)
			x.functions[obj.FullName()] = fn
		default:
			x.functions[obj.FullName()] = fn
		}
	case *ast.GenDecl:
		for _, spec := range decl.Specs {
			spec, ok := spec.(*ast.ValueSpec)
			if !ok {
				continue
			}
			for i, name := range spec.Names {
				if obj, ok := pkg.TypesInfo.Defs[name].(*types.Var); ok {
					x.vars[obj] = &global{spec: spec, pkg: pkg, i: i}
				}
			}
		}
	}
}

// find returns the declaration of a function, or nil.
func (x *index) find(fn *types.Func) *function {
	found, ok := x.found[fn]
	if !ok {
		found = x.functions[fn.Origin().FullName()]
		x.found[fn] = found
	}
	return found
}

// link finds out which functions lead to routers.
func (x *index) link() {
	var work []*function
	mark := func(fn *function) {
		if !fn.relevant {
			fn.relevant = true
			work = append(work, fn)
		}
	}
	var marked []types.Object
	markVar := func(obj types.Object) {
		if !x.relevant[obj] {
			x.relevant[obj] = true
			marked = append(marked, obj)
		}
	}
	varsOf := map[*function][]types.Object{}
	for _, fn := range x.ordered {
		if x.scanUses(fn.pkg, fn.decl, fn, nil, varsOf) {
			fn.registers = true
			mark(fn)
		}
	}
	for obj, g := range x.vars {
		if len(g.spec.Values) > 0 && x.scanUses(g.pkg, g.spec, nil, obj, varsOf) {
			markVar(obj)
		}
	}
	for len(work) > 0 || len(marked) > 0 {
		if len(work) > 0 {
			fn := work[0]
			work = work[1:]
			for _, user := range fn.users {
				mark(user)
			}
			for _, obj := range varsOf[fn] {
				markVar(obj)
			}
			continue
		}
		obj := marked[0]
		marked = marked[1:]
		for _, user := range x.varUsers[obj] {
			mark(user)
		}
	}
	x.inits = slices.DeleteFunc(x.inits, func(fn *function) bool { return !fn.relevant })
	slices.SortStableFunc(x.ordered, func(a, b *function) int {
		return cmp.Compare(x.rank(a), x.rank(b))
	})
}

// rank puts functions that make routers before those that take them.
func (x *index) rank(fn *function) int {
	sig := fn.obj.Signature()
	for i := range sig.Params().Len() {
		if x.m.routerType(sig.Params().At(i).Type()) != nil {
			return 2
		}
	}
	if sig.Recv() != nil {
		return 1
	}
	return 0
}

// scanUses notes what a declaration uses, and says whether it uses a router itself.
func (x *index) scanUses(pkg *packages.Package, node ast.Node, user *function, variable types.Object,
	varsOf map[*function][]types.Object) bool {
	registers := false
	ast.Inspect(node, func(n ast.Node) bool {
		id, ok := n.(*ast.Ident)
		if !ok {
			return true
		}
		switch obj := pkg.TypesInfo.Uses[id].(type) {
		case *types.Func:
			if x.m.find(obj) != nil || registersLike(obj) {
				registers = true
			}
			for _, target := range x.targets(obj) {
				if target == user {
					continue
				}
				if user != nil {
					target.users = append(target.users, user)
				} else {
					varsOf[target] = append(varsOf[target], variable)
				}
			}
		case *types.Var:
			if user != nil && x.vars[obj] != nil {
				x.varUsers[obj] = append(x.varUsers[obj], user)
			}
		}
		return true
	})
	return registers
}

// registersLike says whether a function is a method of an interface that a router could have: it
// takes a path and a handler.
func registersLike(fn *types.Func) bool {
	sig := fn.Signature()
	if sig.Recv() == nil || !types.IsInterface(sig.Recv().Type()) || sig.Params().Len() < 2 {
		return false
	}
	path := false
	for i := range sig.Params().Len() {
		t := sig.Params().At(i).Type()
		if basic, ok := t.Underlying().(*types.Basic); ok && basic.Kind() == types.String {
			path = true
		}
		if slice, ok := t.Underlying().(*types.Slice); ok && sig.Variadic() {
			t = slice.Elem()
		}
		if path && grade(t) == 3 {
			return true
		}
	}
	return false
}

// targets returns the functions that a use of fn may call.
func (x *index) targets(fn *types.Func) []*function {
	if found := x.find(fn); found != nil {
		return []*function{found}
	}
	var all []*function
	for _, impl := range x.implementations(fn) {
		if found := x.find(impl); found != nil {
			all = append(all, found)
		}
	}
	return all
}

// implementations returns the methods of the loaded packages that implement that of
// an interface.
func (x *index) implementations(fn *types.Func) []*types.Func {
	recv := fn.Signature().Recv()
	if recv == nil {
		return nil
	}
	iface, ok := recv.Type().Underlying().(*types.Interface)
	if !ok || len(x.methods[fn.Name()]) == 0 {
		return nil
	}
	key := fn.FullName()
	if named := namedType(recv.Type()); named == nil {
		key = ""
	}
	if impls, ok := x.impls[key]; ok && key != "" {
		return impls
	}
	var impls []*types.Func
	for _, method := range x.methods[fn.Name()] {
		t := method.obj.Signature().Recv().Type()
		if types.Implements(t, iface) || types.Implements(types.NewPointer(t), iface) {
			impls = append(impls, method.obj)
		}
	}
	x.impls[key] = impls
	return impls
}

// registers says whether a function leads to routers.
func (x *index) registers(c *closure) bool {
	if c.lit == nil {
		if c.fn == nil {
			return false
		}
		found := x.find(c.fn)
		return found != nil && found.relevant
	}
	if known, ok := x.lits[c.body]; ok {
		return known
	}
	relevant := false
	ast.Inspect(c.body, func(n ast.Node) bool {
		id, ok := n.(*ast.Ident)
		if !ok || relevant {
			return !relevant
		}
		switch obj := c.pkg.TypesInfo.Uses[id].(type) {
		case *types.Func:
			relevant = x.m.find(obj) != nil || registersLike(obj)
			for _, target := range x.targets(obj) {
				relevant = relevant || target.relevant
			}
		case *types.Var:
			relevant = x.relevant[obj]
		}
		return true
	})
	x.lits[c.body] = relevant
	return relevant
}
