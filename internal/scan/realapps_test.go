package scan_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mcpmount/mcpmount/internal/scan"
	"github.com/mcpmount/mcpmount/internal/scan/describe"
)

// A realApp is a line of testdata/realapps.tsv.
type realApp struct{ name, module, version, router string }

// TestRealApps scans applications that others wrote, and holds the routes that are found to the
// lists of testdata/realapps, which come from the applications themselves: a line is a method and
// a path, with {} for a variable, and the first line says how the list was made.
// It needs the module proxy, and up to ten minutes an app where nothing is compiled yet, so that
// it runs for MCPMOUNT_SCAN_APPS=DIR only, a directory for the sources. Its log is the table
// of docs/scan.md.
func TestRealApps(t *testing.T) {
	dir := os.Getenv("MCPMOUNT_SCAN_APPS")
	if dir == "" {
		t.Skip("MCPMOUNT_SCAN_APPS is not set")
	}
	t.Setenv("GOFLAGS", "-mod=mod")
	t.Setenv("CGO_ENABLED", "0")
	for _, app := range realApps(t) {
		t.Run(app.name, func(t *testing.T) { scanRealApp(t, app, sourceOf(t, app, dir)) })
	}
}

// scanRealApp scans one application and logs its line of the table.
func scanRealApp(t *testing.T, app realApp, dir string) {
	listed := ownRoutes(t, app)
	debug.FreeOSMemory()
	_ = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0) // the peak of memory begins anew
	start := time.Now()
	pkgs, _, err := scan.Load(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	routes, _ := scan.Routes(pkgs)
	api := describe.Routes(pkgs, routes)
	took, memory := time.Since(start), peakMB()

	missing, extra := compare(listed, routes)
	t.Logf("listed and not found: %s", strings.Join(missing, ", "))
	t.Logf("found and not listed: %d, such as %s", len(extra), strings.Join(extra[:min(len(extra), 20)], ", "))
	hits, c := len(listed)-len(missing), api.Coverage
	t.Log("application | router | Go lines | in its own list | found | routes in all | operations | typed | in part | by path | hidden | seconds | MB")
	t.Logf("%s %s | %s | %d | %d | %d | %d | %d | %d | %d | %d | %d | %.1f | %d", app.module, app.version, app.router, goLines(t, dir),
		len(listed), hits, len(routes), c.Routes, c.Typed, c.Partly, c.PathOnly, c.Hidden, took.Seconds(), memory)
	parts := map[string]int{}
	for _, p := range api.Problems {
		_, part, _ := strings.Cut(p.Message, ": ")
		parts[part]++
	}
	for part, n := range parts {
		if n > 2 && part != "" {
			t.Logf("%d times: %s", n, part)
		}
	}
	if hits*100 < len(listed)*95 {
		t.Errorf("%d of %d routes are found", hits, len(listed))
	}
}

// ownRoutes returns the routes that an application lists itself.
func ownRoutes(t *testing.T, app realApp) []string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "realapps", app.name+".routes"))
	if err != nil {
		t.Fatal(err)
	}
	header, list, _ := strings.Cut(string(data), "\n")
	if !strings.HasPrefix(header, "# "+app.module+" "+app.version+": ") {
		t.Fatalf("testdata/realapps/%s.routes begins with %q, want the module, the version %s and how the list was made", app.name, header, app.version)
	}
	return strings.Split(strings.TrimSpace(list), "\n")
}

// compare returns which of the listed routes are not found, and which are found and not listed. One
// that is listed twice has to be found twice. A route that is found for any method stands for
// all of them, and so does one that is listed for ANY.
func compare(listed []string, routes []scan.Route) (missing, extra []string) {
	variable := regexp.MustCompile(`\{[^{}]*\}`)
	found := map[string]int{}
	for _, r := range routes {
		found[cmp.Or(r.Method, "ANY")+" "+variable.ReplaceAllString(r.Path, "{}")]++
	}
	used := map[string]bool{}
	for _, want := range listed {
		_, path, _ := strings.Cut(want, " ")
		switch {
		case found[want] > 0:
			found[want]--
			used[want] = true
		case found["ANY "+path] > 0:
			used["ANY "+path] = true
		default:
			missing = append(missing, want)
		}
	}
	for route := range found {
		if !used[route] {
			extra = append(extra, route)
		}
	}
	slices.Sort(extra)
	return missing, extra
}

// realApps reads testdata/realapps.tsv.
func realApps(t *testing.T) []realApp {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "realapps.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	var apps []realApp
	for line := range strings.Lines(string(data)) {
		fields := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if strings.HasPrefix(line, "#") {
			continue
		}
		if len(fields) != 4 {
			t.Fatalf("testdata/realapps.tsv: %q has %d fields, want 4", line, len(fields))
		}
		apps = append(apps, realApp{fields[0], fields[1], fields[2], fields[3]})
	}
	return apps
}

// sourceOf returns a writable copy of the source of an app.
func sourceOf(t *testing.T, app realApp, dir string) string {
	t.Helper()
	to := filepath.Join(dir, app.name+"@"+app.version)
	if there, err := filepath.EvalSymlinks(to); err == nil {
		return there
	}
	command := exec.CommandContext(t.Context(), "go", "mod", "download", "-json", app.module+"@"+app.version)
	command.Dir = t.TempDir()
	out, err := command.Output()
	if err != nil {
		t.Fatalf("go mod download %s@%s: %v\n%s", app.module, app.version, err, out)
	}
	var downloaded struct{ Dir string }
	if err := json.Unmarshal(out, &downloaded); err != nil {
		t.Fatal(err)
	}
	part := to + ".part"
	if err := os.RemoveAll(part); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(part, os.DirFS(downloaded.Dir)); err != nil {
		t.Fatal(err)
	}
	err = filepath.WalkDir(part, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Chmod(path, 0o755)
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(part, to); err != nil {
		t.Fatal(err)
	}
	return to
}

// goLines returns how many lines of Go the files of dir have, without tests.
func goLines(t *testing.T, dir string) (lines int) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		data, err := os.ReadFile(path)
		lines += bytes.Count(data, []byte("\n"))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return lines
}

// peakMB returns the most memory that the process has had, or 0 where that is not known.
func peakMB() int {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	var kb int
	if _, after, ok := strings.Cut(string(status), "VmHWM:"); ok {
		_, _ = fmt.Sscan(after, &kb)
	}
	return kb / 1024
}
