package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"path"
	"regexp"
	"strconv"
	"strings"

	"github.com/oasdiff/yaml"
	yaml3 "github.com/oasdiff/yaml3"
)

// A bundle is a document of one or more files as plain values, read without the
// library: what a judge goes by.
type bundle struct {
	fsys  fs.FS
	entry string
	files map[string]any
}

func newBundle(fsys fs.FS, entry string) (*bundle, error) {
	b := &bundle{fsys: fsys, entry: entry, files: map[string]any{}}
	_, err := b.file(entry)
	return b, err
}

// A place is a value in one of the files.
type place struct {
	file  string
	value any
}

func (p place) object() map[string]any {
	object, _ := p.value.(map[string]any)
	return object
}

// member returns a member of the object at p, or nothing.
func (p place) member(name string) place { return place{p.file, p.object()[name]} }

func (b *bundle) root() place { return place{b.entry, b.files[b.entry]} }

// file reads a file, as JSON or else as YAML.
func (b *bundle) file(name string) (any, error) {
	if v, ok := b.files[name]; ok {
		return v, nil
	}
	data, err := fs.ReadFile(b.fsys, name)
	if err != nil {
		return nil, err
	}
	v, err := decode(bytes.TrimPrefix(data, []byte("\ufeff")))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	b.files[name] = v
	return v, nil
}

func decode(data []byte) (any, error) {
	if !json.Valid(data) {
		converted, err := toJSON(data)
		if err != nil {
			return nil, err
		}
		data = converted
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var v any
	err := d.Decode(&v)
	return v, err
}

// toJSON converts YAML. Of a key that is there twice, the last value counts.
func toJSON(data []byte) ([]byte, error) {
	converted, strict := yaml.YAMLToJSON(data)
	if strict == nil {
		return converted, nil
	}
	var document yaml3.Node
	if err := yaml3.Unmarshal(data, &document); err != nil {
		return nil, err
	}
	dropDuplicates(&document)
	data, err := yaml3.Marshal(&document)
	if err != nil {
		return nil, err
	}
	if converted, err = yaml.YAMLToJSON(data); err != nil {
		return nil, strict
	}
	return converted, nil
}

func dropDuplicates(n *yaml3.Node) {
	for _, child := range n.Content {
		dropDuplicates(child)
	}
	if n.Kind != yaml3.MappingNode {
		return
	}
	position := map[string]int{}
	var kept []*yaml3.Node
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if at, ok := position[key.Value]; ok && key.Kind == yaml3.ScalarNode {
			kept[at+1] = value
			continue
		}
		position[key.Value] = len(kept)
		kept = append(kept, key, value)
	}
	n.Content = kept
}

// target returns the file and the pointer of a reference in a file.
func target(from, ref string) (file, pointer string, err error) {
	name, fragment, _ := strings.Cut(ref, "#")
	if strings.Contains(name, "://") {
		return "", "", fmt.Errorf("%s is outside of the document", ref)
	}
	if fragment, err = url.PathUnescape(fragment); err != nil {
		return "", "", err
	}
	file = from
	if name != "" {
		file = path.Join(path.Dir(from), name)
	}
	return file, fragment, nil
}

// find returns the place that a reference in a file is to.
func (b *bundle) find(from, ref string) (place, error) {
	file, pointer, err := target(from, ref)
	if err != nil {
		return place{}, err
	}
	v, err := b.file(file)
	if err != nil {
		return place{}, err
	}
	for _, key := range strings.Split(pointer, "/")[1:] {
		key = strings.NewReplacer("~1", "/", "~0", "~").Replace(key)
		switch parent := v.(type) {
		case map[string]any:
			v = parent[key]
		case []any:
			i, err := strconv.Atoi(key)
			if err != nil || i < 0 || i >= len(parent) {
				return place{}, fmt.Errorf("%s leads nowhere", ref)
			}
			v = parent[i]
		default:
			v = nil
		}
		if v == nil {
			return place{}, fmt.Errorf("%s leads nowhere", ref)
		}
	}
	return place{file, v}, nil
}

// follow returns p, or what it refers to.
func (b *bundle) follow(p place) (place, error) {
	for range 16 {
		ref, ok := p.object()["$ref"].(string)
		if !ok {
			return p, nil
		}
		var err error
		if p, err = b.find(p.file, ref); err != nil {
			return p, err
		}
	}
	return p, errors.New("references lead in a circle")
}

