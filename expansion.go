package mcpmount

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/mcpmount/mcpmount/internal/tree"
)

// An expansion is how a value becomes the text of a parameter: an operator of
// RFC 6570 section 3.2, or what OpenAPI 3.2, "Style Values", adds to them.
type expansion struct {
	first   string // precedes the first value
	name    string // the escaped name and "=", "" in styles without names
	between string // separates the values if explode
	delim   string // separates the values if not explode
	explode bool
	deep    bool // deepObject

	// How a text is written: alone, as one of several values, as a key.
	lone, item, key escaping

	// taken holds the escaped names that a key must not be, other than the own
	// name. It is shared and may be nil.
	taken map[string]bool
}

// append appends the expansion of v; nothing for null and what is empty.
func (x *expansion) append(dst []byte, v *tree.Node) ([]byte, error) {
	switch v.Kind {
	case tree.Null:
		return dst, nil
	case tree.Array, tree.Object:
		if x.deep {
			return x.appendDeep(dst, v)
		}
		if v.Kind == tree.Array {
			return x.appendItems(dst, v.Items)
		}
		return x.appendMembers(dst, v.Members)
	}
	return x.appendText(dst, v.Text)
}

func (x *expansion) appendText(dst []byte, text string) ([]byte, error) {
	dst = append(dst, x.first...)
	dst = append(dst, x.name...)
	return x.lone.append(dst, text)
}

// appendItems appends an array. Items that are null are left out (RFC 6570
// section 2.3).
func (x *expansion) appendItems(dst []byte, items []*tree.Node) ([]byte, error) {
	first := true
	var err error
	for _, item := range items {
		if item.Is(tree.Null) {
			continue
		}
		switch {
		case first:
			dst = append(dst, x.first...)
			dst = append(dst, x.name...)
		case x.explode:
			dst = append(dst, x.between...)
			dst = append(dst, x.name...)
		default:
			dst = append(dst, x.delim...)
		}
		first = false
		if dst, err = x.item.append(dst, valueText(item)); err != nil {
			return dst, err
		}
	}
	return dst, nil
}

// appendMembers appends an object. Members that are null are left out.
func (x *expansion) appendMembers(dst []byte, members []tree.Member) ([]byte, error) {
	first := true
	for _, m := range members {
		if m.Value.Is(tree.Null) {
			continue
		}
		switch {
		case !first && x.explode:
			dst = append(dst, x.between...)
		case !first:
			dst = append(dst, x.delim...)
		default:
			dst = append(dst, x.first...)
			if !x.explode {
				dst = append(dst, x.name...)
			}
		}
		first = false
		var err error
		if dst, err = x.appendMember(dst, m); err != nil {
			return dst, fmt.Errorf("member %s %w", quoteShort(m.Key), err)
		}
	}
	return dst, nil
}

func (x *expansion) appendMember(dst []byte, m tree.Member) ([]byte, error) {
	start := len(dst)
	dst, err := x.key.append(dst, m.Key)
	if err != nil {
		return dst, err
	}
	if x.explode {
		if err := x.checkKey(dst[start:]); err != nil {
			return dst, err
		}
		dst = append(dst, '=')
	} else {
		dst = append(dst, x.delim...)
	}
	return x.item.append(dst, valueText(m.Value))
}

// checkKey refuses an escaped key that another parameter has as its name, or
// that a server could take for an element of it: "name[]".
func (x *expansion) checkKey(key []byte) error {
	name, _, _ := bytes.Cut(key, []byte("%5B"))
	if x.isTaken(key) || x.isTaken(name) {
		return errors.New("is another parameter of the operation; give it in its own argument")
	}
	return nil
}

func (x *expansion) isTaken(name []byte) bool {
	return x.taken[string(name)] && string(name)+"=" != x.name
}

// maxDeepObject bounds the nesting of a deepObject parameter. Servers stop
// earlier: qs at five levels.
const maxDeepObject = 32

// appendDeep appends "name[key]=value" for each primitive in v. OpenAPI 3.2
// defines that for objects of primitives. Beyond it, what qs, Rack, PHP and
// Stripe read alike: "name[a][b]=1" for objects, "name[]=1" for primitives in
// arrays, and "name[0][a]=1" for what is nested in arrays.
func (x *expansion) appendDeep(dst []byte, v *tree.Node) ([]byte, error) {
	w := deepWriter{expansion: x}
	err := w.write([]byte(strings.TrimSuffix(x.name, "=")), v, 0)
	return append(dst, w.dst...), err // dst itself may be on the stack
}

type deepWriter struct {
	*expansion
	dst []byte
}

// write writes v under the escaped key path.
func (w *deepWriter) write(path []byte, v *tree.Node, depth int) error {
	if depth > maxDeepObject {
		return fmt.Errorf("is nested more than %d levels deep", maxDeepObject)
	}
	switch v.Kind {
	case tree.Null:
		return nil
	case tree.Array:
		return w.writeItems(path, v.Items, depth)
	case tree.Object:
		return w.writeMembers(path, v.Members, depth)
	}
	return w.writeLeaf(path, v.Text)
}

func (w *deepWriter) writeItems(path []byte, items []*tree.Node, depth int) error {
	for i, item := range items {
		key := append(path, "%5B"...)
		if item.Is(tree.Array) || item.Is(tree.Object) {
			key = strconv.AppendInt(key, int64(i), 10)
		}
		if err := w.write(append(key, "%5D"...), item, depth+1); err != nil {
			return err
		}
	}
	return nil
}

func (w *deepWriter) writeMembers(path []byte, members []tree.Member, depth int) error {
	for _, m := range members {
		key, err := w.key.append(append(path, "%5B"...), m.Key)
		if err == nil {
			err = w.write(append(key, "%5D"...), m.Value, depth+1)
		}
		if err != nil {
			return fmt.Errorf("member %s %w", quoteShort(m.Key), err)
		}
	}
	return nil
}

func (w *deepWriter) writeLeaf(path []byte, text string) error {
	if len(w.dst) > 0 {
		w.dst = append(w.dst, w.between...)
	}
	if err := w.checkKey(path); err != nil {
		return err
	}
	w.dst = append(w.dst, path...)
	w.dst = append(w.dst, '=')
	var err error
	w.dst, err = w.item.append(w.dst, text)
	return err
}
