// Package overlay changes a document as an OpenAPI Overlay says, version 1.0 or 1.1.
package overlay

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/mcpmount/mcpmount/internal/jsonpath"
	"github.com/mcpmount/mcpmount/internal/spelling"
	"github.com/mcpmount/mcpmount/internal/tree"
)

// What an overlay may cost.
const (
	maxActions = 10_000

	// maxSteps bounds the values that one action looks at, mostSteps those of all of
	// them: a document of 16 MiB has about a million.
	maxSteps  = 8_000_000
	mostSteps = 400_000_000
)

// An Overlay is a list of actions. It is immutable, and safe for concurrent use.
type Overlay struct {
	actions []action
}

// A Note says of an action what is worth knowing, and is no error.
type Note struct {
	Pointer string // of the action in the overlay (RFC 6901)
	Message string
}

// An action is an Action Object.
type action struct {
	index  int
	text   string // the target as it is written
	target *jsonpath.Path
	remove bool
	copy   *jsonpath.Path // nil unless it copies
	update *tree.Node     // nil unless it updates
}

// Parse reads an overlay, as JSON or YAML. Its errors say which action is wrong.
// What could be read all the same is in the problems.
func Parse(data []byte) (*Overlay, []tree.Problem, error) {
	root, found, err := tree.Parse(data, tree.Limits{})
	if err != nil {
		return nil, nil, err
	}
	version := root.Get("overlay").Str()
	feature, minor := version, ""
	if parts := strings.SplitN(version, ".", 3); len(parts) > 1 {
		feature, minor = parts[0], parts[1]
	}
	switch {
	case version == "":
		return nil, nil, errors.New("it is no overlay: the key overlay with its version, such as 1.1.0, is missing")
	case feature != "1" || minor != "0" && minor != "1":
		return nil, nil, fmt.Errorf("overlays of version %s are not known; 1.0 and 1.1 are", strconv.Quote(version))
	}
	if err := known(root, "overlay", "info", "extends", "actions"); err != nil {
		return nil, nil, err
	}
	list := root.Get("actions")
	switch {
	case !list.Is(tree.Array) || len(list.Items) == 0:
		return nil, nil, errors.New("it has no actions")
	case len(list.Items) > maxActions:
		return nil, nil, fmt.Errorf("it has more than %d actions", maxActions)
	}
	o := &Overlay{}
	for i, item := range list.Items {
		a, err := parseAction(item, minor == "0")
		if err != nil {
			return nil, nil, fmt.Errorf("actions[%d]: %w", i, err)
		}
		a.index = i
		o.actions = append(o.actions, a)
	}
	return o, found, nil
}

func parseAction(n *tree.Node, old bool) (action, error) {
	if !n.Is(tree.Object) {
		return action{}, errors.New("an action is a map with a target")
	}
	if err := known(n, "target", "description", "update", "remove", "copy"); err != nil {
		return action{}, err
	}
	a := action{text: n.Get("target").Str(), remove: n.Get("remove").True(), update: n.Get("update")}
	if r := n.Get("remove"); r != nil && !r.Is(tree.Bool) {
		return a, errors.New("remove is true or false")
	}
	var err error
	if a.target, err = parsePath("target", n.Get("target")); err != nil {
		return a, err
	}
	if from := n.Get("copy"); from != nil {
		if old {
			return a, errors.New("copy needs overlay: 1.1.0")
		}
		if a.copy, err = parsePath("copy", from); err != nil {
			return a, err
		}
	}
	if !a.remove && a.copy != nil && a.update != nil {
		return a, errors.New("it has update and copy; split it into two actions")
	}
	if !a.remove && a.copy == nil && a.update == nil {
		return a, errors.New("it has neither update, remove nor copy")
	}
	return a, nil
}

func parsePath(key string, n *tree.Node) (*jsonpath.Path, error) {
	if !n.Is(tree.String) {
		return nil, fmt.Errorf("%s must be a JSONPath (RFC 9535), such as $.paths['/orders'].get", key)
	}
	p, err := jsonpath.Parse(n.Text)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", key, quote(n.Text), err)
	}
	return p, nil
}

// known returns an error if n has a key that does not belong there: it would do
// nothing.
func known(n *tree.Node, keys ...string) error {
	for key := range n.All() {
		ok := strings.HasPrefix(key, "x-")
		for _, k := range keys {
			ok = ok || k == key
		}
		if !ok {
			return fmt.Errorf("there is no key %s%s", quote(key), spelling.DidYouMean(key, keys))
		}
	}
	return nil
}

// Apply returns root as the actions change it, one after the other. The notes say
// which actions selected nothing. An error names the action; nothing is changed then.
func (o *Overlay) Apply(root *tree.Node) (*tree.Node, []Note, error) {
	var notes []Note
	left := mostSteps
	for _, a := range o.actions {
		next, found, err := a.apply(root, &left)
		if err != nil {
			return nil, nil, fmt.Errorf("actions[%d], target %s: %w", a.index, quote(a.text), err)
		}
		if !found {
			notes = append(notes, Note{
				Pointer: "/actions/" + strconv.Itoa(a.index),
				Message: fmt.Sprintf("the target %s selects nothing in the document; the action does nothing", quote(a.text)),
			})
		}
		root = next
	}
	return root, notes, nil
}

// apply returns root after the action, and whether its target selected anything.
// The steps it takes come off left.
func (a *action) apply(root *tree.Node, left *int) (changed *tree.Node, found bool, err error) {
	places, err := selectFrom(a.target, root, left)
	if err != nil || len(places) == 0 {
		return root, false, err
	}
	edits := &edit{}
	for _, place := range places {
		if a.remove && place.Parent == nil {
			return nil, true, errors.New("the document itself cannot be removed")
		}
		edits.at(place).selected = true
	}
	if a.remove {
		return remove(root, edits), true, nil
	}
	value := a.update
	if a.copy != nil {
		from, err := selectFrom(a.copy, root, left)
		if err != nil {
			return nil, true, err
		}
		if len(from) != 1 {
			return nil, true, fmt.Errorf("copy selects %d values, and must select one", len(from))
		}
		value = from[0].Node
	}
	if err := alike(places); err != nil {
		return nil, true, err
	}
	changed, err = update(root, edits, value)
	return changed, true, err
}

func selectFrom(p *jsonpath.Path, root *tree.Node, left *int) ([]*jsonpath.Location, error) {
	steps := min(*left, maxSteps)
	before := steps
	places, err := p.Select(root, &steps)
	*left -= before - steps
	return places, err
}

// alike returns an error unless all places have objects, all have arrays, or none
// has any: Overlay 1.1, Action Object.
func alike(places []*jsonpath.Location) error {
	first := places[0]
	for _, place := range places {
		if shape(place.Node) != shape(first.Node) {
			return fmt.Errorf("it selects values of different kinds: %s at %s, %s at %s",
				shape(first.Node), quote(first.Pointer()), shape(place.Node), quote(place.Pointer()))
		}
	}
	return nil
}

// shape says what a node is to an update.
func shape(n *tree.Node) string {
	switch {
	case n.Is(tree.Object):
		return "a map"
	case n.Is(tree.Array):
		return "a list"
	}
	return "a single value"
}

// quote returns s quoted and short enough for a message.
func quote(s string) string {
	const most = 120
	if r := []rune(s); len(r) > most {
		s = string(r[:most]) + "…"
	}
	return strconv.Quote(s)
}
