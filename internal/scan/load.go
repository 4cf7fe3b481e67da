package scan

import (
	"cmp"
	"context"
	"fmt"
	"go/token"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/tools/go/packages"
)

// Load loads the packages that match the patterns, as the go command of dir does, and those of
// the same module that they import: with syntax and types, without test files. GOFLAGS and
// the build constraints of the environment apply. Of other packages only the types are
// loaded, from what the compiler exports, except for those that wrap a router: these are
// loaded like those of the module.
//
// A package with errors is loaded as far as it goes, and its errors are Problems. The error is
// for patterns that match nothing and for a go command that fails.
func Load(ctx context.Context, dir string, patterns ...string) ([]*packages.Package, []Problem, error) {
	if len(patterns) == 0 {
		patterns = []string{"./..."}
	}
	config := &packages.Config{Context: ctx, Dir: dir, Fset: token.NewFileSet(), Mode: packages.NeedName |
		packages.NeedImports | packages.NeedDeps | packages.NeedModule | packages.NeedFiles}
	listed, err := packages.Load(config, patterns...)
	if err != nil {
		return nil, nil, fmt.Errorf("listing %s: %w", strings.Join(patterns, " "), err)
	}
	paths := sourcePaths(listed)
	if len(paths) == 0 {
		return nil, nil, fmt.Errorf("%s matches no package with Go files%s; "+
			"name the packages as for the go command, such as ./... in a module", strings.Join(patterns, " "), firstError(listed))
	}
	config.Mode = packages.NeedName | packages.NeedFiles | packages.NeedCompiledGoFiles | packages.NeedImports |
		packages.NeedTypes | packages.NeedTypesSizes | packages.NeedSyntax | packages.NeedTypesInfo | packages.NeedModule
	loaded, err := packages.Load(config, paths...)
	if err != nil {
		return nil, nil, fmt.Errorf("loading %s: %w", strings.Join(patterns, " "), err)
	}
	loaded = slices.DeleteFunc(loaded, func(pkg *packages.Package) bool { return pkg.Types == nil || pkg.TypesInfo == nil })
	slices.SortFunc(loaded, func(a, b *packages.Package) int { return cmp.Compare(a.PkgPath, b.PkgPath) })
	var problems []Problem
	for _, pkg := range append(slices.Clone(listed), loaded...) {
		problems = append(problems, loadProblems(pkg)...)
	}
	return loaded, sortProblems(problems), nil
}

// sourcePaths returns the packages that are loaded with their syntax.
func sourcePaths(listed []*packages.Package) []string {
	var paths []string
	seen := map[*packages.Package]bool{}
	wraps := map[*packages.Package]bool{}
	own := map[string]bool{}
	routers := routerPaths()
	for _, pkg := range listed {
		own[modulePath(pkg)] = true
	}
	var visit func(pkg *packages.Package, root bool) bool
	visit = func(pkg *packages.Package, root bool) bool {
		if done := seen[pkg]; done {
			return wraps[pkg]
		}
		seen[pkg] = true
		routes := false
		for _, imported := range pkg.Imports {
			visit(imported, false)
			routes = routes || routers[imported.PkgPath]
		}
		wraps[pkg] = routes
		switch {
		case len(pkg.GoFiles) == 0 || pkg.PkgPath == "unsafe":
		case root, own[modulePath(pkg)]:
			paths = append(paths, pkg.PkgPath)
		case routes && pkg.Module != nil && !routers[pkg.PkgPath] && !routers[pkg.Module.Path]:
			paths = append(paths, pkg.PkgPath)
		}
		return routes
	}
	for _, pkg := range listed {
		visit(pkg, true)
	}
	slices.Sort(paths)
	return paths
}

// modulePath returns the path of the module of a package; packages outside modules are each
// their own.
func modulePath(pkg *packages.Package) string {
	if pkg.Module == nil {
		return pkg.PkgPath
	}
	return pkg.Module.Path
}

// firstError returns what the go command says of packages that cannot be loaded.
func firstError(listed []*packages.Package) string {
	for _, pkg := range listed {
		if len(pkg.Errors) > 0 {
			return ": " + pkg.Errors[0].Msg
		}
	}
	return ""
}

// telling returns the errors of a package that tell something of its source. A file to embed that
// is not there may be the one that is being made; and what the go command says after "# " are
// errors of the compiler, which are there once more with their places.
func telling(list []packages.Error) []packages.Error {
	placed := slices.ContainsFunc(list, func(e packages.Error) bool { return e.Kind != packages.ListError })
	return slices.DeleteFunc(slices.Clone(list), func(e packages.Error) bool {
		return e.Kind == packages.ListError &&
			(strings.HasSuffix(e.Msg, ": no matching files found") || placed && strings.HasPrefix(e.Msg, "# "))
	})
}

// loadProblems returns the errors of a package, a few of them: one missing import
// makes hundreds.
func loadProblems(pkg *packages.Package) []Problem {
	const most = 5
	var problems []Problem
	list := telling(pkg.Errors)
	for i, e := range list {
		if i == most {
			problems = append(problems, Problem{Message: fmt.Sprintf("%s: %d more errors", pkg.PkgPath, len(list)-most)})
			break
		}
		problems = append(problems, Problem{Pos: errorPosition(e.Pos),
			Message: "does not compile, what depends on it is not seen: " + strings.TrimSpace(e.Msg)})
	}
	return problems
}

// errorPosition reads "file:line:column", where the last two may be missing.
func errorPosition(s string) token.Position {
	var position token.Position
	if s == "" || s == "-" {
		return position
	}
	fields := strings.Split(s, ":")
	var numbers []int
	for len(fields) > 1 && len(numbers) < 2 {
		n, err := strconv.Atoi(fields[len(fields)-1])
		if err != nil {
			break
		}
		numbers = append(numbers, n)
		fields = fields[:len(fields)-1]
	}
	position.Filename = strings.Join(fields, ":")
	switch len(numbers) {
	case 1:
		position.Line = numbers[0]
	case 2:
		position.Column, position.Line = numbers[0], numbers[1]
	}
	return position
}
