package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/alecthomas/kong"
)

// helpWidth is the width that help is written for.
const helpWidth = 80

// printHelp is the [kong.HelpPrinter].
func printHelp(_ kong.HelpOptions, ctx *kong.Context) error {
	node := ctx.Selected()
	if node == nil {
		node = ctx.Model.Node
		printOverview(ctx.Stdout, node)
	} else {
		printCommand(ctx.Stdout, node)
	}
	fmt.Fprintf(ctx.Stdout, "\nExample:\n")
	for line := range strings.Lines(node.Detail) { // what the Help method returned
		fmt.Fprintf(ctx.Stdout, "  %s", line)
	}
	return nil
}

func printOverview(w io.Writer, app *kong.Node) {
	fmt.Fprintf(w, "Usage: mcpmount COMMAND [flags] …\n\n"+
		"Gives an HTTP API that already exists a second interface, MCP.\n\nCommands:\n")
	for _, command := range app.Children {
		printRow(w, command.Name, 13, command.Help)
	}
	fmt.Fprintf(w, "\nRun mcpmount COMMAND --help for the flags of a command.\n")
}

func printCommand(w io.Writer, command *kong.Node) {
	fmt.Fprintf(w, "Usage: mcpmount %s [flags]", command.Name)
	for _, arg := range command.Positional {
		if arg.IsCumulative() {
			fmt.Fprintf(w, " [%s …]", arg.Name)
		} else {
			fmt.Fprintf(w, " %s", arg.Name)
		}
	}
	fmt.Fprintf(w, "\n\n%s\n", command.Help)
	if len(command.Positional) > 0 {
		fmt.Fprintf(w, "\nArguments:\n")
	}
	for _, arg := range command.Positional {
		printRow(w, arg.Name, 10, arg.Help)
	}
	for _, group := range flagGroups(command) {
		fmt.Fprintf(w, "\n%s:\n", group[0].Group.Title)
		for _, flag := range group {
			printRow(w, flagLabel(flag), 27, flag.Help)
		}
	}
}

// flagGroups returns the flags of a command by group, in the order in which
// they are declared.
func flagGroups(command *kong.Node) [][]*kong.Flag {
	var groups [][]*kong.Flag
	place := map[string]int{}
	for _, flag := range command.Flags {
		if flag.Group == nil {
			continue // --help
		}
		i, seen := place[flag.Group.Key]
		if !seen {
			i = len(groups)
			place[flag.Group.Key], groups = i, append(groups, nil)
		}
		groups[i] = append(groups[i], flag)
	}
	return groups
}

func flagLabel(flag *kong.Flag) string {
	label := "--" + flag.Name
	if flag.Short != 0 {
		label = "-" + string(flag.Short) + ", " + label
	}
	if flag.PlaceHolder != "" {
		label += " " + flag.PlaceHolder
	}
	return label
}

// printRow prints a label and a text in two columns, the text wrapped.
func printRow(w io.Writer, label string, labelWidth int, text string) {
	indent := labelWidth + 4
	line := fmt.Sprintf("  %-*s ", labelWidth, label)
	if len(label) > labelWidth {
		fmt.Fprintf(w, "  %s\n", label)
		line = strings.Repeat(" ", indent-1)
	}
	for word := range strings.FieldsSeq(text) {
		if len([]rune(line))+1+len([]rune(word)) > helpWidth {
			fmt.Fprintln(w, line)
			line = strings.Repeat(" ", indent-1)
		}
		line += " " + word
	}
	fmt.Fprintln(w, line)
}
