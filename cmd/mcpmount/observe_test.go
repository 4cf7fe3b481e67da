package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v4"
)

const (
	dashboardFile = "../../deploy/grafana/mcpmount.json"
	alertsFile    = "../../deploy/prometheus/alerts.yml"
	alertTests    = "../../deploy/prometheus/alerts_test.yml"
)

// everyMetric returns a scrape of a server of a configuration file that was called.
func everyMetric(t *testing.T) *scraped {
	t.Helper()
	backend := newMoody(t)
	folder := t.TempDir()
	replaceFile(t, filepath.Join(folder, "api.yaml"), strings.Replace(watchedEntry, "API", backend.URL, 1))
	replaceFile(t, filepath.Join(folder, "parts.yaml"), watchedPart)
	file := filepath.Join(folder, "mcpmount.yaml")
	replaceFile(t, file, "{listen: '127.0.0.1:0', metrics-listen: '127.0.0.1:0', apis: {crm: {document: api.yaml}}}")
	endpoint, log := serveLogged(t, "serve", "--config", file)
	callTool(t, connect(t, endpoint), "createOrder", nil)
	return scrape(t, metricsURL(t, log))
}

// names returns the names of the metrics that queries can have.
func (s *scraped) names() map[string]bool {
	names := map[string]bool{"up": true} // which is Prometheus' own
	for name, kind := range s.types {
		names[name] = true
		for _, suffix := range []string{"_bucket", "_sum", "_count"} {
			names[name+suffix] = kind == "histogram"
		}
	}
	return names
}

// metricNames are the names of metrics in an expression.
var metricNames = regexp.MustCompile(`\b(?:mcpmount|go|process)_[a-z_]+\b`)

// check reports metrics of an expression that there are not, and notes the others in
// used.
func (s *scraped) check(t *testing.T, where, expr string, used map[string]bool) {
	t.Helper()
	known := s.names()
	for _, name := range metricNames.FindAllString(expr, -1) {
		if !known[name] {
			t.Errorf("%s: there is no metric %s", where, name)
		}
		used[regexp.MustCompile(`_(bucket|count)$`).ReplaceAllString(name, "")] = true
	}
}

// The table of docs/observe.md has each metric, with its type and its labels.
func TestMetricsDocumented(t *testing.T) {
	s := everyMetric(t)
	page, err := os.ReadFile("../../docs/observe.md")
	if err != nil {
		t.Fatal(err)
	}
	documented := map[string]string{}
	for _, row := range regexp.MustCompile("(?m)^\\| `(mcpmount_\\w+)` \\| (\\w+) \\| ([a-z, ]*)\\|").FindAllStringSubmatch(string(page), -1) {
		labels := strings.FieldsFunc(row[3], func(r rune) bool { return r == ',' || r == ' ' })
		slices.Sort(labels)
		documented[row[1]] = row[2] + " " + strings.Join(labels, " ")
	}
	real := map[string]string{}
	for name, kind := range s.types {
		if !strings.HasPrefix(name, "mcpmount_") {
			continue
		}
		for series := range s.values {
			if series == name || strings.HasPrefix(series, name+"{") || kind == "histogram" && strings.HasPrefix(series, name+"_count{") {
				var labels []string
				for _, m := range regexp.MustCompile(`[{,]([a-z]+)="`).FindAllStringSubmatch(series, -1) {
					labels = append(labels, m[1])
				}
				slices.Sort(labels)
				real[name] = kind + " " + strings.Join(labels, " ")
			}
		}
	}
	if diff := cmp.Diff(real, documented); diff != "" {
		t.Errorf("docs/observe.md (-scraped +documented):\n%s", diff)
	}
	t.Run("lint", func(t *testing.T) {
		lint := exec.Command(promtool(t), "check", "metrics")
		lint.Stdin = strings.NewReader(s.text)
		if out, err := lint.CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
	})
}

// promtool returns the program of that name.
func promtool(t *testing.T) string {
	t.Helper()
	program, err := exec.LookPath("promtool")
	if err != nil {
		t.Skip("promtool is not installed: it comes with Prometheus")
	}
	return program
}

// A dashboard is what is looked at of a dashboard of Grafana.
type dashboard struct {
	Templating struct {
		List []struct {
			Name, Type, Definition string
			Query                  json.RawMessage
		}
	}
	Panels []struct {
		ID          int
		Type, Title string
		Datasource  struct{ UID string }
		GridPos     struct{ X, Y, W, H int }
		Targets     []struct {
			Expr       string
			Datasource struct{ UID string }
		}
	}
}

func readDashboard(t *testing.T) (d dashboard) {
	t.Helper()
	data, err := os.ReadFile(dashboardFile)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &d); err != nil {
		t.Fatal(err)
	}
	return d
}

