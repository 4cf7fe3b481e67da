package scan

import (
	"go/ast"
	"go/constant"
	"go/types"
	"path"
	"slices"
	"strings"
)

// library evaluates functions of the standard library on texts and lists; ok is false for all others.
func (f *frame) library(x *ast.CallExpr, fn *types.Func, args []value) (results []value, ok bool) {
	if fn.Pkg() == nil || fn.Signature().Recv() != nil {
		return nil, false
	}
	name := fn.FullName()
	switch name {
	case "fmt.Sprintf":
		return []value{sprintf(f.printed(x, args))}, true
	case "fmt.Sprint":
		return []value{concat(f.printed(x, args))}, true
	case "path.Join":
		return []value{overTexts(args, func(parts []string) value { return text(path.Join(parts...)) })}, true
	case "net/url.JoinPath":
		return []value{overTexts(args, func(parts []string) value { return text(joinURL(parts)) }), null{}}, true
	case "strings.Join":
		return []value{joinList(args)}, true
	case "strings.Split", "strings.SplitSeq", "strings.Fields", "strings.FieldsSeq":
		return []value{splitText(fn.Name(), args)}, true
	case "slices.Values", "slices.All", "slices.Clone":
		return []value{firstOf(args)}, true
	case "slices.Concat":
		return []value{concatLists(args)}, true
	case "net/http.StripPrefix":
		if len(args) != 2 {
			return nil, false
		}
		strip, _ := first[text](args[0])
		return []value{&wrapped{inner: args[1], strip: strip}}, true
	}
	if fn.Pkg().Path() == "strings" || name == "path.Clean" {
		return stringsCall(fn.Name(), args)
	}
	return nil, false
}

// stringsCall evaluates a function of package strings.
func stringsCall(name string, args []value) ([]value, bool) {
	predicates := map[string]func(a, b string) bool{"HasPrefix": strings.HasPrefix, "HasSuffix": strings.HasSuffix,
		"Contains": strings.Contains, "EqualFold": strings.EqualFold}
	one := map[string]func(string) string{"ToLower": strings.ToLower, "ToUpper": strings.ToUpper, "TrimSpace": strings.TrimSpace,
		"Title": strings.ToTitle, "Clean": path.Clean}
	two := map[string]func(a, b string) string{"TrimPrefix": strings.TrimPrefix, "TrimSuffix": strings.TrimSuffix,
		"Trim": strings.Trim, "TrimLeft": strings.TrimLeft, "TrimRight": strings.TrimRight}
	if fn := predicates[name]; fn != nil && len(args) == 2 {
		a, okA := args[0].(text)
		b, okB := args[1].(text)
		if okA && okB && a.known() && b.known() {
			return []value{scalar{constant.MakeBool(fn(string(a), string(b)))}}, true
		}
		return []value{nil}, true
	}
	if fn := one[name]; fn != nil && len(args) == 1 {
		return []value{overTexts(args, func(parts []string) value {
			if !text(parts[0]).known() {
				return text(parts[0])
			}
			return text(fn(parts[0]))
		})}, true
	}
	if fn := two[name]; fn != nil && len(args) == 2 {
		return []value{overTexts(args, func(parts []string) value { return text(fn(parts[0], parts[1])) })}, true
	}
	if (name == "ReplaceAll" || name == "Replace") && len(args) >= 3 {
		return []value{overTexts(args[:3], func(parts []string) value {
			if len(parts[0])+len(parts[2])*len(parts[0]) > 4096 {
				return nil
			}
			return text(strings.ReplaceAll(parts[0], parts[1], parts[2]))
		})}, true
	}
	return nil, false
}

// overTexts applies fn to the texts that args are, each alternative with each.
func overTexts(args []value, fn func(parts []string) value) value {
	combinations := [][]string{nil}
	for _, arg := range flat(args) {
		var more [][]string
		for _, one := range alternatives(arg) {
			t, ok := one.(text)
			if !ok {
				return nil
			}
			for _, parts := range combinations {
				if len(more) < mostChoices {
					more = append(more, append(append([]string{}, parts...), string(t)))
				}
			}
		}
		combinations = more
	}
	var all value
	for i, parts := range combinations {
		if v := fn(parts); i == 0 {
			all = v
		} else {
			all = join(all, v)
		}
	}
	return all
}

