// Command release builds what a release of mcpmount consists of: make release.
//
//	release [-o DIR] [-platforms LIST]
//
// It builds what is committed at HEAD, from a clone of its own, so that the binaries
// know their version and commit, and nothing else of this machine is in them: whoever builds
// the same commit with the same version of Go gets the same bytes. It needs git, Go and
// the modules, which it downloads if they are not in the cache of modules.
//
// DIR then has, for each platform, an archive and the bill of materials (CycloneDX 1.6) of
// its binary, and SHA256SUMS for all of them.
package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// platforms are those that a release is for.
const platforms = "linux/amd64,linux/arm64,darwin/amd64,darwin/arm64,windows/amd64,windows/arm64"

func main() {
	if err := run(context.Background(), os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "release: error:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, stdout io.Writer) error {
	flags := flag.NewFlagSet("release", flag.ContinueOnError)
	dist := flags.String("o", "dist", "write to `DIR`, which is emptied of what a release has")
	list := flags.String("platforms", platforms, "comma-separated `LIST` of what to build for, each as OS/ARCH")
	if err := flags.Parse(args); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "release")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	src, err := checkout(ctx, filepath.Join(dir, "mcpmount"))
	if err != nil {
		return err
	}
	var wanted []platform
	for name := range strings.SplitSeq(*list, ",") {
		p, err := parsePlatform(name)
		if err != nil {
			return err
		}
		wanted = append(wanted, p)
	}
	if err := empty(*dist); err != nil {
		return err
	}
	return release(ctx, src, wanted, *dist, stdout)
}

// release writes the files of a release to dist.
func release(ctx context.Context, src *source, wanted []platform, dist string, stdout io.Writer) error {
	host, err := src.build(ctx, platform{runtime.GOOS, runtime.GOARCH})
	if err != nil {
		return err
	}
	shared, err := src.sharedFiles(ctx, host)
	if err != nil {
		return err
	}
	var written []string
	for _, p := range wanted {
		b := host
		if p != host.platform {
			if b, err = src.build(ctx, p); err != nil {
				return err
			}
		}
		files, err := b.write(ctx, src, shared, dist)
		if err != nil {
			return err
		}
		written = append(written, files...)
		fmt.Fprintln(stdout, filepath.Join(dist, files[0]))
	}
	return writeSums(dist, written)
}

// write writes the archive and the bill of materials of a binary, and returns their names.
func (b *binary) write(ctx context.Context, src *source, shared []file, dist string) (names []string, err error) {
	modules, err := src.modules(ctx, b)
	if err != nil {
		return nil, err
	}
	name := fmt.Sprintf("mcpmount_%s_%s_%s", b.version(), b.platform.os, b.platform.arch)
	files := append(slices.Clone(shared),
		file{b.name(), 0o755, b.data},
		file{"THIRD_PARTY_LICENSES", 0o644, notices(modules)})
	write, extension := writeTar, ".tar.gz"
	if b.platform.os == "windows" {
		write, extension = writeZip, ".zip"
	}
	archive, err := os.Create(filepath.Join(dist, name+extension))
	if err != nil {
		return nil, err
	}
	if err := errors.Join(write(archive, name, src.time, files), archive.Close()); err != nil {
		return nil, err
	}
	bill, err := b.bill(src, modules)
	if err != nil {
		return nil, err
	}
	return []string{name + extension, name + ".cdx.json"}, os.WriteFile(filepath.Join(dist, name+".cdx.json"), bill, 0o644)
}

// writeSums writes SHA256SUMS, as sha256sum -c reads it.
func writeSums(dist string, names []string) error {
	var sums strings.Builder
	for _, name := range slices.Sorted(slices.Values(names)) {
		data, err := os.ReadFile(filepath.Join(dist, name))
		if err != nil {
			return err
		}
		fmt.Fprintf(&sums, "%x  %s\n", sha256.Sum256(data), name)
	}
	return os.WriteFile(filepath.Join(dist, "SHA256SUMS"), []byte(sums.String()), 0o644)
}

// empty makes dist a folder without files of another release.
func empty(dist string) error {
	if err := os.MkdirAll(dist, 0o755); err != nil {
		return err
	}
	old, err := filepath.Glob(filepath.Join(dist, "mcpmount_*"))
	if err != nil {
		return err
	}
	for _, name := range append(old, filepath.Join(dist, "SHA256SUMS")) {
		if err := os.Remove(name); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return nil
}
