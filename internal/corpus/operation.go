package main

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// An operation is a document of one operation, with what concerns its requests:
// responses, callbacks and security are left out.
type operation struct {
	document map[string]any
	base     string // the path that precedes that of the operation
}

// operation returns the operation with a method and a path of the document.
func (b *bundle) operation(method, path string) (*operation, error) {
	item, err := b.follow(b.root().member("paths").member(path))
	if err != nil {
		return nil, err
	}
	if item.object() == nil {
		return nil, fmt.Errorf("no path %q", path)
	}
	additional := false
	source := item.member(strings.ToLower(method))
	if source.value == nil {
		additional = true
		source = item.member("additionalOperations").member(method)
	}
	if source, err = b.follow(source); err != nil || source.object() == nil {
		return nil, cmpError(err, fmt.Errorf("no operation %s %q", method, path))
	}
	if version, ok := b.root().object()["swagger"].(string); ok {
		return b.swaggerOperation(version, method, path, item, source)
	}
	return b.openAPIOperation(method, path, item, source, additional)
}

func (b *bundle) openAPIOperation(method, path string, item, source place, additional bool) (*operation, error) {
	c := newSchemaCopier(b, "#/components/schemas/")
	own := map[string]any{"responses": map[string]any{"default": map[string]any{"description": ""}}}
	parameters, err := c.parameters(item, source)
	if err != nil {
		return nil, err
	}
	if len(parameters) > 0 {
		own["parameters"] = parameters
	}
	if body := source.member("requestBody"); body.value != nil {
		if body, err = b.follow(body); err != nil {
			return nil, err
		}
		own["requestBody"] = c.content(body)
	}
	key := map[string]any{strings.ToLower(method): own}
	if additional {
		key = map[string]any{"additionalOperations": map[string]any{method: own}}
	}
	return &operation{
		document: map[string]any{
			"openapi":    b.root().object()["openapi"],
			"info":       map[string]any{"title": "", "version": ""},
			"paths":      map[string]any{path: key},
			"components": map[string]any{"schemas": c.results},
		},
		base: b.base(item, source),
	}, c.failed
}

func (b *bundle) swaggerOperation(version, method, path string, item, source place) (*operation, error) {
	c := newSchemaCopier(b, "#/definitions/")
	parameters, err := c.parameters(item, source)
	if err != nil {
		return nil, err
	}
	own := map[string]any{"parameters": parameters, "responses": map[string]any{"default": map[string]any{"description": ""}}}
	if consumes, ok := source.object()["consumes"]; ok {
		own["consumes"] = consumes
	} else if consumes, ok := b.root().object()["consumes"]; ok {
		own["consumes"] = consumes
	}
	base, _ := b.root().object()["basePath"].(string)
	return &operation{
		document: map[string]any{
			"swagger":     version,
			"info":        map[string]any{"title": "", "version": ""},
			"paths":       map[string]any{path: map[string]any{strings.ToLower(method): own}},
			"definitions": c.results,
		},
		base: strings.TrimRight(base, "/"),
	}, c.failed
}

// parameters returns copies of the parameters of a path item that an operation
// does not replace, and of those of the operation.
func (c *schemaCopier) parameters(item, source place) ([]any, error) {
	var all []any
	position := map[string]int{}
	for _, owner := range []place{item, source} {
		list, _ := owner.object()["parameters"].([]any)
		for _, value := range list {
			p, err := c.follow(place{owner.file, value})
			if err != nil {
				return nil, err
			}
			key := fmt.Sprint(p.object()["in"], " ", p.object()["name"])
			copied := withoutNull(c.content(p))
			if i, ok := position[key]; ok {
				all[i] = copied
				continue
			}
			position[key] = len(all)
			all = append(all, copied)
		}
	}
	return all, nil
}

// withoutNull returns a parameter whose schema does not have null as an
// alternative: no parameter can be null, and kin-openapi takes the first
// alternative for what was sent.
func withoutNull(v any) any {
	parameter, _ := v.(map[string]any)
	schema, _ := parameter["schema"].(map[string]any)
	for _, keyword := range [...]string{"oneOf", "anyOf"} {
		branches, ok := schema[keyword].([]any)
		if !ok {
			continue
		}
		schema[keyword] = slices.DeleteFunc(branches, func(branch any) bool {
			object, _ := branch.(map[string]any)
			return object["type"] == "null"
		})
	}
	return v
}

// content returns a copy of a Parameter, Request Body or Media Type Object,
// without examples, which may be references.
func (c *schemaCopier) content(p place) any {
	return c.members(p, func(key string, p place) any {
		switch key {
		case "schema", "items":
			return c.schema(p)
		case "content":
			return c.members(p, func(_ string, p place) any {
				media, err := c.follow(p)
				if err != nil {
					c.failed = err
				}
				return c.content(media)
			})
		case "example", "examples":
			return nil
		case "encoding":
			return c.members(p, func(_ string, p place) any {
				return c.members(p, func(key string, p place) any {
					if key == "headers" {
						return nil
					}
					return p.value
				})
			})
		}
		return p.value
	})
}

// base returns the path of the first server.
func (b *bundle) base(item, source place) string {
	for _, owner := range []place{source, item, b.root()} {
		servers, _ := owner.object()["servers"].([]any)
		if len(servers) == 0 {
			continue
		}
		server, _ := servers[0].(map[string]any)
		path, err := serverPath(server)
		if err != nil {
			return ""
		}
		return path
	}
	return ""
}

// serverPath returns the path of a Server Object with the defaults of its
// variables.
func serverPath(server map[string]any) (string, error) {
	address, _ := server["url"].(string)
	variables, _ := server["variables"].(map[string]any)
	for name := range variables {
		variable, _ := variables[name].(map[string]any)
		address = strings.ReplaceAll(address, "{"+name+"}", fmt.Sprint(variable["default"]))
	}
	u, err := url.Parse(address)
	if err != nil {
		return "", errors.New("no server URL")
	}
	return strings.TrimRight(u.EscapedPath(), "/"), nil
}
