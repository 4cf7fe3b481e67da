package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/alecthomas/kong"
)

type completionCommand struct {
	Shell string `arg:"" enum:"bash,zsh,fish" name:"SHELL" help:"bash, zsh or fish"`
}

func (completionCommand) Help() string {
	return "mcpmount completion bash\n" +
		"mcpmount completion zsh\n"
}

// Run prints what the shell reads: all that can be typed, so that completing starts
// no process.
func (c *completionCommand) Run(t *terminal, typed *kong.Context) error {
	write := map[string]func(io.Writer, *kong.Node){"bash": completeBash, "zsh": completeZsh, "fish": completeFish}[c.Shell]
	var script strings.Builder
	write(&script, typed.Model.Node)
	_, err := io.WriteString(t.stdout, script.String())
	return err
}

// completeBash writes the completion of bash 3.2 and later, with nothing else
// installed. Where it has no words, bash completes names of files.
func completeBash(w io.Writer, app *kong.Node) {
	fmt.Fprint(w, `# bash completion of mcpmount
_mcpmount() {
    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} words=""
    if [[ $prev == "=" ]]; then # --flag=value is three words
        prev=${COMP_WORDS[COMP_CWORD-2]}
    elif [[ $cur == "=" ]]; then
        cur=""
    fi
    if ((COMP_CWORD == 1)); then
        prev=""
    fi
    case ${COMP_WORDS[1]}/$prev in
`)
	for _, command := range app.Children {
		for _, group := range flagGroups(command) {
			for _, flag := range group {
				switch {
				case flag.IsBool():
				case flag.Enum != "":
					fmt.Fprintf(w, "    %s) words=%q ;;\n", bashLabels(command, flag), strings.Join(flag.EnumSlice(), " "))
				default:
					fmt.Fprintf(w, "    %s) return ;;\n", bashLabels(command, flag))
				}
			}
		}
	}
	fmt.Fprint(w, `    *)
        case ${COMP_WORDS[1]}/$cur in
`)
	for _, command := range app.Children {
		fmt.Fprintf(w, "        %s/-*) words=%q ;;\n", command.Name, strings.Join(flagNames(command), " "))
		if words := argumentWords(command); len(words) > 0 {
			fmt.Fprintf(w, "        %s/*) words=%q ;;\n", command.Name, strings.Join(words, " "))
		}
	}
	fmt.Fprintf(w, `        esac
        if ((COMP_CWORD == 1)); then
            words=%q
        fi
        ;;
    esac
    COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -o default -F _mcpmount mcpmount
`, strings.Join(append(commandNames(app), "--help"), " "))
}

// bashLabels returns the patterns of "command/flag".
func bashLabels(command *kong.Node, flag *kong.Flag) string {
	label := command.Name + "/--" + flag.Name
	if flag.Short != 0 {
		label += "|" + command.Name + "/-" + string(flag.Short)
	}
	return label
}

func commandNames(app *kong.Node) []string {
	var names []string
	for _, command := range app.Children {
		names = append(names, command.Name)
	}
	return names
}

func flagNames(command *kong.Node) []string {
	names := []string{"--help"}
	for _, group := range flagGroups(command) {
		for _, flag := range group {
			names = append(names, "--"+flag.Name)
		}
	}
	return names
}

// argumentWords returns what the first argument of a command can be, if that is one of
// a few words.
func argumentWords(command *kong.Node) []string {
	if len(command.Positional) == 0 || command.Positional[0].Enum == "" {
		return nil
	}
	return command.Positional[0].EnumSlice()
}

// takesFile reports whether an argument is the name of a file, or may be.
func takesFile(arg *kong.Positional) bool { return arg.Name == "DOCUMENT" }

