package deploy_test

import (
	"bytes"
	"context"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/types"
	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/linter"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
)

// dockerfile reads a Dockerfile as BuildKit does, and returns what its linter says.
func dockerfile(t *testing.T, text []byte) (stages []instructions.Stage, warnings []string) {
	t.Helper()
	parsed, err := parser.Parse(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range parsed.Warnings {
		warnings = append(warnings, w.Short)
	}
	lint := linter.New(&linter.Config{Warn: func(rule, _, _, message string, _ []parser.Range) {
		warnings = append(warnings, rule+": "+message)
	}})
	stages, _, err = instructions.Parse(parsed.AST, lint)
	if err != nil {
		t.Fatal(err)
	}
	return stages, warnings
}

func TestDockerfile(t *testing.T) {
	stages, warnings := dockerfile(t, read(t, "../Dockerfile"))
	if len(warnings) > 0 {
		t.Error(warnings)
	}
	if _, warnings := dockerfile(t, []byte("from scratch as X\nMAINTAINER me\n")); len(warnings) != 2 {
		t.Errorf("the linter finds too little: %v", warnings)
	}
	image := stages[len(stages)-1]
	if image.BaseName != "scratch" {
		t.Errorf("the image is made of %s: it needs nothing", image.BaseName)
	}
	labels := map[string]string{}
	user, entry, copied := "", []string(nil), []string(nil)
	for _, c := range image.Commands {
		switch c := c.(type) {
		case *instructions.UserCommand:
			user = c.User
		case *instructions.EntrypointCommand:
			entry = c.CmdLine
			if c.PrependShell {
				t.Error("there is no shell")
			}
		case *instructions.CmdCommand:
			if c.PrependShell {
				t.Error("there is no shell")
			}
		case *instructions.CopyCommand:
			copied = append(copied, c.DestPath)
			if c.From != stages[0].Name {
				t.Errorf("copied from %q: the context is not what was built", c.From)
			}
		case *instructions.LabelCommand:
			for _, pair := range c.Labels {
				labels[strings.Trim(pair.Key, `"`)] = strings.Trim(pair.Value, `"`)
			}
		case *instructions.RunCommand:
			t.Error("nothing can be run in an empty image")
		}
	}
	if user != "65532:65532" {
		t.Errorf("user %q: a number says that it is not root, to a cluster as well", user)
	}
	if !slices.Contains(copied, entry[0]) || !slices.Contains(copied, "/etc/ssl/certs/") {
		t.Errorf("%v is started, and there is %v", entry, copied)
	}
	for _, label := range []string{"title", "description", "source", "licenses"} {
		if labels["org.opencontainers.image."+label] == "" {
			t.Errorf("no label %s", label)
		}
	}
}

// composed returns the only service of the compose file, read as docker compose does: unknown
// keys are errors.
func composed(t *testing.T) (types.ServiceConfig, *types.Project) {
	t.Helper()
	project, err := loader.LoadWithContext(context.Background(), types.ConfigDetails{
		WorkingDir:  ".",
		ConfigFiles: []types.ConfigFile{{Filename: "compose.yaml"}},
		Environment: types.Mapping{"WEATHER_URL": "http://weather.test"},
	}, func(o *loader.Options) { o.SetProjectName("mcpmount", true) })
	if err != nil {
		t.Fatal(err)
	}
	service, err := project.GetService("mcpmount")
	if err != nil || len(project.Services) != 1 {
		t.Fatal(err, len(project.Services))
	}
	return service, project
}

func TestCompose(t *testing.T) {
	service, project := composed(t)
	if !service.ReadOnly || !slices.Equal(service.CapDrop, []string{"ALL"}) || len(service.CapAdd) > 0 || service.Privileged ||
		!slices.Equal(service.SecurityOpt, []string{"no-new-privileges:true"}) || service.User != "65532:65532" || service.MemLimit == 0 || service.PidsLimit == 0 {
		t.Errorf("the container can do more than it needs: %s", text(service))
	}
	for _, volume := range service.Volumes {
		if !volume.ReadOnly {
			t.Errorf("it can write to %s", volume.Target)
		}
	}
	if service.Ports[0].HostIP != "127.0.0.1" {
		t.Errorf("without TLS it listens at %q", service.Ports[0].HostIP)
	}
	if got := service.HealthCheck.Test; !slices.Equal(got, types.HealthCheckTest{"CMD", "/bin/mcpmount", "health"}) {
		t.Errorf("health check %v: there is no shell", got)
	}
	if grace := time.Duration(*service.StopGracePeriod); grace <= shutdownTimeout(t) {
		t.Errorf("it is given %s to end, and wants %s", grace, shutdownTimeout(t))
	}
	if project.Environment["WEATHER_URL"] == "" {
		t.Error("the environment was not read")
	}
	if _, err := filepath.Abs(service.Build.Context); err != nil || service.Build.Dockerfile != "Dockerfile" {
		t.Errorf("%v, %s", err, service.Build.Dockerfile)
	}
	_, err := loader.LoadWithContext(context.Background(), types.ConfigDetails{
		WorkingDir:  ".",
		ConfigFiles: []types.ConfigFile{{Filename: "wrong.yaml", Content: []byte("services: {a: {image: a, readonly: true}}")}},
	}, func(o *loader.Options) { o.SetProjectName("wrong", true) })
	if err == nil || !strings.Contains(err.Error(), "readonly") {
		t.Errorf("an unknown key: %v", err)
	}
}