// A schemaCopier copies schemas into one document: each that is referred to
// becomes a definition of its own.
type schemaCopier struct {
	*bundle
	prefix  string // of references: "#/components/schemas/"
	names   map[string]string
	taken   map[string]bool
	results map[string]any
	failed  error
}

func newSchemaCopier(b *bundle, prefix string) *schemaCopier {
	return &schemaCopier{bundle: b, prefix: prefix, names: map[string]string{}, taken: map[string]bool{}, results: map[string]any{}}
}

// literals are the keywords whose value is no schema, whatever it looks like.
var literals = map[string]bool{"const": true, "default": true, "enum": true, "example": true, "examples": true}

// schema returns a copy of the schema at p, its references rewritten.
func (c *schemaCopier) schema(p place) any {
	switch v := p.value.(type) {
	case map[string]any:
		if ref, ok := v["$ref"].(string); ok {
			return c.referring(p, ref)
		}
		return c.members(p, func(key string, p place) any {
			switch {
			case key == "examples":
				return nil // which says nothing about validity, and is often no list
			case literals[key]:
				return p.value
			case key == "properties" || key == "patternProperties" || key == "$defs" || key == "definitions" || key == "dependentSchemas":
				return c.members(p, func(_ string, p place) any { return c.schema(p) })
			case key == "discriminator":
				return c.discriminator(p)
			}
			return c.schema(p)
		})
	case []any:
		copied := make([]any, len(v))
		for i := range v {
			copied[i] = c.schema(place{p.file, v[i]})
		}
		return copied
	}
	return p.value
}

// members returns a copy of the object at p with each member replaced.
func (c *schemaCopier) members(p place, f func(key string, p place) any) any {
	object, ok := p.value.(map[string]any)
	if !ok {
		return p.value
	}
	copied := make(map[string]any, len(object))
	for key := range object {
		copied[key] = f(key, p.member(key))
	}
	return copied
}

// referring returns a copy of a reference. What stands beside it holds too in
// OpenAPI 3.1, and is ignored before.
func (c *schemaCopier) referring(p place, ref string) any {
	if _, err := c.find(p.file, ref); err != nil {
		return map[string]any{} // nobody knows what was meant
	}
	link := map[string]any{"$ref": c.name(p.file, ref)}
	version, _ := c.root().object()["openapi"].(string)
	if len(p.object()) == 1 || !atLeast31(version) {
		return link
	}
	rest := make(map[string]any, len(p.object()))
	for key, value := range p.object() {
		if key != "$ref" {
			rest[key] = value
		}
	}
	return map[string]any{"allOf": []any{link, c.schema(place{p.file, rest})}}
}

func atLeast31(version string) bool {
	return strings.HasPrefix(version, "3.") && !strings.HasPrefix(version, "3.0")
}

var notInNames = regexp.MustCompile(`[^A-Za-z0-9._-]+`)

// name returns the new reference for a reference in a file.
func (c *schemaCopier) name(from, ref string) string {
	found, err := c.find(from, ref)
	if err != nil {
		c.failed = err
		return ref
	}
	file, pointer, _ := target(from, ref)
	key := file + "#" + pointer
	if name, ok := c.names[key]; ok {
		return c.prefix + name
	}
	base := notInNames.ReplaceAllString(path.Base(key), "_")
	name := base
	for n := 2; c.taken[name]; n++ {
		name = base + "_" + strconv.Itoa(n)
	}
	c.names[key], c.taken[name] = name, true
	c.results[name] = c.schema(found)
	return c.prefix + name
}

// discriminator returns a copy of a Discriminator Object.
func (c *schemaCopier) discriminator(p place) any {
	return c.members(p, func(key string, p place) any {
		if key != "mapping" {
			return p.value
		}
		mapping := map[string]any{}
		for key, value := range p.object() {
			ref, ok := value.(string)
			if !ok || !strings.ContainsAny(ref, "#/.") {
				mapping[key] = value
			} else if _, err := c.find(p.file, ref); err == nil {
				mapping[key] = c.name(p.file, ref)
			}
		}
		return mapping
	})
}
