package main

import (
	"bytes"
	"context"
	"debug/buildinfo"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// A platform is what a binary runs on, as Go names it.
type platform struct{ os, arch string }

func parsePlatform(name string) (platform, error) {
	system, arch, found := strings.Cut(name, "/")
	if !found || system == "" || arch == "" {
		return platform{}, fmt.Errorf("%q is not a platform such as linux/amd64", name)
	}
	return platform{system, arch}, nil
}

// A source is a commit, in a clone of its own.
type source struct {
	dir  string
	time time.Time // of the commit
}

// A binary is the command, built for a platform.
type binary struct {
	platform platform
	path     string
	data     []byte
	info     *buildinfo.BuildInfo
}

// checkout clones what is committed in the repository of the working directory. A work
// tree has files that nobody committed, and if it is one of several, the go command
// does not know its version.
func checkout(ctx context.Context, dir string) (*source, error) {
	root, err := command(ctx, ".", nil, "git", "rev-parse", "--show-toplevel")
	if err != nil {
		return nil, fmt.Errorf("a release is built of a commit, in a clone: %w", err)
	}
	if changes, err := command(ctx, root, nil, "git", "status", "--porcelain"); err != nil {
		return nil, err
	} else if changes != "" {
		fmt.Fprintf(os.Stderr, "release: not committed, and not in the release:\n%s\n", changes)
	}
	if _, err := command(ctx, ".", nil, "git", "clone", "--quiet", "--shared", root, dir); err != nil {
		return nil, err
	}
	stamp, err := command(ctx, dir, nil, "git", "show", "--no-patch", "--format=%cI", "HEAD")
	if err != nil {
		return nil, err
	}
	committed, err := time.Parse(time.RFC3339, stamp)
	if err != nil {
		return nil, err
	}
	return &source{dir, committed.UTC()}, nil
}

// build builds the command. What of the environment changes the bytes is set here.
func (s *source) build(ctx context.Context, p platform) (*binary, error) {
	b := &binary{platform: p}
	b.path = filepath.Join(filepath.Dir(s.dir), p.os+"-"+p.arch, b.name())
	_, err := command(ctx, s.dir, p.environment(), "go", "build", "-trimpath", "-ldflags=-s -w", "-o", b.path, "./cmd/mcpmount")
	if err != nil {
		return nil, err
	}
	if b.data, err = os.ReadFile(b.path); err != nil {
		return nil, err
	}
	if b.info, err = buildinfo.Read(bytes.NewReader(b.data)); err != nil {
		return nil, err
	}
	if strings.Contains(b.version(), "(devel)") {
		return nil, errors.New("the binary does not know its version: is git there?")
	}
	return b, nil
}

// environment returns variables for the go command, none of them empty: else what the user
// has set by go env -w would count.
func (p platform) environment() []string {
	return []string{
		"GOOS=" + p.os, "GOARCH=" + p.arch, "GOAMD64=v1", "GOARM64=v8.0",
		"CGO_ENABLED=0", "GOFLAGS=-buildvcs=true", "GOFIPS140=off", "GOWORK=off",
	}
}

func (b *binary) version() string { return b.info.Main.Version }

func (b *binary) name() string {
	if b.platform.os == "windows" {
		return "mcpmount.exe"
	}
	return "mcpmount"
}

// sharedFiles returns what the archives of all platforms have. host is a binary that
// runs here.
func (s *source) sharedFiles(ctx context.Context, host *binary) ([]file, error) {
	var files []file
	for _, name := range []string{"LICENSE", "README.md", "CHANGELOG.md"} {
		data, err := os.ReadFile(filepath.Join(s.dir, name))
		if err != nil {
			return nil, err
		}
		files = append(files, file{name, 0o644, data})
	}
	for _, printed := range []struct {
		name string
		args []string
	}{
		{"man/mcpmount.1", []string{"man"}},
		{"completions/mcpmount.bash", []string{"completion", "bash"}},
		{"completions/_mcpmount", []string{"completion", "zsh"}},
		{"completions/mcpmount.fish", []string{"completion", "fish"}},
	} {
		out, err := command(ctx, s.dir, nil, host.path, printed.args...)
		if err != nil {
			return nil, err
		}
		files = append(files, file{printed.name, 0o644, []byte(out + "\n")})
	}
	return files, nil
}

// command runs a program and returns what it printed, without the last line break.
func command(ctx context.Context, dir string, env []string, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), env...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s: %w\n%s", strings.Join(cmd.Args, " "), err, &stderr)
	}
	return strings.TrimRight(string(out), "\n"), nil
}
