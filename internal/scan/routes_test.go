package scan

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// scanApps returns the routes of the programs of testdata/apps, and the problems, as lines.
func scanApps(t *testing.T) (routes []Route, lines []string) {
	t.Helper()
	dir, err := filepath.Abs(filepath.Join("testdata", "apps"))
	if err != nil {
		t.Fatal(err)
	}
	pkgs, problems, err := Load(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	routes, found := Routes(pkgs)
	for i := range routes {
		routes[i].Pos.Filename, _ = filepath.Rel(dir, routes[i].Pos.Filename)
		lines = append(lines, routeLine(routes[i]))
	}
	for _, p := range append(problems, found...) {
		lines = append(lines, strings.ReplaceAll(p.String(), dir+string(filepath.Separator), ""))
	}
	return routes, lines
}

// routeLine is a route as the golden files have it.
func routeLine(r Route) string {
	line := fmt.Sprintf("%s:%d: %s %s %s", filepath.ToSlash(r.Pos.Filename), r.Pos.Line, r.Framework, cmpOr(r.Method, "ANY"), r.Path)
	for _, p := range r.PathParams {
		if p.Key != "" || p.Pattern != "" || p.Type != "" || p.Rest {
			line += fmt.Sprintf(" %s(key=%s pattern=%s type=%s rest=%v)", p.Name, p.Key, p.Pattern, p.Type, p.Rest)
		}
	}
	if r.Subtree {
		line += " and below"
	}
	line += " -> " + cmpOr(r.Handler.Name, "literal")
	if r.Handler.Body == nil {
		line += " (no source)"
	}
	if r.Hidden != "" {
		line += ", hidden: " + r.Hidden
	}
	return line
}

func cmpOr(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// TestGolden holds what is found in testdata/apps, handlers and places included, to
// testdata/apps.golden; SCAN_UPDATE=1 writes it.
func TestGolden(t *testing.T) {
	_, lines := scanApps(t)
	got := strings.Join(lines, "\n") + "\n"
	golden := filepath.Join("testdata", "apps.golden")
	if os.Getenv("SCAN_UPDATE") != "" {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("what is found is not what %s says; got:\n%s", golden, got)
	}
}

// A listed route is one that a router lists itself.
type listed struct{ app, method, path string }

// listApps runs the programs of testdata/apps and returns what their routers list.
func listApps(t *testing.T, requests []string) []listed {
	t.Helper()
	command := exec.CommandContext(t.Context(), "go", append([]string{"run", "./list"}, requests...)...)
	command.Dir = filepath.Join("testdata", "apps")
	var stderr bytes.Buffer
	command.Stderr = &stderr
	out, err := command.Output()
	if err != nil {
		t.Fatalf("go run ./list: %v\n%s", err, stderr.String())
	}
	var all []listed
	lines := bufio.NewScanner(bytes.NewReader(out))
	for lines.Scan() {
		if fields := strings.Fields(lines.Text()); len(fields) == 3 {
			all = append(all, listed{fields[0], fields[1], fields[2]})
		}
	}
	if len(all) < 100 {
		t.Fatalf("the apps list %d routes", len(all))
	}
	return all
}

var variables = regexp.MustCompile(`\{(?:[^{}]|\{[^{}]*\})*\}|:[a-z]+(?:<[^>]*>)?\??|\*[a-z]*`)

// canonical is a path without the names of its variables and the slash at its end.
func canonical(path string) string {
	path = variables.ReplaceAllString(path, "{}")
	if len(path) > 1 {
		path = strings.TrimSuffix(path, "/")
	}
	return path
}

// TestRoutersAgree compares what is found in the source with what the running routers list.
func TestRoutersAgree(t *testing.T) {
	routes, _ := scanApps(t)
	type key struct{ app, path string }
	found := map[key][]string{}
	var requests []string
	for _, r := range routes {
		k := key{filepath.ToSlash(filepath.Dir(r.Pos.Filename)), canonical(r.Path)}
		found[k] = append(found[k], cmpOr(r.Method, "ANY"))
		if k.app == "netapp" && r.Hidden == "" && r.Path != "/hosted/" {
			requests = append(requests, cmpOr(r.Method, "PUT")+":"+variables.ReplaceAllString(r.Path, "1"))
		}
	}
	running := map[key][]string{}
	answers := 0
	for _, l := range listApps(t, requests) {
		if l.method == "echo_route_not_found" {
			continue
		}
		if l.app == "netapp" {
			if answers++; l.method != "200" {
				t.Errorf("netapp: %s is found and answers with %s", l.path, l.method)
			}
			continue
		}
		method := l.method
		if method == "echo_route_any" {
			method = "ANY"
		}
		paths := []string{l.path}
		if before, optional := strings.CutSuffix(l.path, "/:name?"); optional {
			paths = append(paths, before)
		}
		for _, path := range paths {
			k := key{l.app, canonical(path)}
			running[k] = append(running[k], method)
			if !slices.Contains(found[k], method) && !slices.Contains(found[k], "ANY") &&
				(method != "HEAD" || !slices.Contains(found[k], "GET")) {
				t.Errorf("%s: %s %s is served and not found; found are %v", l.app, l.method, l.path, found[k])
			}
		}
	}
	if answers < 10 {
		t.Errorf("netapp was asked for %d routes", answers)
	}
	for k, methods := range found {
		if k.app == "netapp" {
			continue // its mux lists nothing, but answers
		}
		for _, method := range methods {
			any := slices.Contains(running[k], "ANY") || len(running[k]) >= 5
			if !slices.Contains(running[k], method) && !(method == "ANY" && any) {
				t.Errorf("%s: %s %s is found and not served; served are %v", k.app, method, k.path, running[k])
			}
		}
	}
}
