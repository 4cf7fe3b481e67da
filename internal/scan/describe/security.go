package describe

import (
	"cmp"
	"slices"
	"strings"

	"github.com/mcpmount/mcpmount/internal/scan"
	"github.com/mcpmount/mcpmount/internal/tree"
)

// mostRequirements bounds the alternatives of an operation that several checks with several keys make.
const mostRequirements = 16

// schemeOf returns the name of the security scheme of a key, and the scheme.
func schemeOf(k scan.Key) (name string, scheme *tree.Node) {
	if k.Scheme != "apiKey" {
		return k.Scheme + "Auth", object("type", "http", "scheme", k.Scheme)
	}
	name = strings.Map(func(r rune) rune {
		if r == '-' || r == '_' || r == '.' || '0' <= r && r <= '9' || 'A' <= r && r <= 'Z' || 'a' <= r && r <= 'z' {
			return r
		}
		return '_' // a name of a component has nothing else
	}, k.Name)
	if k.In != "header" {
		name += "-" + k.In
	}
	return name, object("type", "apiKey", "in", k.In, "name", k.Name)
}

// security returns the alternatives of what a caller of an operation has to show, or nil.
func security(op *Operation) *tree.Node {
	sets := [][]string{nil}
	for _, check := range op.Route.Checks {
		var more [][]string
		for _, set := range sets {
			for _, k := range check.Keys {
				name, _ := schemeOf(k)
				more = append(more, append(slices.Clone(set), name))
			}
			if check.Optional {
				more = append(more, set)
			}
		}
		sets = more[:min(len(more), mostRequirements)]
	}
	if len(op.Route.Checks) == 0 {
		return nil
	}
	requirements := make([]*tree.Node, len(sets))
	for i, set := range sets {
		requirements[i] = object()
		for _, name := range set {
			requirements[i] = requirements[i].With(name, tree.NewArray())
		}
	}
	return tree.NewArray(requirements...)
}

// securitySchemes returns the schemes of all operations, ordered by name.
func (a *API) securitySchemes() *tree.Node {
	var members []tree.Member
	for _, op := range a.Operations {
		for _, check := range op.Route.Checks {
			for _, k := range check.Keys {
				name, scheme := schemeOf(k)
				if !slices.ContainsFunc(members, func(m tree.Member) bool { return m.Key == name }) {
					members = append(members, tree.Member{Key: name, Value: scheme})
				}
			}
		}
	}
	slices.SortFunc(members, func(a, b tree.Member) int { return cmp.Compare(a.Key, b.Key) })
	return tree.NewObject(members...)
}
