package describe_test

import (
	"context"
	"flag"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/go/packages"

	"github.com/mcpmount/mcpmount"
	"github.com/mcpmount/mcpmount/internal/scan"
	"github.com/mcpmount/mcpmount/internal/scan/describe"
)

var update = flag.Bool("update", false, "rewrite the documents that are compared")

// apps is the module of the programs that are read, and run.
const apps = "testdata/apps"

// loadApps loads all of them once.
var loadApps = sync.OnceValues(func() ([]*packages.Package, error) {
	pkgs, _, err := scan.Load(context.Background(), apps, "./...")
	return pkgs, err
})

// load returns the packages of the module of apps.
func load(t *testing.T) []*packages.Package {
	t.Helper()
	pkgs, err := loadApps()
	if err != nil {
		t.Fatal(err)
	}
	for _, pkg := range pkgs {
		for _, err := range pkg.Errors {
			t.Fatal(err)
		}
	}
	return pkgs
}

// describeApp returns what the routes of one app take and write.
func describeApp(t *testing.T, name string) *describe.API {
	t.Helper()
	all := load(t)
	var own []*packages.Package
	for _, pkg := range all {
		if strings.HasSuffix(pkg.PkgPath, "/"+name) {
			own = append(own, pkg)
		}
	}
	routes, problems := scan.Routes(own)
	for _, p := range problems {
		t.Errorf("routes: %s", p)
	}
	return describe.Routes(all, routes)
}

// Of two programs with one operation the first is described, and the other is told with both places.
func TestOperationOfTwoPrograms(t *testing.T) {
	var both []*packages.Package
	for _, pkg := range load(t) {
		if strings.HasSuffix(pkg.PkgPath, "/netapp") || strings.HasSuffix(pkg.PkgPath, "/fiber2app") {
			both = append(both, pkg)
		}
	}
	routes, _ := scan.Routes(both)
	var told []string
	for _, p := range describe.Routes(both, routes).Problems {
		p.Pos.Filename, p.Other.Filename = filepath.Base(filepath.Dir(p.Pos.Filename)), filepath.Base(filepath.Dir(p.Other.Filename))
		if p.Other.IsValid() {
			told = append(told, p.String())
		}
	}
	want := []string{
		"netapp:26: GET /items is registered already, and described as it is at fiber2app:18",
		"netapp:27: POST /items is registered already, and described as it is at fiber2app:19",
		"netapp:28: GET /items/{id} is registered already, and described as it is at fiber2app:20",
		"netapp:30: DELETE /items/{id} is registered already, and described as it is at fiber2app:22",
	}
	if diff := cmp.Diff(want, told); diff != "" {
		t.Error(diff)
	}
}

// The documents of small programs of every framework, which somebody has read.
func TestApps(t *testing.T) {
	for _, name := range []string{"netapp", "chiapp", "ginapp", "echo4app", "echo5app", "fiber2app", "fiber3app", "gorillaapp", "ownapp", "oddapp", "keysapp",
		"todoapp", "shopapp", "clinicapp"} {
		t.Run(name, func(t *testing.T) {
			api := describeApp(t, name)
			document := api.Document(describe.Info{Title: name})
			got, err := describe.YAML(document)
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, "\n# "+api.Coverage.String()+"\n"...)
			for _, p := range api.Problems {
				p.Pos.Filename = filepath.Base(p.Pos.Filename)
				got = append(got, "# "+p.String()+"\n"...)
			}
			golden := filepath.Join("testdata", name+".yaml")
			if *update {
				if err := os.WriteFile(golden, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != string(want) {
				t.Errorf("the document is not that of %s; -update rewrites it:\n%s", golden, got)
			}
			again, err := describe.YAML(describeApp(t, name).Document(describe.Info{Title: name}))
			if err != nil || !strings.HasPrefix(string(got), string(again)) {
				t.Errorf("the document is another one the second time: %v", err)
			}
			serves(t, document.JSON(), len(api.Operations))
		})
	}
}

// serves fails unless every operation of a document becomes a tool, without a problem.
func serves(t *testing.T, document []byte, operations int) {
	t.Helper()
	doc, err := mcpmount.ParseOpenAPI(document)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range doc.Problems {
		t.Errorf("the document has a problem: %v", p)
	}
	srv, err := mcpmount.New(doc, mcpmount.InProcess(http.NotFoundHandler()), nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := len(srv.Tools()); got != operations {
		t.Errorf("%d tools of %d operations", got, operations)
	}
}
