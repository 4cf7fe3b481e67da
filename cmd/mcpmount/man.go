package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/alecthomas/kong"
)

type manCommand struct{}

func (manCommand) Help() string { return "mcpmount man\n" }

// Run prints the manual page of this binary.
func (manCommand) Run(t *terminal, typed *kong.Context) error {
	b := thisBuild()
	date, _, _ := strings.Cut(b.time, "T")
	var page strings.Builder
	printManual(&page, typed.Model.Node, b.version, date)
	_, err := io.WriteString(t.stdout, page.String())
	return err
}

// printManual writes the page in the language of man(7).
func printManual(w io.Writer, app *kong.Node, version, date string) {
	fmt.Fprintf(w, `.TH MCPMOUNT 1 "%s" "mcpmount %s"
.SH NAME
mcpmount \- an HTTP API that already exists as an MCP server
.SH SYNOPSIS
.B mcpmount
.I COMMAND
.RI [ flags ]
\&...
.SH DESCRIPTION
Gives an HTTP API that already exists a second interface, MCP, so that AI agents can use it.
The operations of its OpenAPI document become tools.
.PP
What a command was asked for goes to standard output, everything else to standard error.
`, date, roff(version))
	for _, command := range app.Children {
		fmt.Fprintf(w, ".SH %s\n", roff(strings.ToUpper(command.Name)))
		manualCommand(w, command)
	}
	fmt.Fprint(w, `.SH ENVIRONMENT
.TP
.B GOMEMLIMIT
Memory at which the collector of garbage starts to work harder, such as 400MiB (default 1500MiB).
.TP
.B OTEL_EXPORTER_OTLP_ENDPOINT
Where traces are sent; serve knows the other variables of OpenTelemetry as well.
.SH EXIT STATUS
.TP
.B 0
All went well.
.TP
.B 1
A failure.
.TP
.B 2
The command was called wrongly.
`)
}

func manualCommand(w io.Writer, command *kong.Node) {
	fmt.Fprintf(w, ".B mcpmount %s\n.RI [ flags ]\n", roff(command.Name))
	for _, arg := range command.Positional {
		if arg.IsCumulative() {
			fmt.Fprintf(w, ".RI [ %s \" ...]\"\n", roff(arg.Name))
		} else {
			fmt.Fprintf(w, ".I %s\n", roff(arg.Name))
		}
	}
	fmt.Fprintf(w, ".PP\n%s\n", roff(command.Help))
	for _, arg := range command.Positional {
		fmt.Fprintf(w, ".TP\n.I %s\n%s\n", roff(arg.Name), roff(arg.Help))
	}
	for _, group := range flagGroups(command) {
		fmt.Fprintf(w, ".SS %s\n", roff(group[0].Group.Title))
		for _, flag := range group {
			fmt.Fprintf(w, ".TP\n%s\n%s\n", manualLabel(flag), roff(flag.Help))
		}
	}
	fmt.Fprint(w, ".SS Examples\n.nf\n")
	for line := range strings.Lines(command.Detail) {
		fmt.Fprintln(w, roff(strings.TrimSuffix(line, "\n")))
	}
	fmt.Fprint(w, ".fi\n")
}

// manualLabel returns the line that names a flag: what is typed is bold, what
// stands for something is not.
func manualLabel(flag *kong.Flag) string {
	label := ""
	if flag.Short != 0 {
		label = `\fB\-` + string(flag.Short) + `\fR, `
	}
	label += `\fB` + roff("--"+flag.Name) + `\fR`
	if flag.PlaceHolder != "" {
		label += ` \fI` + roff(flag.PlaceHolder) + `\fR`
	}
	return label
}

// roff returns a text that formatters print as it is.
func roff(s string) string {
	s = strings.NewReplacer(`\`, `\e`, "-", `\-`, "'", `\(aq`, "`", `\(ga`, "^", `\(ha`, "~", `\(ti`).Replace(s)
	if strings.HasPrefix(s, ".") {
		return `\&` + s
	}
	return s
}
