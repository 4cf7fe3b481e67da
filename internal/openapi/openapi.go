// Package openapi reads OpenAPI 3.0, 3.1 and 3.2 and Swagger 2.0 into one
// model, whatever is wrong with the document, and converts its schemas to JSON
// Schema 2020-12 on demand.
//
// # How a document is read
//
// The bytes become an ordered tree, inside of budgets. The loader walks from
// the paths to the operations and follows each $ref where it stands, in the
// document or in a file beside it. What is wrong becomes a [Problem] with its
// place, and costs as little as possible: a value, a parameter, at most one
// operation. Nothing is checked that serving does not need.
//
// Then the schemas that the operations use are surveyed: each is visited once,
// references that lead nowhere become problems, and what is referred to gets a
// name. [Schema] converts on demand, from the tree, and remembers.
package openapi

import (
	"fmt"
	"io/fs"

	"github.com/mcpmount/mcpmount/internal/tree"
)

// A Source is where a document is read from.
type Source struct {
	// Data is the entry document. If nil, Name is read from FS.
	Data []byte

	// FS holds the files that a $ref can lead to. If nil, such references are
	// problems. Nothing outside of it is read.
	FS fs.FS

	// Name is the name of the entry document in FS.
	Name string
}

// Load reads a document. It fails only if src is not an OpenAPI or Swagger
// document at all, or costs too much to read.
func Load(src Source) (*Document, error) {
	doc, err := load(src)
	if err != nil && src.Name != "" {
		return nil, fmt.Errorf("%s: %w", src.Name, err)
	}
	return doc, err
}

func load(src Source) (*Document, error) {
	l := newLoader(src.FS)
	entry, err := l.files.entry(src)
	if err != nil {
		return nil, err
	}
	l.root = place{file: entry, node: entry.root}
	if l.version, err = l.identify(l.root); err != nil {
		return nil, err
	}
	doc := l.document(l.root)
	l.survey()
	doc.Problems = l.problems.list()
	if !l.spend(0) {
		doc.Problems = append(doc.Problems, Problem{
			Message: fmt.Sprintf("the operations have more than %d parts together; those from there on are left out", l.mostParts()),
		})
	}
	return doc, nil
}

// A loader turns one document into the model.
type loader struct {
	root     place
	version  version
	files    *files
	problems *problems
	schemas  *schemaSet

	// schemes are the names of the security schemes of the document.
	schemes map[string]bool

	// ids are the operationIds seen so far.
	ids map[string]bool

	// parts counts what the operations consist of: see maxParts.
	parts int

	// concealed are the routes that x-mcp hides.
	concealed []string

	// templates are the segments of the paths of the document; nil before they
	// are needed.
	templates [][]string

	// What follows is remembered by node, so that a document in which many
	// operations share a large part costs that part only once.
	texts    map[*tree.Node]string
	examples map[*tree.Node][]byte
	inline   map[*tree.Node]*tree.Node
	choices  map[*tree.Node]*tree.Node // see bodySchema

	// inherited is what heirs returns, nil until it is asked for.
	inherited map[string][]string
}

// What bounds the parameters, responses and other parts of all operations
// together: references can share one part among very many, which needs few
// bytes. Parts that are written out have more than that.
const (
	maxParts     = 2_000_000
	sharedParts  = 100_000
	bytesPerPart = 16
)

func (l *loader) mostParts() int {
	return min(sharedParts+(maxBytes-l.files.left)/bytesPerPart, maxParts)
}

// spend counts n parts, and reports whether there may be so many.
func (l *loader) spend(n int) bool {
	l.parts += n
	return l.parts <= l.mostParts()
}

func newLoader(fsys fs.FS) *loader {
	found := &problems{seen: make(map[Problem]bool)}
	f := &files{fsys: fsys, byName: make(map[string]*file), left: maxBytes, problems: found}
	return &loader{
		files:    f,
		problems: found,
		schemas:  newSchemaSet(),
		schemes:  make(map[string]bool),
		ids:      make(map[string]bool),
		texts:    make(map[*tree.Node]string),
		examples: make(map[*tree.Node][]byte),
		inline:   make(map[*tree.Node]*tree.Node),
		choices:  make(map[*tree.Node]*tree.Node),
	}
}

func (l *loader) document(root place) *Document {
	info := l.follow(root.get("info"))
	doc := &Document{
		Title:       l.text(info.get("title")),
		Version:     l.text(info.get("version")),
		Summary:     l.text(info.get("summary")),
		Description: l.text(info.get("description")),
	}
	if l.version == swagger20 {
		doc.Servers = l.hosts(l.words(root.get("schemes")))
		doc.SecuritySchemes = l.securitySchemes(root.get("securityDefinitions"))
	} else {
		doc.Servers = l.servers(root.get("servers"))
		doc.SecuritySchemes = l.securitySchemes(l.follow(root.get("components")).get("securitySchemes"))
	}
	if len(doc.Servers) > 0 {
		doc.BasePath = l.basePath(root, doc.Servers[0])
	}
	doc.Operations = l.operations(root)
	doc.Hidden = l.concealed
	return doc
}
