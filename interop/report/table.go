package main

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
)

// A row says what worked for one client, over one transport, at one version of
// the protocol: "yes", "no", or "–" for what the client does not have.
type row struct {
	Client      string `json:"client"`
	Transport   string `json:"transport"`
	Protocol    string `json:"protocol"`
	List        string `json:"list"`
	Call        string `json:"call"`
	Progress    string `json:"progress"`
	ListChanged string `json:"listChanged"`
	Cancel      string `json:"cancel"`
	Resources   string `json:"resources"`
	Prompts     string `json:"prompts"`
}

// An oauthRow says what worked for one client with an authorization server.
type oauthRow struct {
	Client   string `json:"client"`
	Server   string `json:"server"` // that the client gets tokens from
	Refresh  string `json:"refresh"`
	Login    string `json:"login"`
	List     string `json:"list"`
	Call     string `json:"call"`
	StepUp   string `json:"stepUp"`
	Expiry   string `json:"expiry"`
	Rotation string `json:"rotation"`
	Logout   string `json:"logout"`
}

func (r oauthRow) cells() []string {
	return []string{r.Client, r.Server, r.Refresh, r.Login, r.List, r.Call, r.StepUp, r.Expiry, r.Rotation, r.Logout}
}

func (r row) cells() []string {
	return []string{r.Client, r.Transport, r.Protocol, r.List, r.Call, r.Progress, r.ListChanged, r.Cancel, r.Resources, r.Prompts}
}

// readRows reads a row from each line of a file.
func readRows[R interface{ cells() []string }](name string) ([]R, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	var rows []R
	for line := range strings.Lines(string(data)) {
		var r R
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			return nil, fmt.Errorf("%s: %q: %w", name, line, err)
		}
		if slices.Contains(r.cells(), "") {
			return nil, fmt.Errorf("%s: the row has empty cells: %s", name, line)
		}
		rows = append(rows, r)
	}
	if len(rows) == 0 {
		return nil, fmt.Errorf("%s has no rows", name)
	}
	return rows, nil
}

const header = `| client | transport | protocol | list | call | progress | list_changed | cancel | resources | prompts |
|---|---|---|---|---|---|---|---|---|---|
`

const oauthHeader = `| client | server | refresh tokens | login | list | call | step-up | expiry | rotation | logout |
|---|---|---|---|---|---|---|---|---|---|
`

// table returns the rows below a header, and lines of a former table, sorted.
func table[R interface{ cells() []string }](header string, rows []R, lines []string) string {
	for _, r := range rows {
		lines = append(lines, line(r))
	}
	slices.Sort(lines)
	return header + strings.Join(lines, "")
}

func line(r interface{ cells() []string }) string {
	return "| " + strings.Join(r.cells(), " | ") + " |\n"
}

// kept returns the lines of a table whose client was skipped, as the package
// registry that has it did not answer.
func kept(table string, skipped []string) (lines []string) {
	for l := range strings.Lines(strings.TrimPrefix(table, header)) {
		if slices.ContainsFunc(skipped, func(client string) bool { return strings.HasPrefix(l, "| "+client+" ") }) {
			lines = append(lines, l)
		}
	}
	return lines
}

// section returns what a document has between the marks with a name.
func section(document, name string) (string, error) {
	_, rest, ok := strings.Cut(document, begin(name))
	text, _, closed := strings.Cut(rest, end(name))
	if !ok || !closed {
		return "", fmt.Errorf("the document has no section %q: it is between %q and %q", name, begin(name), end(name))
	}
	return text, nil
}

// replace returns the document with another section.
func replace(document, name, text string) (string, error) {
	have, err := section(document, name)
	if err != nil {
		return "", err
	}
	return strings.Replace(document, begin(name)+have+end(name), begin(name)+text+end(name), 1), nil
}

func begin(name string) string { return "<!-- " + name + ": written by make interop -->\n" }
func end(name string) string   { return "<!-- end of " + name + " -->\n" }
