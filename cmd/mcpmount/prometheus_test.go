package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A realPrometheus is a process of Prometheus, where that is installed.
type realPrometheus struct{ url string }

// startPrometheus starts one that scrapes an address of metrics five times a second, with
// the alerts.
func startPrometheus(t *testing.T, target string) *realPrometheus {
	t.Helper()
	program, err := exec.LookPath("prometheus")
	if err != nil {
		t.Skip("prometheus is not installed")
	}
	dir := t.TempDir()
	rules, err := filepath.Abs(alertsFile)
	if err != nil {
		t.Fatal(err)
	}
	config := filepath.Join(dir, "prometheus.yml")
	replaceFile(t, config, fmt.Sprintf(`{global: {scrape_interval: 200ms, scrape_timeout: 200ms, evaluation_interval: 200ms},
		rule_files: [%q], scrape_configs: [{job_name: mcpmount, static_configs: [{targets: [%q]}]}]}`, rules, target))
	address := freeAddress(t)
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, program, "--config.file="+config, "--storage.tsdb.path="+filepath.Join(dir, "data"),
		"--web.listen-address="+address, "--log.level=warn")
	cmd.Stderr = t.Output()
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 10 * time.Second
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		cmd.Wait()
	})
	return &realPrometheus{"http://" + address}
}

// get reads the data of an answer of its API.
func (p *realPrometheus) get(path string, query url.Values, data any) error {
	res, err := http.Get(p.url + "/api/v1/" + path + "?" + query.Encode())
	if err != nil {
		return err
	}
	defer res.Body.Close()
	answer := struct {
		Status, Error string
		Data          any
	}{Data: data}
	if err := json.NewDecoder(res.Body).Decode(&answer); err != nil {
		return err
	}
	if answer.Status != "success" {
		return fmt.Errorf("%s: %s", query, answer.Error)
	}
	return nil
}

// query returns the values of an expression by their labels, as JSON.
func (p *realPrometheus) query(expr string) (map[string]string, error) {
	var data struct {
		Result []struct {
			Metric json.RawMessage
			Value  [2]any
		}
	}
	err := p.get("query", url.Values{"query": {expr}}, &data)
	values := map[string]string{}
	for _, r := range data.Result {
		values[string(r.Metric)] = fmt.Sprint(r.Value[1])
	}
	return values, err
}

// eventually waits until a condition holds of another process, half a minute at most.
func eventually(t *testing.T, what string, holds func() error) {
	t.Helper()
	var err error
	for range 300 {
		if err = holds(); err == nil {
			return
		}
		time.Sleep(100 * time.Millisecond) // another process: there is nothing to wait on
	}
	t.Fatalf("%s: %v", what, err)
}

// A real Prometheus scrapes what the command serves, knows the calls that were made, and
// understands the alerts and the queries of the dashboard.
func TestPrometheus(t *testing.T) {
	backend := newMoody(t)
	folder := t.TempDir()
	replaceFile(t, filepath.Join(folder, "api.yaml"), strings.Replace(watchedEntry, "API", backend.URL, 1))
	replaceFile(t, filepath.Join(folder, "parts.yaml"), watchedPart)
	file := filepath.Join(folder, "mcpmount.yaml")
	config := func(crm string) {
		replaceFile(t, file, "{listen: '127.0.0.1:0', metrics-listen: '127.0.0.1:0', defaults: {watch-interval: 20ms}, apis: {"+
			"crm: {document: "+crm+"}, shop: {document: api.yaml}}}")
	}
	config("api.yaml")
	endpoint, log := serveLogged(t, "serve", "--config", file)
	metrics, err := url.Parse(metricsURL(t, log))
	if err != nil {
		t.Fatal(err)
	}
	p := startPrometheus(t, metrics.Host)
	session := connect(t, endpoint)
	for range 3 {
		callTool(t, session, "createOrder", map[string]any{"item": "mug"})
	}
	callTool(t, session, "getOrder", map[string]any{"id": "bad"})
	callTool(t, session, "getOrder", map[string]any{"id": "reset"})
	for expr, want := range map[string]map[string]string{
		`sum by (api, tool) (mcpmount_calls_total{status="ok"})`: {`{"api":"crm","tool":"createOrder"}`: "3"},
		`sum by (api) (mcpmount_calls_total{status="error"})`:    {`{"api":"crm"}`: "2"},
		`mcpmount_upstream_responses_total{class="5xx"} > 0`: {
			`{"__name__":"mcpmount_upstream_responses_total","api":"crm","class":"5xx","instance":"` + metrics.Host + `","job":"mcpmount"}`: "1"},
		`sum by (api) (mcpmount_call_duration_seconds_count)`: {`{"api":"crm"}`: "5"},
		`mcpmount_tools{api="shop"}`:                          {`{"__name__":"mcpmount_tools","api":"shop","instance":"` + metrics.Host + `","job":"mcpmount"}`: "2"},
		`up`:                                                  {`{"__name__":"up","instance":"` + metrics.Host + `","job":"mcpmount"}`: "1"},
	} {
		eventually(t, expr, func() error {
			got, err := p.query(expr)
			if err == nil && fmt.Sprint(got) != fmt.Sprint(want) {
				err = fmt.Errorf("%v, want %v", got, want)
			}
			return err
		})
	}
	for _, panel := range readDashboard(t).Panels {
		for _, target := range panel.Targets {
			if _, err := p.query(filled(target.Expr)); err != nil {
				t.Errorf("%s: %v", panel.Title, err)
			}
		}
	}

	config("none.yaml") // which breaks it: the alert waits for it to be mended
	eventually(t, "rules", func() error {
		var data struct {
			Groups []struct {
				Rules []struct{ Name, Health, State, LastError string }
			}
		}
		if err := p.get("rules", nil, &data); err != nil {
			return err
		}
		states := map[string]string{}
		for _, g := range data.Groups {
			for _, r := range g.Rules {
				if r.Health != "ok" {
					return fmt.Errorf("%s: %s %s", r.Name, r.Health, r.LastError)
				}
				states[r.Name] = r.State
			}
		}
		want := map[string]string{}
		for name := range alertNames(t) {
			want[name] = "inactive"
		}
		want["McpmountConfigReloadFailed"] = "pending"
		if fmt.Sprint(states) != fmt.Sprint(want) {
			return fmt.Errorf("%v, want %v", states, want)
		}
		return nil
	})
}
