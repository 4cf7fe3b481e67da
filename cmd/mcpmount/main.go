// Command mcpmount gives an HTTP API that already exists a second interface,
// MCP. See "mcpmount --help".
//
// What a command was asked for goes to standard output. Everything else goes to
// standard error: a log, or lines that start with "mcpmount:", without capitals
// and full stops. It exits with 0 if all went well, 1 after a failure and 2 if
// it was called wrongly.
package main

import (
	"context"
	"errors"
	"io"
	"os"
	"os/signal"
	"regexp"
	"runtime/debug"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"
)

// softMemory is where the collector of garbage starts to work harder: 1.5 GB. A
// document of 100,000 operations takes half of that, and making its tools twice as
// much.
const softMemory = 1500 << 20

func main() {
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(softMemory)
	}
	ctx, stop := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-signals
		stop()
		<-signals
		os.Exit(exitFailure)
	}()
	os.Exit(run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr, os.LookupEnv))
}

// commands are the subcommands. Each has a method Run.
type commands struct {
	Serve        serveCommand        `cmd:"" help:"Serve an API as an MCP server."`
	Tools        toolsCommand        `cmd:"" help:"Show the tools that a model will see."`
	Check        checkCommand        `cmd:"" help:"Show a document's problems and who may call what."`
	Call         callCommand         `cmd:"" help:"Call one tool."`
	ConfigSchema configSchemaCommand `cmd:"" help:"Print the JSON Schema of the file for serve --config."`
	Scan         scanCommand         `cmd:"" help:"Write the OpenAPI document of a Go program from its source."`
	Demo         demoCommand         `cmd:"" help:"Serve a small shop API and its MCP server."`
	Health       healthCommand       `cmd:"" help:"Ask a running server whether it is ready."`
	Completion   completionCommand   `cmd:"" help:"Print what completes commands and flags in a shell."`
	Man          manCommand          `cmd:"" help:"Print the manual page."`
	Version      versionCommand      `cmd:"" help:"Show the version."`
}

// Help returns examples.
func (commands) Help() string {
	return "mcpmount demo\n" +
		"mcpmount tools openapi.yaml\n" +
		"mcpmount serve --upstream https://api.example.com openapi.yaml\n"
}

// A terminal is where a command was typed.
type terminal struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	env            func(string) (string, bool)
}

// run is main without the process.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer, env func(string) (string, bool)) int {
	t := &terminal{stdin, stdout, stderr, env}
	if err := execute(ctx, t, args); err != nil {
		if ctx.Err() != nil && strings.Contains(err.Error(), context.Canceled.Error()) {
			err = errors.New("interrupted") // whatever it was doing
		}
		return report(stderr, err)
	}
	return exitOK
}

func execute(ctx context.Context, t *terminal, args []string) error {
	helped := false
	parser, err := kong.New(&commands{},
		kong.Name("mcpmount"),
		kong.Writers(t.stdout, t.stderr),
		kong.Help(printHelp),
		kong.Exit(func(int) { helped = true }))
	if err != nil {
		return err
	}
	selected, err := parser.Parse(spellOut(args))
	switch {
	case helped:
		return nil
	case err != nil:
		return parseError(err)
	}
	if err := refuseEmpty(selected); err != nil {
		return err
	}
	selected.BindTo(ctx, (*context.Context)(nil))
	return selected.Run(t)
}

// spellOut translates what people type by habit.
func spellOut(args []string) []string {
	switch {
	case len(args) == 0:
		return []string{"--help"}
	case args[0] == "help":
		return append(args[1:len(args):len(args)], "--help")
	case args[0] == "--version":
		return append([]string{"version"}, args[1:]...)
	}
	return joinNegative(args)
}

// joinNegative makes "--flag=-1" of "--flag -1", which looks like two flags: no flag is a digit.
func joinNegative(args []string) []string {
	flag, number := regexp.MustCompile(`^--[^=]+$`), regexp.MustCompile(`^-[0-9]`)
	var joined []string
	for _, arg := range args {
		last := len(joined) - 1
		if last >= 0 && number.MatchString(arg) && flag.MatchString(joined[last]) {
			joined[last] += "=" + arg
			continue
		}
		joined = append(joined, arg)
	}
	return joined
}
