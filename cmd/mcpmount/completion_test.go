package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// completions are lines that end where somebody types a tab, and what is there then:
// the words to choose from, sorted, or the whole line where there is one only.
var completions = []struct{ line, words string }{
	{"mcpmount s", "scan serve"},
	{"mcpmount serv", "serve"},
	{"mcpmount serve --auth-key", "--auth-keys"},
	{"mcpmount serve --log-format ", "json text"},
	{"mcpmount serve --log-format=", "json text"},
	{"mcpmount serve --read-only --log-format j", "json"},
	{"mcpmount serve --overlay some", "some.yaml"},
	{"mcpmount tools some", "some.yaml"},
	{"mcpmount completion ", "bash fish zsh"},
	{"mcpmount completion z", "zsh"},
}

// Each command and each flag of it is in the completion of each shell.
func TestCompletionIsComplete(t *testing.T) {
	flag := map[string]string{"bash": "--%s", "zsh": "--%s", "fish": "-l %s"}
	for shell, form := range flag {
		script := completionOf(t, shell)
		for _, command := range model(t).Children {
			if !strings.Contains(script, command.Name) {
				t.Errorf("%s: no %s", shell, command.Name)
			}
			for _, f := range command.Flags {
				if !strings.Contains(script, fmt.Sprintf(form, f.Name)) {
					t.Errorf("%s: %s has no --%s", shell, command.Name, f.Name)
				}
			}
		}
	}
	var stdout, stderr strings.Builder
	if code := run(t.Context(), []string{"completion", "tcsh"}, nil, &stdout, &stderr, nil); code != exitUsage || !strings.Contains(stderr.String(), `"bash","zsh","fish"`) {
		t.Errorf("another shell: exit code %d, %s", code, &stderr)
	}
}

// completionOf returns what mcpmount completion prints.
func completionOf(t *testing.T, shell string) string {
	t.Helper()
	var stdout, stderr strings.Builder
	if code := run(t.Context(), []string{"completion", shell}, nil, &stdout, &stderr, nil); code != exitOK {
		t.Fatalf("exit code %d: %s", code, &stderr)
	}
	return stdout.String()
}

// asShell runs a script in a shell, in a folder with the completion, named as the shell
// is, and a document.
func asShell(t *testing.T, shell, script string, args ...string) string {
	t.Helper()
	if _, err := exec.LookPath(shell); err != nil {
		t.Skipf("%s is not installed", shell)
	}
	dir := t.TempDir()
	for name, text := range map[string]string{shell: completionOf(t, shell), "some.yaml": ""} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // a shell that asks something waits forever
	defer cancel()
	cmd := exec.CommandContext(ctx, shell, append([]string{"-c", script, "-"}, args...)...)
	if shell == "fish" { // which has no argument for the name
		cmd.Args = append(cmd.Args[:3], args...)
	}
	cmd.WaitDelay = time.Second
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "HOME="+dir, "TERM=dumb")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", shell, err, out)
	}
	return string(out)
}

func TestBashCompletion(t *testing.T) {
	// Bash splits a line at = as well; without a terminal, that is done here.
	const script = `source ./bash
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=()
_mcpmount
if ((${#COMPREPLY[@]} == 0)); then COMPREPLY=($(compgen -f -- "${COMP_WORDS[COMP_CWORD]}")); fi # -o default
printf '%s\n' "${COMPREPLY[@]}" | sort | tr '\n' ' '`
	for _, tt := range completions {
		words := strings.Split(strings.ReplaceAll(tt.line, "=", " ="), " ")
		if got := strings.TrimSpace(asShell(t, "bash", script, words...)); got != tt.words {
			t.Errorf("%q: %q, want %q", tt.line, got, tt.words)
		}
	}
}

func TestFishCompletion(t *testing.T) {
	const script = `source ./fish; complete -C "$argv[1]"`
	for _, tt := range completions {
		var words []string
		for line := range strings.Lines(asShell(t, "fish", script, tt.line)) {
			word, _, _ := strings.Cut(strings.TrimSpace(line), "\t")
			words = append(words, strings.TrimPrefix(word, "--log-format="))
		}
		if got := strings.Join(words, " "); got != tt.words {
			t.Errorf("%q: %q, want %q", tt.line, got, tt.words)
		}
	}
}

func TestZshCompletion(t *testing.T) {
	// Completing needs a line that is edited, and so a terminal: where there is one
	// word, it is put into the line.
	const script = `zmodload zsh/zpty
zpty inner zsh -f -i
zpty -w inner 'PS1= PS2=; stty -echo; autoload -Uz compinit; compinit -D -u; source ./zsh
told() { print -r -- "<$BUFFER>" }; zle -N told; bindkey "^X" told; print -r -- "<""ready>"'
zpty -r inner out '*<ready>*'
zpty -w -n inner "$1"$'\t\x18'
zpty -r inner out '*<mcpmount*>*'
print -r -- "$out"`
	for _, tt := range completions {
		if strings.Contains(tt.words, " ") {
			continue // which is a menu
		}
		out := asShell(t, "zsh", script, tt.line)
		_, told, _ := strings.Cut(out, "<mcpmount")
		told, _, _ = strings.Cut("mcpmount"+told, ">")
		want := tt.line[:strings.LastIndexAny(tt.line, " =")+1] + tt.words
		if got := strings.TrimRight(told, " ="); got != want {
			t.Errorf("%q: %q, want %q", tt.line, got, want)
		}
	}
}
