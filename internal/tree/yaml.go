package tree

import (
	"fmt"

	"go.yaml.in/yaml/v4"
)

// A yamlReader turns the nodes of the YAML library into a tree.
type yamlReader struct {
	builder
	source  yamlSource
	anchors map[*yaml.Node]*anchor
	merged  int
}

// maxMerged bounds the members that merge keys add. They are copied, so that a
// small document could have as many as the square of its length.
const maxMerged = 1_000_000

// An anchor is a value that aliases can refer to.
type anchor struct {
	node   *Node // nil while it is being read
	size   size
	height int // 0 for a scalar, 1 for an array of scalars
}

// parseYAML reads the first document of a YAML 1.2 stream. Text is valid UTF-8.
func parseYAML(text string, l Limits, problems *problems) (*Node, error) {
	source, err := newYAMLSource(text, problems)
	if err != nil {
		return nil, err
	}
	root, err := source.load(l, problems)
	if err != nil {
		return nil, err
	}
	r := yamlReader{
		source:  source,
		anchors: map[*yaml.Node]*anchor{},
	}
	r.start(len(text), l, problems)
	n, _, err := r.value(root)
	return n, err
}

// value returns the tree of y and its height. All aliases of a value return the
// one node of it. It is mostly there before them, but not if it is in a key, or
// in what is merged.
func (r *yamlReader) value(y *yaml.Node) (*Node, int, error) {
	at := y
	if y.Kind == yaml.AliasNode {
		y = y.Alias
	}
	if y.Anchor == "" {
		return r.content(y)
	}
	if a := r.anchors[y]; a != nil {
		return r.again(a, at)
	}
	a := &anchor{}
	r.anchors[y] = a
	before := r.size
	n, height, err := r.content(y)
	*a = anchor{n, r.size.minus(before), height}
	return n, height, err
}

// again returns the value of an anchor once more, and counts it as a copy.
func (r *yamlReader) again(a *anchor, at *yaml.Node) (*Node, int, error) {
	switch {
	case a.node == nil:
		return nil, 0, fmt.Errorf("%s: the alias %s is inside of what it refers to", r.place(at), quote(at.Value))
	case !r.grow(a.size):
		return nil, 0, r.limits.tooLarge(r.place(at))
	case r.tooDeep(a.height):
		return nil, 0, r.limits.nestedTooDeep(r.place(at))
	}
	return a.node, a.height, nil
}

func (r *yamlReader) content(y *yaml.Node) (*Node, int, error) {
	if !r.grow(size{1, len(y.Value)}) {
		return nil, 0, r.limits.tooLarge(r.place(y))
	}
	switch y.Kind {
	case yaml.SequenceNode:
		return r.sequence(y)
	case yaml.MappingNode:
		return r.mapping(y)
	}
	return r.scalarValue(y), 0, nil
}

func (r *yamlReader) sequence(y *yaml.Node) (*Node, int, error) {
	a := r.openArray()
	if r.tooDeep(0) {
		return nil, 0, r.limits.nestedTooDeep(r.place(y))
	}
	height := 0
	for _, item := range y.Content {
		n, h, err := r.value(item)
		if err != nil {
			return nil, 0, err
		}
		height = max(height, h)
		r.append(n)
	}
	return r.closeArray(a), height + 1, nil
}

// mapping reads a mapping. What it merges comes after its own members, which
// hence win.
func (r *yamlReader) mapping(y *yaml.Node) (*Node, int, error) {
	o := r.openObject()
	if r.tooDeep(0) {
		return nil, 0, r.limits.nestedTooDeep(r.place(y))
	}
	height := 0
	var merges []*yaml.Node
	for i := 0; i+1 < len(y.Content); i += 2 {
		if isMergeKey(y.Content[i]) {
			merges = append(merges, y.Content[i+1])
			continue
		}
		h, err := r.member(&o, y.Content[i], y.Content[i+1])
		if err != nil {
			return nil, 0, err
		}
		height = max(height, h)
	}
	for _, source := range merges {
		h, err := r.merge(&o, source)
		if err != nil {
			return nil, 0, err
		}
		height = max(height, h)
	}
	return r.closeObject(o), height + 1, nil
}

func (r *yamlReader) member(o *openObject, key, value *yaml.Node) (int, error) {
	text, ok := r.keyText(key)
	if !ok {
		r.problems.add(r.path[:len(r.path)-1], "%s: a key is an array or an object; the member is left out", r.place(key))
		return 0, nil
	}
	if !r.grow(size{bytes: len(text)}) {
		return 0, r.limits.tooLarge(r.place(key))
	}
	r.key(text)
	n, height, err := r.value(value)
	if err != nil {
		return 0, err
	}
	if !r.set(o, text, n) {
		r.duplicate(text)
	}
	return height, nil
}

// keyText returns a key as it is written, whatever type it would have as a
// value: 200 and "200" are one key.
func (r *yamlReader) keyText(y *yaml.Node) (string, bool) {
	if y.Kind == yaml.AliasNode {
		y = y.Alias
	}
	if y.Kind != yaml.ScalarNode {
		return "", false
	}
	return y.Value, true
}

const mergeTag = "!!merge"

// isMergeKey reports whether y is the key << (https://yaml.org/type/merge.html).
func isMergeKey(y *yaml.Node) bool {
	return y.Kind == yaml.ScalarNode && y.Tag == mergeTag
}

// merge adds the members of an object, or of each object of an array, that o
// does not have: of two objects the earlier one wins. It returns the height of
// the highest one.
func (r *yamlReader) merge(o *openObject, source *yaml.Node) (int, error) {
	r.key("<<")
	n, height, err := r.value(source)
	if err != nil {
		return 0, err
	}
	objects := []*Node{n}
	if n.Kind == Array {
		objects = n.Items
		height--
	}
	for _, object := range objects {
		if object.Kind != Object {
			r.problems.add(r.path, "only objects can be merged; what is not one is ignored")
			continue
		}
		if r.merged += len(object.Members); r.merged > maxMerged {
			return 0, &LimitError{r.place(source), fmt.Sprintf("merge keys add more than %d members", maxMerged)}
		}
		for key, value := range object.All() {
			if r.find(o, key) < 0 {
				r.set(o, key, value)
			}
		}
	}
	return height - 1, nil
}

func (r *yamlReader) place(y *yaml.Node) string {
	return r.source.place(y.Line, y.Column)
}
