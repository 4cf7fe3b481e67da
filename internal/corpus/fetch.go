package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// sources lists the documents that Go modules have, and their checksums.
const sources = "sources.tsv"

// fetch downloads the documents whose source is a Go module into a folder, for
// those who do not have all of them.
func fetch(ctx context.Context, args []string, stdout io.Writer) error {
	if len(args) > 1 {
		return errors.New("usage: corpus fetch [DIR]")
	}
	dir := filepath.Join(repository, "specs")
	if len(args) == 1 {
		dir = args[0]
	}
	rows, err := readTable(sources)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for _, row := range rows {
		if err := fetchDocument(ctx, downloadModule, row, dir); err != nil {
			return fmt.Errorf("%s: %w", row["name"], err)
		}
		fmt.Fprintln(stdout, row["entry"], "from", row["source"])
	}
	table, err := os.ReadFile(sources)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "MANIFEST.tsv"), table, 0o644)
}

// fetchDocument writes the document of a row into dir, if it is the one that is
// meant.
func fetchDocument(ctx context.Context, download func(ctx context.Context, module string) (dir string, err error), row map[string]string, dir string) error {
	module, path, err := splitSource(row["source"])
	if err != nil {
		return err
	}
	folder, err := download(ctx, module)
	if err != nil {
		return err
	}
	data, err := os.ReadFile(filepath.Join(folder, filepath.FromSlash(path)))
	if err != nil {
		return err
	}
	if sum := sha256.Sum256(data); hex.EncodeToString(sum[:]) != row["sha256"] {
		return fmt.Errorf("%s has another checksum than %s", path, row["sha256"])
	}
	return os.WriteFile(filepath.Join(dir, filepath.Base(row["entry"])), data, 0o644)
}

// splitSource splits "go:MODULE@VERSION/PATH" into "MODULE@VERSION" and "PATH".
func splitSource(source string) (module, path string, err error) {
	rest, ok := strings.CutPrefix(source, "go:")
	name, rest, at := strings.Cut(rest, "@")
	version, path, slash := strings.Cut(rest, "/")
	if !ok || !at || !slash || !filepath.IsLocal(filepath.FromSlash(path)) {
		return "", "", fmt.Errorf("source %q is not go:MODULE@VERSION/PATH", source)
	}
	return name + "@" + version, path, nil
}

// downloadModule returns the folder with the files of a module.
func downloadModule(ctx context.Context, module string) (string, error) {
	var stderr bytes.Buffer
	command := exec.CommandContext(ctx, "go", "mod", "download", "-json", module)
	command.Stderr = &stderr
	out, err := command.Output()
	var got struct{ Dir, Error string }
	if json.Unmarshal(out, &got) == nil && got.Error != "" {
		return "", errors.New(got.Error)
	}
	if err != nil {
		return "", fmt.Errorf("go mod download: %w: %s", err, bytes.TrimSpace(stderr.Bytes()))
	}
	return got.Dir, nil
}