// completeZsh writes the completion of zsh: a file named _mcpmount of its fpath.
func completeZsh(w io.Writer, app *kong.Node) {
	fmt.Fprint(w, `#compdef mcpmount
_mcpmount() {
    local state line
    typeset -A opt_args
    _arguments -C '1: :->command' '*:: :->argument' '--help[show help]'
    case $state in
    command)
        local -a commands=(
`)
	for _, command := range app.Children {
		fmt.Fprintf(w, "            %s\n", shellQuote(command.Name+":"+command.Help))
	}
	fmt.Fprint(w, `        )
        _describe command commands
        ;;
    argument)
        case $words[1] in
`)
	for _, command := range app.Children {
		fmt.Fprintf(w, "        %s)\n            _arguments '--help[show help]'", command.Name)
		for _, group := range flagGroups(command) {
			for _, flag := range group {
				for _, spec := range zshFlag(flag) {
					fmt.Fprintf(w, " \\\n                %s", shellQuote(spec))
				}
			}
		}
		for i, arg := range command.Positional {
			fmt.Fprintf(w, " \\\n                %s", shellQuote(zshArgument(i, arg)))
		}
		fmt.Fprint(w, "\n            ;;\n")
	}
	fmt.Fprint(w, `        esac
        ;;
    esac
}
if [[ $funcstack[1] == _mcpmount ]]; then
    _mcpmount "$@"
else
    compdef _mcpmount mcpmount
fi
`)
}

// zshFlag returns the specifications of _arguments for a flag.
func zshFlag(flag *kong.Flag) []string {
	escape := strings.NewReplacer(`\`, `\\`, `[`, `\[`, `]`, `\]`, `:`, `\:`)
	help, value := "["+escape.Replace(flag.Help)+"]", ""
	if !flag.IsBool() {
		value = ":" + escape.Replace(flag.PlaceHolder) + ":" + zshValues(flag.Value, isPath(flag))
	}
	again := ""
	if flag.IsSlice() {
		again = "*"
	}
	assigned := "="
	if value == "" {
		assigned = ""
	}
	specs := []string{again + "--" + flag.Name + assigned + help + value}
	if flag.Short != 0 {
		specs = append(specs, again+"-"+string(flag.Short)+help+value)
	}
	return specs
}

func zshArgument(i int, arg *kong.Positional) string {
	place := fmt.Sprint(i + 1)
	if arg.IsCumulative() {
		place = "*"
	}
	return place + ":" + arg.Name + ":" + zshValues(arg, takesFile(arg))
}

// zshValues returns the action that completes a value.
func zshValues(v *kong.Value, file bool) string {
	switch {
	case v.Enum != "":
		return "(" + strings.Join(v.EnumSlice(), " ") + ")"
	case file:
		return "_files"
	}
	return " "
}

// completeFish writes the completion of fish.
func completeFish(w io.Writer, app *kong.Node) {
	fmt.Fprint(w, "# fish completion of mcpmount\ncomplete -c mcpmount -f\ncomplete -c mcpmount -l help -d 'show help'\n")
	for _, command := range app.Children {
		fmt.Fprintf(w, "complete -c mcpmount -n __fish_use_subcommand -a %s -d %s\n", command.Name, fishQuote(command.Help))
	}
	for _, command := range app.Children {
		line := fmt.Sprintf("complete -c mcpmount -n '__fish_seen_subcommand_from %s'", command.Name)
		for _, arg := range command.Positional {
			if takesFile(arg) {
				fmt.Fprintf(w, "%s -F\n", line)
			}
		}
		if words := argumentWords(command); len(words) > 0 {
			fmt.Fprintf(w, "%s -a %s\n", line, fishQuote(strings.Join(words, " ")))
		}
		for _, group := range flagGroups(command) {
			for _, flag := range group {
				fmt.Fprintf(w, "%s%s -d %s\n", line, fishFlag(flag), fishQuote(flag.Help))
			}
		}
	}
}

// fishFlag returns the options of complete for a flag.
func fishFlag(flag *kong.Flag) string {
	options := " -l " + flag.Name
	if flag.Short != 0 {
		options += " -s " + string(flag.Short)
	}
	switch {
	case flag.IsBool():
	case flag.Enum != "":
		options += " -x -a " + fishQuote(strings.Join(flag.EnumSlice(), " "))
	case isPath(flag):
		options += " -r -F"
	default:
		options += " -x"
	}
	return options
}

// shellQuote quotes a word for bash and zsh.
func shellQuote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// fishQuote quotes a word for fish.
func fishQuote(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s) + "'"
}
