package main

import (
	"fmt"
	"runtime/debug"
	"strings"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

type versionCommand struct{}

func (versionCommand) Help() string { return "mcpmount version\n" }

// Run prints what the Go toolchain recorded in the binary.
func (versionCommand) Run(t *terminal) error {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return fail("build it with go build", "this binary does not know its version")
	}
	_, err := fmt.Fprint(t.stdout, versionText(info, mcp.SupportedProtocolVersions()))
	return err
}

func versionText(info *debug.BuildInfo, protocols []string) string {
	version := info.Main.Version
	if version == "" {
		version = "(devel)"
	}
	text := "mcpmount " + version
	settings := map[string]string{}
	for _, s := range info.Settings {
		settings[s.Key] = s.Value
	}
	if revision := settings["vcs.revision"]; revision != "" {
		text += fmt.Sprintf("\ncommit   %s of %s", revision, settings["vcs.time"])
		if settings["vcs.modified"] == "true" {
			text += ", with changes"
		}
	}
	return text + fmt.Sprintf("\ngo       %s\nMCP      %s\n", strings.TrimPrefix(info.GoVersion, "go"), strings.Join(protocols, ", "))
}
