package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// commandSubject is the command mcpmount as it is installed, built into dir.
func commandSubject(dir string) subject {
	s := installed
	s.command = func(ctx context.Context, addr, upstream string) ([]string, error) {
		binary, document := filepath.Join(dir, "mcpmount"), filepath.Join(dir, "openapi.json")
		if _, err := os.Stat(binary); err != nil {
			build := exec.CommandContext(ctx, "go", "build", "-C", "..", "-o", binary, "./cmd/mcpmount")
			if out, err := build.CombinedOutput(); err != nil {
				return nil, fmt.Errorf("build the command: %w: %s", err, out)
			}
		}
		if err := os.WriteFile(document, warehouse, 0o600); err != nil {
			return nil, err
		}
		return []string{binary, "serve", "--access-log=false", "--listen", addr, "--upstream", upstream, document}, nil
	}
	return s
}
