package describe

import (
	"bytes"
	"context"
	"go/types"
	"os/exec"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"golang.org/x/tools/go/packages"

	"github.com/mcpmount/mcpmount/internal/scan"
	"github.com/mcpmount/mcpmount/internal/tree"
)

// loadPackage loads one package of the apps.
func loadPackage(t *testing.T, pattern string) *packages.Package {
	t.Helper()
	pkgs, _, err := scan.Load(context.Background(), "testdata/apps", pattern)
	if err != nil {
		t.Fatal(err)
	}
	for _, pkg := range pkgs {
		if strings.HasSuffix(pkg.PkgPath, strings.TrimPrefix(pattern, ".")) {
			return pkg
		}
	}
	t.Fatalf("no package %s", pattern)
	return nil
}

// output runs a program of the apps, and returns the lines that it prints.
func output(t *testing.T, args ...string) []string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", append([]string{"run"}, args...)...)
	cmd.Dir = "testdata/apps"
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", cmd, err, &stderr)
	}
	return strings.Split(strings.TrimSpace(string(out)), "\n")
}

// schemasOf compiles a schema for each field of a struct of pkg.
func schemasOf(t *testing.T, pkg *packages.Package, name string, output bool) map[string]*jsonschema.Schema {
	t.Helper()
	s := newSchemas(newComments([]*packages.Package{pkg}))
	s.output = output
	all := pkg.Types.Scope().Lookup(name).Type().Underlying().(*types.Struct)
	roots := map[string]*tree.Node{}
	for i := range all.NumFields() {
		roots[all.Field(i).Name()] = s.of(all.Field(i).Type())
	}
	document := object("components", object("schemas", s.finish()))
	for name, root := range roots {
		document = document.With(name, root)
	}
	resource, err := jsonschema.UnmarshalJSON(bytes.NewReader(document.JSON()))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	compiler.AssertContent()
	if err := compiler.AddResource("doc.json", resource); err != nil {
		t.Fatal(err)
	}
	compiled := map[string]*jsonschema.Schema{}
	for name := range roots {
		if compiled[name], err = compiler.Compile("doc.json#/" + name); err != nil {
			t.Fatalf("%s: %v\n%s", name, err, document.JSON())
		}
	}
	return compiled
}

// What encoding/json writes for a value fits the schema of its type, whatever the type, and has the
// properties of the schema and no others.
func TestMarshaledValuesFitTheirSchemas(t *testing.T) {
	schemas := schemasOf(t, loadPackage(t, "./shapes"), "All", true)
	closed := closedProperties(t)
	seen := map[string]int{}
	for _, line := range output(t, "./shapes/cmd/emit", "7") {
		name, data, _ := strings.Cut(line, " ")
		value, err := jsonschema.UnmarshalJSON(strings.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		if err := schemas[name].Validate(value); err != nil {
			t.Errorf("%s: %s\n%v", name, data, err)
		}
		if want, ok := closed[name]; ok {
			for key := range value.(map[string]any) {
				if !want[key] {
					t.Errorf("%s: the schema does not have the property %q of %s", name, key, data)
				}
				seen[name+"."+key]++
			}
		}
		seen[name]++
	}
	for name, keys := range closed {
		for key := range keys {
			if seen[name+"."+key] == 0 {
				t.Errorf("%s: no value has the property %q of the schema", name, key)
			}
		}
	}
	for name := range schemas {
		if seen[name] == 0 {
			t.Errorf("%s: no value was written", name)
		}
	}
}

// closedProperties returns the properties of the schemas of structs, by the field of All.
func closedProperties(t *testing.T) map[string]map[string]bool {
	t.Helper()
	pkg := loadPackage(t, "./shapes")
	all := pkg.Types.Scope().Lookup("All").Type().Underlying().(*types.Struct)
	closed := map[string]map[string]bool{}
	for i := range all.NumFields() {
		f := all.Field(i)
		structure, ok := f.Type().Underlying().(*types.Struct)
		if !ok || customSchema(types.Unalias(f.Type())) != nil {
			continue
		}
		closed[f.Name()] = map[string]bool{}
		for _, field := range jsonFields(structure) {
			closed[f.Name()][field.name] = true
		}
	}
	return closed
}
