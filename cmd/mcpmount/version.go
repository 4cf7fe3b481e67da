package main

import (
	"cmp"
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
	_, err := fmt.Fprint(t.stdout, versionText(newBuild(info), mcp.SupportedProtocolVersions()))
	return err
}

// A build is what the Go toolchain recorded in a binary, "" for what it did not.
type build struct {
	version   string // "(devel)" if it is none
	goVersion string
	revision  string // of the commit
	time      string // of the commit: RFC 3339
	modified  bool   // with changes that are not committed
}

// thisBuild returns that of this binary.
func thisBuild() build {
	info, _ := debug.ReadBuildInfo()
	return newBuild(info)
}

// newBuild returns what info, which may be nil, says.
func newBuild(info *debug.BuildInfo) build {
	if info == nil {
		info = new(debug.BuildInfo)
	}
	b := build{version: cmp.Or(info.Main.Version, "(devel)"), goVersion: info.GoVersion}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.revision = s.Value
		case "vcs.time":
			b.time = s.Value
		case "vcs.modified":
			b.modified = s.Value == "true"
		}
	}
	return b
}

func versionText(b build, protocols []string) string {
	text := "mcpmount " + b.version
	if b.revision != "" {
		text += fmt.Sprintf("\ncommit   %s of %s", b.revision, b.time)
		if b.modified {
			text += ", with changes"
		}
	}
	return text + fmt.Sprintf("\ngo       %s\nMCP      %s\n", strings.TrimPrefix(b.goVersion, "go"), strings.Join(protocols, ", "))
}
