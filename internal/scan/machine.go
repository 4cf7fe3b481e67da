package scan

import (
	"go/ast"
	"go/token"
	"go/types"

	"golang.org/x/tools/go/packages"
)

// What an interpretation may cost. A step is a statement or an expression.
const (
	mostSteps     = 5_000_000 // in all; an app of 1,600 routes takes 200,000
	mostAside     = 5_000     // for one call of a function that has nothing to do with routes
	mostDepth     = 60        // of calls
	mostAgain     = 10        // of calls of one function, as nested groups make
	mostAsideDeep = 8         // of calls of functions that have nothing to do with routes
	mostRounds    = 2_000     // of a loop
	mostRoutes    = 20_000    // registered
)

// A machine follows the values of a program that lead to routers. It executes
// functions in the order of the program: both branches of what it cannot decide, the body of
// a loop once where it does not know how often, and each call anew with the arguments it has.
type machine struct {
	fset     *token.FileSet
	byPath   map[string]*framework
	checks   map[string]func(config value) *Check
	index    *index
	globals  map[types.Object]*cell
	routers  []*router
	entries  int
	problems []Problem

	steps      int
	asideLeft  int               // steps left of a call that has nothing to do with routes
	aside      int               // how many of those are active
	heavy      map[ast.Node]bool // bodies that took too many steps
	branches   []*branchLog      // those that are active
	stack      []ast.Node        // bodies of active functions
	assumed    map[ast.Node]*router
	called     map[ast.Node]bool // bodies that were executed
	pending    []*closure        // functions that were made a value and may never be called
	defaultMux *router
	entry      string // the function that is executed though nobody is seen to call it
}

// Routes finds the routes that the packages register. It starts at main functions and
// at init functions, and then at what they do not reach: functions that make a router
// or take one, and that nobody is seen to call.
func Routes(pkgs []*packages.Package) ([]Route, []Problem) {
	if len(pkgs) == 0 {
		return nil, nil
	}
	m := newMachine(pkgs)
	m.runAll()
	routes := m.collect()
	return routes, sortProblems(m.problems)
}

func newMachine(pkgs []*packages.Package) *machine {
	m := &machine{fset: pkgs[0].Fset, byPath: map[string]*framework{}, checks: checks(), globals: map[types.Object]*cell{},
		assumed: map[ast.Node]*router{}, called: map[ast.Node]bool{}, heavy: map[ast.Node]bool{}}
	for _, f := range frameworks() {
		for _, path := range f.paths {
			m.byPath[path] = f
		}
	}
	m.index = newIndex(m, pkgs)
	return m
}

// runAll executes the program.
func (m *machine) runAll() {
	for _, fn := range m.index.inits {
		m.run(fn, "")
	}
	for _, fn := range m.index.mains {
		m.run(fn, "")
	}
	m.runPending()
	// What main does not reach: first what nobody calls, or only what is not executed either.
	for _, last := range []bool{false, true} {
		for _, fn := range m.index.ordered {
			if fn.own && fn.relevant && !m.called[fn.decl.Body] && (last && fn.registers || !last && !m.awaits(fn)) {
				m.run(fn, fn.obj.Name())
			}
		}
	}
	if m.steps > mostSteps {
		m.problem(token.NoPos, false, "the program takes too long to follow, routes may be missing: scan fewer packages")
	}
}

// awaits says whether a function is called by another one that has not been executed and may be.
func (m *machine) awaits(fn *function) bool {
	for _, user := range fn.users {
		if user != fn && !m.called[user.decl.Body] {
			return true
		}
	}
	return false
}

// run executes a function whose arguments are not known.
func (m *machine) run(fn *function, entry string) {
	m.entry = entry
	m.branches, m.aside, m.stack = nil, 0, nil
	m.invoke(m.closureOf(fn.obj, nil), nil, nil, nil)
	m.runPending()
	m.entry = ""
}

// runPending executes the functions that lead to routers and were given to something that
// is not understood, such as the commands of a command line.
func (m *machine) runPending() {
	for len(m.pending) > 0 {
		c := m.pending[0]
		m.pending = m.pending[1:]
		if !m.called[c.body] {
			m.stack, m.aside = nil, 0
			m.invoke(c, nil, nil, nil)
		}
	}
}

// kept notes a function that became a value.
func (m *machine) kept(c *closure) *closure {
	if c.body != nil && !m.called[c.body] && m.index.registers(c) {
		m.pending = append(m.pending, c)
	}
	return c
}

// problem notes that something was not understood.
func (m *machine) problem(pos token.Pos, note bool, message string) {
	m.problems = append(m.problems, Problem{Pos: m.fset.Position(pos), Message: message, Note: note})
}

// step counts a step, and says whether there may be more.
func (m *machine) step() bool {
	m.steps++
	if m.aside > 0 {
		m.asideLeft--
		return m.asideLeft > 0 && m.steps <= mostSteps
	}
	return m.steps <= mostSteps
}

// invoke calls a function of the program.
func (m *machine) invoke(c *closure, args []value, caller *frame, site *ast.CallExpr) []value {
	if c.body == nil || len(m.stack) >= mostDepth || !m.step() {
		return nil
	}
	again := 0
	for _, body := range m.stack {
		if body == c.body {
			again++
		}
	}
	registers := m.index.registers(c) || m.anyRegisters(args)
	if again >= mostAgain || again >= 2 && !registers {
		return nil
	}
	if !registers {
		if m.aside == 0 {
			m.asideLeft = mostAside
		}
		if m.aside >= mostAsideDeep || m.asideLeft <= 0 || m.heavy[c.body] {
			return nil
		}
		m.aside++
		defer func() {
			m.aside--
			m.heavy[c.body] = m.asideLeft <= 0
		}()
	} else if aside := m.aside; aside > 0 {
		m.aside = 0
		defer func() { m.aside = aside }()
	}
	m.called[c.body] = true
	m.stack = append(m.stack, c.body)
	defer func() { m.stack = m.stack[:len(m.stack)-1] }()

	f := &frame{m: m, pkg: c.pkg, scope: newScope(c.env), caller: caller, site: site, args: args, params: map[types.Object]bool{}}
	if len(c.targs) > 0 {
		f.scope.targs = c.targs
	}
	if c.recvName != nil {
		recv := c.recv
		if c.expand && len(args) > 0 {
			recv, args = args[0], args[1:]
		}
		f.recv = c.recvName
		f.scope.set(c.recvName, &cell{value: recv, branch: len(m.branches)})
	}
	f.bind(c.typ, args)
	f.block(c.body.List)
	if len(f.named) > 0 && f.results == nil {
		f.results = f.namedResults()
	}
	for i, v := range f.results {
		if lit, ok := v.(*closure); ok && lit.lit != nil && lit.name == "" && c.fn != nil && c.lit == nil {
			named := *lit
			named.name, named.doc = c.name, c.doc
			f.results[i] = &named
		}
	}
	return f.results
}

// anyRegisters says whether an argument is a function that leads to routers.
func (m *machine) anyRegisters(args []value) bool {
	for _, arg := range args {
		if c, ok := arg.(*closure); ok && c.body != nil && m.index.registers(c) {
			return true
		}
	}
	return false
}
