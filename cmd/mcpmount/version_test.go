package main

import (
	"runtime/debug"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestVersionText(t *testing.T) {
	tests := []struct {
		name string
		info debug.BuildInfo
		want string
	}{
		{"nothing known", debug.BuildInfo{GoVersion: "go1.26.8"}, "mcpmount (devel)\ngo       1.26.8\nMCP      B, A\n"},
		{"installed", debug.BuildInfo{GoVersion: "go1.26.8", Main: debug.Module{Version: "v0.1.0"}}, "mcpmount v0.1.0\ngo       1.26.8\nMCP      B, A\n"},
		{
			"built in a checkout",
			debug.BuildInfo{GoVersion: "go1.26.8", Main: debug.Module{Version: "v0.1.1-0.2026"}, Settings: []debug.BuildSetting{
				{Key: "vcs.revision", Value: "abc"}, {Key: "vcs.time", Value: "2026-11-21"}, {Key: "vcs.modified", Value: "true"},
			}},
			"mcpmount v0.1.1-0.2026\ncommit   abc of 2026-11-21, with changes\ngo       1.26.8\nMCP      B, A\n",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, versionText(newBuild(&tt.info), []string{"B", "A"})); diff != "" {
				t.Errorf("version (-want +got):\n%s", diff)
			}
		})
	}
}
