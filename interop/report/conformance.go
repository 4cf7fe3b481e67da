package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"
)

// requirements are what a revision of the protocol requires, as the suite has
// them.
type requirements struct {
	Server    []string `yaml:"server"`
	NotScored []struct {
		Scenario string `yaml:"scenario"`
		Leg      string `yaml:"leg"`
		Reason   string `yaml:"reason"`
	} `yaml:"not_scored"`
}

// checks counts the checks of a scenario.
type checks struct{ passed, failed int }

var scenarioLine = regexp.MustCompile(`(?m)^[✓✗] (\S+): (\d+) passed, (\d+) failed$`)

// parseSuite returns the checks of each scenario that the suite printed.
func parseSuite(text string) map[string]checks {
	_, summary, _ := strings.Cut(text, "=== SUMMARY ===")
	results := map[string]checks{}
	for _, m := range scenarioLine.FindAllStringSubmatch(summary, -1) {
		passed, _ := strconv.Atoi(m[2])
		failed, _ := strconv.Atoi(m[3])
		results[m[1]] = checks{passed, failed}
	}
	return results
}

// conformance returns the totals of the runs of the suite, and what does not
// count in them. A required scenario that was not run, or that failed, is an
// error.
func conformance(revisions []string, requirementsDir, results string) (string, error) {
	totals := "| required for | scenarios | checks passed | checks failed |\n|---|---|---|---|\n"
	rest := "\n| not scored for | scenario | why | checks passed | checks failed |\n|---|---|---|---|---|\n"
	for _, revision := range revisions {
		data, err := os.ReadFile(filepath.Join(requirementsDir, revision+".yaml"))
		if err != nil {
			return "", err
		}
		var required requirements
		if err := yaml.Unmarshal(data, &required); err != nil {
			return "", fmt.Errorf("requirements of %s: %w", revision, err)
		}
		printed, err := os.ReadFile(filepath.Join(results, "conformance-"+revision+".txt"))
		if err != nil {
			return "", err
		}
		seen := parseSuite(string(printed))
		total, err := required.total(seen)
		if err != nil {
			return "", fmt.Errorf("conformance with %s: %w", revision, err)
		}
		totals += fmt.Sprintf("| %s | %d | %d | %d |\n", revision, len(required.Server), total.passed, total.failed)
		for _, u := range required.NotScored {
			if c, ok := seen[u.Scenario]; ok && u.Leg == "server" {
				rest += fmt.Sprintf("| %s | `%s` | %s | %d | %d |\n", revision, u.Scenario, u.Reason, c.passed, c.failed)
			}
		}
	}
	return totals + rest, nil
}

// total returns the sum of what counts.
func (r *requirements) total(seen map[string]checks) (checks, error) {
	var total checks
	var errs []error
	for _, name := range r.Server {
		c, ok := seen[name]
		switch {
		case !ok:
			errs = append(errs, fmt.Errorf("%s was not run", name))
		case c.failed > 0:
			errs = append(errs, fmt.Errorf("%s: %d checks failed", name, c.failed))
		}
		total.passed += c.passed
		total.failed += c.failed
	}
	if len(r.Server) == 0 {
		errs = append(errs, errors.New("nothing is required"))
	}
	return total, errors.Join(errs...)
}
