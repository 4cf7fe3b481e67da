package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// A module is one that a binary has code of.
type module struct {
	path, version string
	sum           string // as go.sum has it, "" for the standard library
	licences      []string
	texts         []file // its licences and notices
}

// modules returns what is in a binary besides mcpmount itself, by path, the standard
// library first.
func (s *source) modules(ctx context.Context, b *binary) ([]*module, error) {
	root, err := command(ctx, s.dir, b.platform.environment(), "go", "env", "GOROOT")
	if err != nil {
		return nil, err
	}
	listed, err := command(ctx, s.dir, b.platform.environment(), "go", "list", "-deps", "-f", "{{with .Module}}{{.Path}}\t{{.Dir}}{{end}}", "./cmd/mcpmount")
	if err != nil {
		return nil, err
	}
	folders := map[string]string{}
	for line := range strings.Lines(listed) {
		path, dir, _ := strings.Cut(strings.TrimSpace(line), "\t")
		folders[path] = dir
	}
	list := []*module{{path: "stdlib", version: strings.TrimPrefix(b.info.GoVersion, "go")}}
	folders["stdlib"] = root
	for _, dep := range b.info.Deps {
		list = append(list, &module{path: dep.Path, version: dep.Version, sum: dep.Sum})
	}
	for _, m := range list {
		if err := m.readLicences(folders[m.path]); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// readLicences reads the files of a module that say under which terms it may be passed on.
func (m *module) readLicences(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("%s: %w", m.path, err)
	}
	for _, e := range entries {
		name := strings.ToUpper(e.Name())
		isLicence := strings.HasPrefix(name, "LICEN") || strings.HasPrefix(name, "COPYING")
		if !e.Type().IsRegular() || !isLicence && !strings.HasPrefix(name, "NOTICE") && !strings.HasPrefix(name, "PATENTS") {
			continue
		}
		data, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			return err
		}
		m.texts = append(m.texts, file{e.Name(), 0o644, data})
		if isLicence {
			m.licences = append(m.licences, licencesIn(data)...)
		}
	}
	slices.Sort(m.licences)
	m.licences = slices.Compact(m.licences)
	if len(m.licences) == 0 {
		return fmt.Errorf("%s: no licence that is known in %s: nothing of it may be passed on", m.path, dir)
	}
	return nil
}

// licencesIn returns the SPDX identifiers of the licences in a text, each known by words
// that only it has.
func licencesIn(text []byte) (found []string) {
	words := strings.ToLower(strings.Join(strings.Fields(string(text)), " "))
	for _, l := range []struct{ id, has, hasNot string }{
		{"MIT", "permission is hereby granted, free of charge, to any person obtaining a copy", "x consortium"},
		{"Apache-2.0", "apache license version 2.0, january 2004", ""},
		{"BSD-3-Clause", "neither the name of", "all advertising materials"},
		{"BSD-2-Clause", "redistributions in binary form must reproduce the above copyright notice", "neither the name of"},
		{"ISC", "permission to use, copy, modify, and/or distribute this software for any purpose with or without fee", ""},
		{"MPL-2.0", "mozilla public license version 2.0", ""},
	} {
		if strings.Contains(words, l.has) && (l.hasNot == "" || !strings.Contains(words, l.hasNot)) {
			found = append(found, l.id)
		}
	}
	return found
}

// notices returns the licences of all modules in one text, which has to go with the binary.
func notices(modules []*module) []byte {
	var b bytes.Buffer
	b.WriteString("What the binary has of others, and under which licences.\n")
	for _, m := range modules {
		for _, text := range m.texts {
			line := strings.Repeat("=", 80)
			fmt.Fprintf(&b, "\n%s\n%s %s: %s\n%s\n\n%s\n", line, m.path, m.version, text.name, line, bytes.TrimSpace(text.data))
		}
	}
	return b.Bytes()
}
