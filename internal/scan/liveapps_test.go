package scan_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v4"
)

// A liveApp is a file of testdata/liveapps. Its commands are for sh, in the source of the app,
// with BIN for the program, DATA for a directory that is its own, and PORT.
type liveApp struct {
	Module, Version, Router string
	// Dir is where the commands run and the scan is made, in the source.
	Dir string
	// Prepare changes the source, Build makes the program, Start runs it.
	Prepare, Build, Start string
	Packages              []string
	// Ready is a path that is answered when the app has started, Root a file of DATA with the
	// authority of its certificate where it speaks TLS.
	Ready, Root string
	// Header, "Name: value", is what the app wants to see.
	Header string
	Steps  []liveStep
}

// A liveStep is a call through MCP of the operation "POST /items", or a GET of a path without it, and what the answer contains.
type liveStep struct {
	Call    string
	Args    map[string]any // "@NAME" is the content of a file of DATA
	Get     string
	Answer  string
	Refused string // what an error says
}

// TestLiveApps scans applications that others wrote, starts them on loopback, and calls what was
// scanned through MCP. It needs the module proxy and a C compiler, and takes minutes, so that
// it runs for MCPMOUNT_SCAN_APPS=DIR only, a directory for the sources and programs.
func TestLiveApps(t *testing.T) {
	dir := os.Getenv("MCPMOUNT_SCAN_APPS")
	if dir == "" {
		t.Skip("MCPMOUNT_SCAN_APPS is not set")
	}
	mcpmount := filepath.Join(t.TempDir(), "mcpmount")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", mcpmount, "../../cmd/mcpmount").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Setenv("GOFLAGS", "-mod=mod -p=1")
	files, err := filepath.Glob("testdata/liveapps/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".yaml")
		t.Run(name, func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var app liveApp
			if err := yaml.Load(data, &app, yaml.WithKnownFields()); err != nil {
				t.Fatal(err)
			}
			app.run(t, mcpmount, name, dir)
		})
	}
}

// run builds, scans, starts and serves the app, and takes its steps.
func (app *liveApp) run(t *testing.T, mcpmount, name, dir string) {
	source := filepath.Join(sourceOf(t, realApp{name: "live-" + name, module: app.Module, version: app.Version}, dir), app.Dir)
	port := freePort(t)
	own := t.TempDir()
	env := append(os.Environ(), "BIN="+source+"/live.bin", "DATA="+own, "PORT="+port)
	for _, command := range []string{app.Prepare, app.Build} {
		output(t, env, source, "sh", "-ec", command)
	}
	document := filepath.Join(t.TempDir(), "openapi.json")
	said := strings.Split(strings.TrimSpace(output(t, env, source, mcpmount, append([]string{"scan", "-o", document}, app.Packages...)...)), "\n")

	begin(t, env, source, "sh", "-ec", app.Start)
	api, flags := "http://127.0.0.1:"+port, []string{"serve", document}
	if app.Root != "" {
		api = "https://127.0.0.1:" + port
		flags = append(flags, "--ca-cert", filepath.Join(own, app.Root))
	}
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}} // what it reads, it made
	await(t, client, api+app.Ready)
	if app.Header != "" {
		flags = append(flags, "--header", app.Header)
	}
	listen := "127.0.0.1:" + freePort(t)
	begin(t, env, source, mcpmount, append(flags, "--listen", listen, "--upstream", api)...)
	endpoint := "http://" + listen + "/mcp"
	await(t, client, endpoint)

	tools := operationIDs(t, document)
	calls, operations := 0, map[string]bool{}
	for _, step := range app.Steps {
		if step.Get != "" {
			if got := get(t, client, api+step.Get, app.Header); !strings.Contains(got, step.Answer) {
				t.Errorf("GET %s: %s, want %s", step.Get, got, step.Answer)
			}
			continue
		}
		for name, v := range step.Args {
			if file, ok := strings.CutPrefix(fmt.Sprint(v), "@"); ok {
				data, err := os.ReadFile(filepath.Join(own, file))
				if err != nil {
					t.Fatal(err)
				}
				step.Args[name] = string(data)
			}
		}
		arguments, err := json.Marshal(step.Args)
		if err != nil {
			t.Fatal(err)
		}
		if step.Args == nil {
			arguments = []byte("{}")
		}
		calls++
		operations[step.Call] = true
		command := exec.CommandContext(t.Context(), mcpmount, "call", "--mcp", endpoint, tools[step.Call], "--args", string(arguments))
		got, err := command.CombinedOutput()
		if want := step.Answer + step.Refused; (err != nil) != (step.Refused != "") || !strings.Contains(string(got), want) {
			t.Errorf("%s %s: %v, %s, want %s", step.Call, arguments, err, got, want)
		}
	}
	t.Logf("%s %s | %s | %s | %d calls of %d operations", app.Module, app.Version, app.Router, said[len(said)-1], calls, len(operations))
}

// operationIDs returns the ids of the operations of a document, by "POST /items".
func operationIDs(t *testing.T, document string) map[string]string {
	t.Helper()
	data, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	var parsed struct {
		Paths map[string]map[string]struct{ OperationID string }
	}
	if err := json.Unmarshal(data, &parsed); err != nil {
		t.Fatal(err)
	}
	ids := map[string]string{}
	for path, methods := range parsed.Paths {
		for method, operation := range methods {
			ids[strings.ToUpper(method)+" "+path] = operation.OperationID
		}
	}
	return ids
}

// output runs a command to its end, and returns what it printed.
func output(t *testing.T, env []string, dir, name string, args ...string) string {
	t.Helper()
	command := exec.CommandContext(t.Context(), name, args...)
	command.Env, command.Dir = env, dir
	out, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", command, err, out)
	}
	return string(out)
}

// begin starts a command that runs until the test ends, and logs what it printed if that fails.
func begin(t *testing.T, env []string, dir, name string, args ...string) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	command := exec.CommandContext(ctx, name, args...)
	command.Env, command.Dir = env, dir
	var printed bytes.Buffer
	command.Stdout, command.Stderr = &printed, &printed
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		_ = command.Wait()
		if t.Failed() {
			t.Logf("%s printed\n%s", name, printed.Bytes())
		}
	})
}

// freePort returns a port of loopback that nobody listens on.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// await waits until a URL is answered.
func await(t *testing.T, client *http.Client, url string) {
	t.Helper()
	for range 600 {
		if response, err := client.Get(url); err == nil {
			response.Body.Close()
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Fatalf("nothing answers at %s", url)
}

func get(t *testing.T, client *http.Client, url, header string) string {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	if name, value, ok := strings.Cut(header, ": "); ok {
		request.Header.Set(name, value)
	}
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}