// filled returns an expression with values for the variables of Grafana.
func filled(expr string) string {
	return strings.NewReplacer("$__rate_interval", "1m", "$__range", "1h", "$job", ".*", "$api", ".*").Replace(expr)
}

// The dashboard shows every metric, and none that there is not; its panels lie beside
// each other, and its data source is a variable.
func TestDashboard(t *testing.T) {
	s, d := everyMetric(t), readDashboard(t)
	used, ids, cells := map[string]bool{}, map[int]bool{}, map[[2]int]string{}
	for _, p := range d.Panels {
		if ids[p.ID] {
			t.Errorf("%s: another panel has the id %d", p.Title, p.ID)
		}
		ids[p.ID] = true
		if p.Type != "row" && (p.Datasource.UID != "${datasource}" || len(p.Targets) == 0) {
			t.Errorf("%s: data source %q, %d queries", p.Title, p.Datasource.UID, len(p.Targets))
		}
		for x := p.GridPos.X; x < p.GridPos.X+p.GridPos.W; x++ {
			for y := p.GridPos.Y; y < p.GridPos.Y+p.GridPos.H; y++ {
				if other := cells[[2]int{x, y}]; other != "" || x >= 24 {
					t.Fatalf("%s overlaps %q, or the edge", p.Title, other)
				}
				cells[[2]int{x, y}] = p.Title
			}
		}
		for _, query := range p.Targets {
			s.check(t, p.Title, query.Expr, used)
			if query.Datasource.UID != "${datasource}" || strings.Contains(filled(query.Expr), "$") {
				t.Errorf("%s: data source %q, query %s", p.Title, query.Datasource.UID, query.Expr)
			}
		}
	}
	var variables []string
	for _, v := range d.Templating.List {
		variables = append(variables, v.Name+" "+v.Type)
		s.check(t, "variable "+v.Name, v.Definition, used)
	}
	if !slices.Equal(variables, []string{"datasource datasource", "job query", "api query"}) {
		t.Errorf("variables %q", variables)
	}
	for name := range s.types {
		if strings.HasPrefix(name, "mcpmount_") && !used[name] {
			t.Errorf("the dashboard does not show %s", name)
		}
	}
}

// The queries of the dashboard are ones of Prometheus.
func TestDashboardQueries(t *testing.T) {
	var rules []map[string]string
	for _, p := range readDashboard(t).Panels {
		for _, query := range p.Targets {
			rules = append(rules, map[string]string{"record": fmt.Sprint("rule:", len(rules)), "expr": filled(query.Expr)})
		}
	}
	data, err := yaml.Marshal(map[string]any{"groups": []any{map[string]any{"name": "dashboard", "rules": rules}}})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "rules.yml")
	replaceFile(t, file, string(data))
	if out, err := exec.Command(promtool(t), "check", "rules", file).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// alertNames returns the names of the alerts, with their expressions.
func alertNames(t *testing.T) map[string]string {
	t.Helper()
	data, err := os.ReadFile(alertsFile)
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Groups []struct {
			Rules []struct{ Alert, Expr string }
		}
	}
	if err := yaml.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	alerts := map[string]string{}
	for _, g := range file.Groups {
		for _, r := range g.Rules {
			alerts[r.Alert] = r.Expr
		}
	}
	return alerts
}

// The alerts are about metrics that there are; each has a line in the guide, a test in
// which it fires and one in which it does not.
func TestAlerts(t *testing.T) {
	s, alerts := everyMetric(t), alertNames(t)
	for name, expr := range alerts {
		s.check(t, name, expr, map[string]bool{})
	}
	data, err := os.ReadFile(alertTests)
	if err != nil {
		t.Fatal(err)
	}
	fires := regexp.MustCompile(`alertname: (\w+)\s+exp_alerts:\s+- exp_labels`).FindAllStringSubmatch(string(data), -1)
	silent := regexp.MustCompile(`alertname: (\w+)\}`).FindAllStringSubmatch(string(data), -1)
	page, err := os.ReadFile("../../docs/observe.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := regexp.MustCompile("(?m)^\\| `(Mcpmount\\w+)` \\|").FindAllStringSubmatch(string(page), -1)
	for what, found := range map[string][][]string{"fires": fires, "does not fire": silent, "is documented": rows} {
		names := map[string]bool{}
		for _, m := range found {
			names[m[1]] = true
		}
		if want := slices.Sorted(maps.Keys(alerts)); !slices.Equal(slices.Sorted(maps.Keys(names)), want) {
			t.Errorf("what %s: %q, want %q", what, slices.Sorted(maps.Keys(names)), want)
		}
	}
	t.Run("promtool", func(t *testing.T) {
		for _, args := range [][]string{{"check", "rules", alertsFile}, {"test", "rules", alertTests}} {
			if out, err := exec.Command(promtool(t), args...).CombinedOutput(); err != nil {
				t.Errorf("promtool %q: %v\n%s", args, err, out)
			}
		}
	})
}