// flat returns args with a list that is spread in its place.
func flat(args []value) []value {
	var all []value
	for _, arg := range args {
		if s, ok := arg.(spread); ok {
			l, ok := first[*list](s.value)
			if !ok || l.open {
				all = append(all, nil)
				continue
			}
			for _, elem := range l.elems {
				all = append(all, settled(elem))
			}
			continue
		}
		all = append(all, settled(arg))
	}
	return all
}

// joinURL is url.JoinPath for paths.
func joinURL(parts []string) string {
	joined := path.Join(parts...)
	if n := len(parts); n > 0 && strings.HasSuffix(parts[n-1], "/") && !strings.HasSuffix(joined, "/") {
		joined += "/"
	}
	return joined
}

// sprintf formats with %s, %v, %d and %q; other verbs are not known.
func sprintf(args []value) value {
	args = flat(args)
	if len(args) == 0 {
		return nil
	}
	format, ok := args[0].(text)
	if !ok {
		return nil
	}
	return overFormat(string(format), args[1:])
}

func overFormat(format string, args []value) value {
	var out value = text("")
	add := func(v value) {
		out = combine(out, v, func(a, b value) value {
			left, ok := a.(text)
			right, okRight := b.(text)
			if !ok || !okRight || len(left)+len(right) > 4096 {
				return nil
			}
			return left + right
		})
	}
	for {
		before, after, found := strings.Cut(format, "%")
		add(text(before))
		if !found {
			return out
		}
		if after == "" {
			return nil
		}
		verb := after[0]
		format = after[1:]
		switch verb {
		case '%':
			add(text("%"))
		case 's', 'v', 'd':
			if len(args) == 0 {
				return nil
			}
			add(shown(args[0]))
			args = args[1:]
		default:
			return nil
		}
	}
}

// printed returns the arguments of a call as fmt sees them: what has a String method is
// what that returns.
func (f *frame) printed(x *ast.CallExpr, args []value) []value {
	all := slices.Clone(args)
	for i, e := range x.Args {
		t := f.typeOf(e)
		if i >= len(all) || len(args) != len(x.Args) || namedType(t) == nil {
			continue
		}
		obj, _, _ := types.LookupFieldOrMethod(t, true, nil, "String")
		fn, ok := obj.(*types.Func)
		if !ok || fn.Signature().Params().Len() != 0 {
			continue
		}
		all[i] = hole(types.ExprString(e))
		fn, recv := f.m.dispatch(fn, args[i])
		if results := f.m.invoke(f.m.closureOf(fn, recv), nil, f, x); len(results) == 1 && results[0] != nil {
			all[i] = results[0]
		}
	}
	return all
}

// shown returns a value as fmt prints it.
func shown(v value) value {
	switch v := v.(type) {
	case text, choice:
		return v
	case scalar:
		return text(v.ExactString())
	}
	return hole("a formatted value")
}

func concat(args []value) value {
	return overTexts(args, func(parts []string) value { return text(strings.Join(parts, "")) })
}

// joinList is strings.Join.
func joinList(args []value) value {
	if len(args) != 2 {
		return nil
	}
	l, ok := first[*list](args[0])
	if !ok || l.open {
		return nil
	}
	return overTexts(append([]value{args[1]}, l.elems...), func(parts []string) value {
		return text(strings.Join(parts[1:], parts[0]))
	})
}

// splitText is strings.Split or strings.Fields, or an iterator over them.
func splitText(name string, args []value) value {
	t, ok := firstOf(args).(text)
	if !ok || !t.known() {
		return nil
	}
	parts := strings.Fields(string(t))
	if strings.HasPrefix(name, "Split") {
		separator, ok := lastOf(args).(text)
		if !ok || !separator.known() {
			return nil
		}
		parts = strings.Split(string(t), string(separator))
	}
	l := &list{}
	for _, part := range parts {
		l.elems = append(l.elems, text(part))
	}
	return l
}

func concatLists(args []value) value {
	all := &list{}
	for _, arg := range flat(args) {
		l, ok := first[*list](arg)
		if !ok {
			all.open = true
			continue
		}
		all.elems = append(all.elems, l.elems...)
		all.open = all.open || l.open
	}
	return all
}
