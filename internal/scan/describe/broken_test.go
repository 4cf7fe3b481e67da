package describe_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/go/packages"

	"github.com/mcpmount/mcpmount"
	"github.com/mcpmount/mcpmount/internal/scan"
	"github.com/mcpmount/mcpmount/internal/scan/describe"
)

// importedPackages imports what the apps import.
type importedPackages map[string]*types.Package

func (all importedPackages) Import(path string) (*types.Package, error) {
	if pkg := all[path]; pkg != nil {
		return pkg, nil
	}
	return nil, fmt.Errorf("no package %s", path)
}

func (all importedPackages) add(pkg *types.Package) {
	if all[pkg.Path()] != nil {
		return
	}
	all[pkg.Path()] = pkg
	for _, imported := range pkg.Imports() {
		all.add(imported)
	}
}

// Source that is being edited does not compile. Whatever is missing, there is a document, and it
// can be loaded.
func TestBrokenSource(t *testing.T) {
	if testing.Short() {
		t.Skip("long, and nothing in it is concurrent")
	}
	imports := importedPackages{"unsafe": types.Unsafe}
	for _, pkg := range load(t) {
		imports.add(pkg.Types)
	}
	const rounds = 25
	for _, name := range []string{"netapp", "ginapp", "chiapp", "echo5app", "fiber2app", "ownapp", "oddapp"} {
		source, err := os.ReadFile(filepath.Join(apps, name, "main.go"))
		if err != nil {
			t.Fatal(err)
		}
		g := rand.New(rand.NewPCG(1, 2))
		for range rounds {
			broken := breakSource(g, string(source))
			pkg := check(imports, "example.com/handlers/"+name, broken)
			if pkg == nil {
				continue
			}
			routes, _ := scan.Routes([]*packages.Package{pkg})
			document := describe.Routes([]*packages.Package{pkg}, routes).Document(describe.Info{})
			if _, err := mcpmount.ParseOpenAPI(document.JSON()); err != nil {
				t.Fatalf("%v\n%s", err, broken)
			}
		}
	}
}

// breakSource takes lines or words out of a program, or puts some in twice.
func breakSource(g *rand.Rand, source string) string {
	separator := []string{"\n", " ", ".", "("}[g.IntN(4)]
	parts := strings.Split(source, separator)
	for range 1 + g.IntN(4) {
		i := 10 + g.IntN(len(parts)-10)
		switch g.IntN(3) {
		case 0:
			parts = append(parts[:i:i], parts[i+1:]...)
		case 1:
			j := 10 + g.IntN(len(parts)-10)
			parts[i], parts[j] = parts[j], parts[i]
		case 2:
			parts = append(parts[:i+1:i+1], parts[i:]...)
		}
	}
	return strings.Join(parts, separator)
}

// check type-checks a program as far as it goes.
func check(imports types.Importer, path, source string) *packages.Package {
	fset := token.NewFileSet()
	file, _ := parser.ParseFile(fset, "main.go", source, parser.ParseComments|parser.AllErrors|parser.SkipObjectResolution)
	if file == nil || file.Name == nil {
		return nil
	}
	info := &types.Info{Types: map[ast.Expr]types.TypeAndValue{}, Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{},
		Implicits: map[ast.Node]types.Object{}, Instances: map[*ast.Ident]types.Instance{}, Selections: map[*ast.SelectorExpr]*types.Selection{},
		Scopes: map[ast.Node]*types.Scope{}, FileVersions: map[*ast.File]string{}}
	config := types.Config{Importer: imports, Error: func(error) {}}
	checked, _ := config.Check(path, fset, []*ast.File{file}, info) // with what is wrong, too
	if checked == nil {
		return nil
	}
	return &packages.Package{ID: path, Name: checked.Name(), PkgPath: path, Fset: fset, Syntax: []*ast.File{file}, Types: checked, TypesInfo: info,
		Module: &packages.Module{Path: "example.com/handlers", Main: true}}
}
