package describe

import (
	"fmt"
	"go/constant"
	"go/types"
	"slices"
	"strings"

	"github.com/mcpmount/mcpmount/internal/tree"
)

// mostEnum bounds the constants of a type that is listed.
const mostEnum = 100

// withEnum adds to the schema of t the constants that its package has of it. Those of strings
// are the values that it takes. Those of integers, which are often flags or limits, are told.
func (s *schemas) withEnum(schema *tree.Node, t types.Type) *tree.Node {
	n, ok := t.(*types.Named)
	if !ok {
		return schema
	}
	constants := constantsOf(n)
	if len(constants) < 2 || len(constants) > mostEnum {
		return schema
	}
	basic, _ := n.Underlying().(*types.Basic)
	switch {
	case basic.Info()&types.IsString != 0 && customSchema(t) == nil:
		var values []*tree.Node
		seen := map[string]bool{}
		for _, c := range constants {
			if text := constant.StringVal(c.Val()); !seen[text] {
				seen[text] = true
				values = append(values, tree.NewString(text))
			}
		}
		return schema.With("enum", tree.NewArray(values...))
	case basic.Info()&types.IsInteger != 0 && schema.Get("type").Str() == "integer":
		var names []string
		for _, c := range constants {
			names = append(names, fmt.Sprintf("%s: %s", c.Val().ExactString(), c.Name()))
		}
		return schema.With("description", tree.NewString(strings.Join(names, ", ")))
	}
	return schema
}

// constantsOf returns the constants of type n that its package declares, in their order,
// if it is the package's own basic type.
func constantsOf(n *types.Named) []*types.Const {
	if _, ok := n.Underlying().(*types.Basic); !ok || n.Obj().Pkg() == nil {
		return nil
	}
	scope := n.Obj().Pkg().Scope()
	var constants []*types.Const
	for _, name := range scope.Names() {
		if c, ok := scope.Lookup(name).(*types.Const); ok && types.Identical(c.Type(), n) {
			constants = append(constants, c)
		}
	}
	slices.SortStableFunc(constants, func(a, b *types.Const) int { return int(a.Pos()) - int(b.Pos()) })
	return constants
}
