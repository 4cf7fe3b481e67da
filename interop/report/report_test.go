package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	document = `# Clients
<!-- clients: written by make interop -->
| client | transport | protocol | list | call | progress | list_changed | cancel | resources | prompts |
|---|---|---|---|---|---|---|---|---|---|
| Python SDK 2.3.0 auto | stdio | 2026-07-28 | yes | yes | yes | yes | yes | yes | yes |
| TypeScript SDK 1.0.0 | HTTP | 2025-11-25 | yes | yes | yes | yes | no | yes | yes |
<!-- end of clients -->
<!-- oauth: written by make interop -->
| client | server | refresh tokens | login | list | call | step-up | expiry | rotation | logout |
|---|---|---|---|---|---|---|---|---|---|
| TypeScript SDK 1.0.0 | mcpmount | yes | yes | yes | yes | no | yes | yes | yes |
<!-- end of oauth -->
Between.
<!-- conformance: written by make interop -->
| required for | scenarios | checks passed | checks failed |
|---|---|---|---|
| 2025-11-25 | 2 | 5 | 0 |
| 2026-07-28 | 2 | 5 | 0 |

| not scored for | scenario | why | checks passed | checks failed |
|---|---|---|---|---|
| 2025-11-25 | ` + "`polling`" + ` | pending | 1 | 2 |
| 2026-07-28 | ` + "`polling`" + ` | pending | 1 | 2 |
<!-- end of conformance -->
After.
`
	required = `
server: [ping, tools-list]
client: [auth/other]
not_scored:
  - {scenario: polling, leg: server, reason: pending}
  - {scenario: auth/thing, leg: client, reason: extension}
`
	printed = `ping: 9 passed, 9 failed

=== SUMMARY ===
✓ ping: 2 passed, 0 failed
✓ tools-list: 3 passed, 0 failed
✗ polling: 1 passed, 2 failed

Total: 6 passed, 2 failed
`
	python     = `{"client":"Python SDK 2.3.0 auto","transport":"stdio","protocol":"2026-07-28","list":"yes","call":"yes","progress":"yes","listChanged":"yes","cancel":"yes","resources":"yes","prompts":"yes"}` + "\n"
	typescript = `{"client":"TypeScript SDK 1.0.0","transport":"HTTP","protocol":"2025-11-25","list":"yes","call":"yes","progress":"yes","listChanged":"yes","cancel":"no","resources":"yes","prompts":"yes"}` + "\n"
	oauth      = `{"client":"TypeScript SDK 1.0.0","server":"mcpmount","refresh":"yes","login":"yes","list":"yes","call":"yes","stepUp":"no","expiry":"yes","rotation":"yes","logout":"yes"}` + "\n"
)

func TestReport(t *testing.T) {
	for name, test := range map[string]struct {
		rows, printed, skipped, oauth string
		want                          string // in the error
	}{
		"as the document says":        {rows: typescript + python, printed: printed},
		"a client was skipped":        {rows: typescript, printed: printed, skipped: "Python SDK 2.3.0\n"},
		"a client did not run":        {rows: typescript, printed: printed, want: "-| Python SDK 2.3.0 auto | stdio"},
		"another client was skipped":  {rows: typescript, printed: printed, skipped: "Python SDK 2.3\n", want: "-| Python SDK 2.3.0 auto | stdio"},
		"something works now":         {rows: strings.Replace(typescript, "no", "yes", 1) + python, printed: printed, want: "+| TypeScript SDK 1.0.0 | HTTP | 2025-11-25 | yes | yes | yes | yes | yes |"},
		"a login fails now":           {rows: typescript + python, printed: printed, oauth: strings.Replace(oauth, `"login":"yes"`, `"login":"no"`, 1), want: "+| TypeScript SDK 1.0.0 | mcpmount | yes | no |"},
		"nobody logged in":            {rows: typescript + python, printed: printed, oauth: "{}\n", want: "oauth.jsonl: the row has empty cells"},
		"a cell is empty":             {rows: strings.Replace(typescript, `"no"`, `""`, 1) + python, printed: printed, want: "empty cells"},
		"no rows":                     {printed: printed, want: "no rows"},
		"another number of checks":    {rows: typescript + python, printed: strings.Replace(printed, "3 passed", "4 passed", 1), want: "+| 2025-11-25 | 2 | 6 | 0 |"},
		"a required scenario failed":  {rows: typescript + python, printed: strings.Replace(printed, "3 passed, 0 failed", "2 passed, 1 failed", 1), want: "tools-list: 1 checks failed"},
		"a required scenario is gone": {rows: typescript + python, printed: strings.Replace(printed, "✓ ping", "ping", 1), want: "ping was not run"},
		"the suite did not end":       {rows: typescript + python, printed: "✓ ping: 2 passed, 0 failed\n", want: "was not run"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			write := func(name, text string) {
				if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			write("clients.md", document)
			write("rows.jsonl", test.rows)
			if test.oauth == "" {
				test.oauth = oauth
			}
			write("oauth.jsonl", test.oauth)
			if test.skipped != "" {
				write("skipped", test.skipped)
			}
			for _, revision := range revisions {
				write(revision+".yaml", required)
				write("conformance-"+revision+".txt", test.printed)
			}
			path := filepath.Join(dir, "clients.md")
			err := run(false, path, dir, dir)
			if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
				t.Fatalf("got error %v, want %q", err, test.want)
			}
			if after, _ := os.ReadFile(path); string(after) != document {
				t.Error("the document was changed")
			}
		})
	}
}

// An update writes what is there already, and nothing else.
func TestUpdate(t *testing.T) {
	dir := t.TempDir()
	bare := document
	for _, name := range []string{"clients", "oauth", "conformance"} {
		var err error
		if bare, err = replace(bare, name, ""); err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range map[string]string{
		"clients.md": bare, "rows.jsonl": typescript + python, "oauth.jsonl": oauth,
		"2025-11-25.yaml": required, "2026-07-28.yaml": required,
		"conformance-2025-11-25.txt": printed, "conformance-2026-07-28.txt": printed,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := run(true, filepath.Join(dir, "clients.md"), dir, dir); err != nil {
		t.Fatal(err)
	}
	after, err := os.ReadFile(filepath.Join(dir, "clients.md"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(document, string(after)); diff != "" {
		t.Error(diff)
	}
}
