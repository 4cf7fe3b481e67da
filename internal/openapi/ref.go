package openapi

import (
	"errors"
	"fmt"
	"net/url"
	"path"
	"strings"

	"github.com/mcpmount/mcpmount/internal/tree"
)

const (
	// maxHops bounds how many references lead from one to the next.
	maxHops = 100

	// maxRef bounds the length of a reference.
	maxRef = 8 << 10
)

var errCircle = errors.New("it leads in a circle")

// follow returns the value that p refers to, or p itself if it is no reference.
// A summary and a description beside the reference replace those of the value
// (OpenAPI 3.1, Reference Object). If the reference leads nowhere, follow adds a
// problem and the value is absent.
func (l *loader) follow(p place) place {
	from := p
	for hops := 0; ; hops++ {
		ref := p.node.Get("$ref")
		if ref == nil || ref.Str() == "" {
			return l.described(p.settled(), from)
		}
		next, err := l.files.locate(p.file, ref.Str())
		if err == nil && hops >= maxHops {
			err = errCircle
		}
		if err != nil {
			l.problems.add(p.settled().child("$ref", ref), "%s leads nowhere: %v; it is left out", quote(ref.Str()), err)
			return place{file: p.file}
		}
		p = next
	}
}

// described returns p with the texts that stand beside the reference to it.
func (l *loader) described(p, reference place) place {
	if p.node == reference.node || !p.node.Is(tree.Object) {
		return p
	}
	for _, key := range []string{"summary", "description"} {
		if text := reference.node.Get(key); text.Is(tree.String) && l.spend(len(p.node.Members)) {
			p.node = p.node.With(key, text)
		}
	}
	return p
}

// locate returns where ref leads from inside of the given file.
func (f *files) locate(from *file, ref string) (place, error) {
	if known, ok := from.refs[ref]; ok {
		return known.place, known.err
	}
	if f.hops >= maxHops {
		return place{}, errCircle
	}
	// A pointer can lead through references, and so back to itself.
	from.refs[ref] = target{err: errCircle}
	f.hops++
	p, err := f.find(from, ref)
	f.hops--
	from.refs[ref] = target{p, err}
	return p, err
}

func (f *files) find(from *file, ref string) (place, error) {
	if len(ref) > maxRef {
		return place{}, errors.New("it is too long")
	}
	uri, fragment, _ := strings.Cut(ref, "#")
	if uri == from.root.Get("$self").Str() {
		uri = ""
	}
	in, err := f.document(from, uri)
	if err != nil {
		if p, ok := from.named(uri); ok {
			return f.fragment(p, fragment)
		}
		return place{}, err
	}
	p, err := f.fragment(place{file: in, node: in.root}, fragment)
	if err != nil && uri == "" && from != f.main {
		// Split documents often write references as if they were one.
		if q, err := f.fragment(place{file: f.main, node: f.main.root}, fragment); err == nil {
			return q, nil
		}
	}
	return p, err
}

// document returns the file that a URI reference names, relative to another.
func (f *files) document(from *file, uri string) (*file, error) {
	if uri == "" {
		return from, nil
	}
	u, err := url.Parse(uri)
	if err != nil {
		return nil, errors.New("it is not a URI reference")
	}
	if u.IsAbs() || u.Host != "" {
		return nil, errors.New("nothing is read over the network")
	}
	if path.IsAbs(u.Path) {
		return nil, errors.New("it leads out of the folder of the document")
	}
	return f.open(path.Join(path.Dir(from.name), u.Path))
}

// fragment returns what the fragment of a URI names inside of p.
func (f *files) fragment(p place, fragment string) (place, error) {
	if decoded, err := url.PathUnescape(fragment); err == nil {
		fragment = decoded
	}
	switch {
	case fragment == "":
		return p, nil
	case fragment[0] == '/':
		return f.descend(p, fragment)
	}
	if anchor, ok := p.file.named("#" + fragment); ok {
		return anchor, nil
	}
	// "#components/schemas/Pet" is a common slip of the pen.
	if n := p.node.Lookup("/" + fragment); n != nil && strings.Contains(fragment, "/") {
		return at(p.file, n, p.pointer()+"/"+fragment), nil
	}
	return place{}, fmt.Errorf("there is no %s", quote("#"+fragment))
}

// descend returns what a JSON pointer names inside of p. The pointer may lead
// through references.
func (f *files) descend(p place, pointer string) (place, error) {
	if n := p.node.Lookup(pointer); n != nil {
		return at(p.file, n, p.pointer()+pointer), nil
	}
	hops := 0
	for rest := pointer; rest != ""; {
		token := rest
		if end := strings.IndexByte(rest[1:], '/'); end >= 0 {
			token = rest[:end+1]
		}
		n := p.node.Lookup(token)
		if n != nil {
			p = at(p.file, n, p.pointer()+token)
			rest = rest[len(token):]
			continue
		}
		ref := p.node.Get("$ref").Str()
		if ref == "" {
			return place{}, fmt.Errorf("there is no %s", quote(token[1:]))
		}
		if hops++; hops > maxHops {
			return place{}, errCircle
		}
		var err error
		if p, err = f.locate(p.file, ref); err != nil {
			return place{}, err
		}
	}
	return p, nil
}

// named returns what the file names with $anchor ("#name"), $id, or, as the
// tools of Swagger 1 did, with the bare name of a schema.
func (d *file) named(id string) (place, bool) {
	if d.ids == nil {
		d.ids = make(map[string]place)
		index := indexer{ids: d.ids, seen: make(map[*tree.Node]bool)}
		index.visit(place{file: d, node: d.root})
	}
	if p, ok := d.ids[id]; ok {
		return p, true
	}
	root := place{file: d, node: d.root}
	for _, schemas := range []place{root.get("components").get("schemas"), root.get("definitions")} {
		if p := schemas.get(id); p.node != nil {
			return p.settled(), true
		}
	}
	return place{}, false
}

// An indexer finds the names that schemas give themselves.
type indexer struct {
	ids  map[string]place
	seen map[*tree.Node]bool
}

func (x *indexer) visit(p place) {
	if x.seen[p.node] {
		return
	}
	x.seen[p.node] = true
	for key, member := range p.members() {
		switch {
		case member.node.Is(tree.Object) || member.node.Is(tree.Array):
			x.visit(member)
		case !member.node.Is(tree.String):
		case key == "$anchor", key == "$dynamicAnchor":
			x.name("#"+member.node.Text, p)
		case key == "$id":
			x.name(strings.TrimSuffix(member.node.Text, "#"), p)
		}
	}
	for element := range p.elements() {
		x.visit(element)
	}
}

func (x *indexer) name(id string, p place) {
	if _, taken := x.ids[id]; !taken {
		x.ids[id] = p.settled()
	}
}

// quote returns s quoted and short enough for a message.
func quote(s string) string {
	const most = 120
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "…"
	}
	return fmt.Sprintf("%q", s)
}
