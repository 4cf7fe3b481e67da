package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// pythonFolder is where the packages of Python are installed, once.
const pythonFolder = ".python"

// pythonPackages are what a subject of Python needs. FastAPI-MCP does not work with
// version 2 of the package mcp.
var pythonPackages = map[string][]string{
	"fastapi_mcp": {"fastapi-mcp==0.4.0", "mcp==1.30.0", "fastapi==0.165.0", "uvicorn[standard]==0.54.0"},
	"fastmcp":     {"fastmcp==4.1.2", "fastapi==0.165.0", "uvicorn[standard]==0.54.0"},
}

// pythonSubjects returns the subjects of Python that can be installed, and a sentence
// about them.
func pythonSubjects(ctx context.Context, progress io.Writer) ([]subject, string) {
	subjects := []subject{
		{name: "FastAPI, the route itself", eras: []era{rest}, command: uvicorn("fastapi_mcp")},
		{name: "FastAPI-MCP", eras: []era{session}, command: uvicorn("fastapi_mcp"), textOnly: true},
	}
	var missing []string
	if err := installPython(ctx, progress, "fastapi_mcp"); err != nil {
		subjects, missing = nil, append(missing, "FastAPI-MCP: "+cell(err.Error()))
	}
	if err := installPython(ctx, progress, "fastmcp"); err != nil {
		missing = append(missing, "FastMCP: "+cell(err.Error()))
	} else {
		subjects = append(subjects, subject{name: "FastMCP", eras: []era{stateless}, command: uvicorn("fastmcp")})
	}
	if len(missing) > 0 {
		return subjects, "Not installed, and so without figures: " + strings.Join(missing, "; ") + "."
	}
	return subjects, "FastAPI-MCP 0.4.0 and FastMCP 4.1.2 run on one worker of uvicorn 0.54.0 with uvloop and httptools."
}

// installPython makes an environment for a program of the folder python, unless there is one.
func installPython(ctx context.Context, progress io.Writer, name string) error {
	dir := filepath.Join(pythonFolder, name)
	done := filepath.Join(dir, "done")
	if _, err := os.Stat(done); err == nil {
		return nil
	}
	fmt.Fprintln(progress, "install", strings.Join(pythonPackages[name], " "))
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	pip := append([]string{filepath.Join(dir, "bin", "pip"), "install", "--quiet", "--disable-pip-version-check"}, pythonPackages[name]...)
	for _, command := range [][]string{{"python3", "-m", "venv", dir}, pip} {
		if out, err := exec.CommandContext(ctx, command[0], command[1:]...).CombinedOutput(); err != nil {
			return fmt.Errorf("%s: %w: %s", command[0], err, out)
		}
	}
	return os.WriteFile(done, nil, 0o644)
}

// uvicorn returns the command that serves a program of the folder python. It does not
// name the script uvicorn, which works only in the place where it was installed.
func uvicorn(name string) func(ctx context.Context, addr, upstream string) ([]string, error) {
	return func(_ context.Context, addr, _ string) ([]string, error) {
		host, port, err := net.SplitHostPort(addr)
		if err != nil {
			return nil, err
		}
		return []string{filepath.Join(pythonFolder, name, "bin", "python3"), "-m", "uvicorn", "--app-dir", "python", name + "_app:app",
			"--host", host, "--port", port, "--no-access-log", "--log-level", "warning", "--timeout-keep-alive", "120"}, nil
	}
}
