package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/alecthomas/kong"
)

// The exit codes.
const (
	exitOK      = 0
	exitFailure = 1
	exitUsage   = 2
)

// A failure is an error that knows more than its message.
type failure struct {
	err   error
	hint  string // what to do, or ""
	usage bool   // the command was called wrongly
	at    position
}

func (f *failure) Error() string {
	if f.at.file != "" {
		return f.at.String() + ": " + f.err.Error()
	}
	return f.err.Error()
}

func (f *failure) Unwrap() error { return f.err }

// fail returns an error with the given message, and a hint at what to do.
func fail(hint, format string, args ...any) error {
	return &failure{err: fmt.Errorf(format, args...), hint: hint}
}

// misuse is fail for a command that was called wrongly.
func misuse(hint, format string, args ...any) error {
	return &failure{err: fmt.Errorf(format, args...), hint: hint, usage: true}
}

// parseError returns an error of the parser as one of ours.
func parseError(err error) error {
	message, guess, found := strings.Cut(err.Error(), ", did you mean ")
	if found {
		return misuse("did you mean "+guess, "%s", message)
	}
	help := "mcpmount --help"
	if parse := new(kong.ParseError); errors.As(err, &parse) && parse.Context != nil && parse.Context.Selected() != nil {
		help = "mcpmount " + parse.Context.Selected().Name + " --help"
	}
	if flag, problem, _ := strings.Cut(message, ": "); strings.HasPrefix(problem, "missing value") || strings.Contains(problem, `value but got "EOL"`) {
		message = flag + " needs a value"
	}
	if message, _, found = strings.Cut(message, ": time: "); found {
		help = "a time is a number with a unit: 30s, 2m or 1h"
	}
	return misuse(help, "%s", message)
}

// mostMistakes is how many errors are printed: more are nobody's to read at once.
const mostMistakes = 20

// report prints err and returns the exit code for it.
func report(w io.Writer, err error) int {
	if all := (mistakes)(nil); errors.As(err, &all) {
		for _, err := range all[:min(mostMistakes, len(all))] {
			report(w, err)
		}
		if n := len(all) - mostMistakes; n > 0 {
			fmt.Fprintf(w, "mcpmount: error: and %s\n", count(n, "more mistake"))
		}
		return exitFailure
	}
	for line := range strings.Lines(err.Error()) {
		fmt.Fprintf(w, "mcpmount: error: %s\n", printable(line))
	}
	f := new(failure)
	if !errors.As(err, &f) {
		return exitFailure
	}
	if f.hint != "" {
		fmt.Fprintf(w, "mcpmount: hint: %s\n", printable(f.hint))
	}
	if f.usage {
		return exitUsage
	}
	return exitFailure
}
