package reduce

import "strings"

// Paths returns paths of members of v, most of them up to two steps deep, and no more than
// most; those of arrays are of their first item.
func (v Value) Paths(most int) (paths []string) {
	v.eachMember(0, func(key string, value int) bool {
		if isContainer(v.data[value]) {
			begin := key
			if v.data[value] == '[' {
				begin += "/*"
			}
			before := len(paths)
			v.eachMember(value, func(inner string, _ int) bool {
				paths = append(paths, begin+"/"+inner)
				return len(paths) < most
			})
			if len(paths) > before {
				return len(paths) < most
			}
		}
		paths = append(paths, key)
		return len(paths) < most
	})
	return paths
}

// eachMember calls yield with the members of the object at pos, or of the first item of an
// array there: the key as it is in a path, and where the value is.
func (v Value) eachMember(pos int, yield func(key string, value int) bool) {
	prefix := ""
	if v.data[pos] == '[' {
		if pos == 0 {
			prefix = "*/"
		}
		pos++
	}
	if v.data[pos] != '{' {
		return
	}
	for pos++; v.data[pos] != '}'; {
		value := stringEnd(v.data, pos) + 1
		key := keyText(v.data[pos : value-1])
		if len(key) > mostKey {
			key = Text(key, mostKey) + ellipsis
		}
		if !yield(prefix+escape.Replace(key), value) {
			return
		}
		if pos = valueEnd(v.data, value); v.data[pos] == ',' {
			pos++
		}
	}
}

var escape = strings.NewReplacer("~", "~0", "/", "~1", "*", "~2")
