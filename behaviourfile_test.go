package mcpmount_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/mcpmount/mcpmount"
	"github.com/mcpmount/mcpmount/internal/tree"
)

// A behaviour is one file of testdata/behaviour: a document, calls, and what
// became of them. It is a txtar archive. Its comment says what is shown and, on
// a line "Parity: F2.3 A8", which rows of docs/parity.md that answers. The
// sections:
//
//	openapi.yaml       the document, or openapi.json
//	files/NAME         further files that the document refers to
//	options.json       behaviourOptions
//	problems.txt       golden, optional: the problems of the document
//	tools.json         golden, optional: the list of tools
//	resources.json     golden, optional: the list of resources and templates
//	error.txt          golden, only if there is no server: the error
//	N/call.json        behaviourCall: call N, from 1
//	N/request          golden: the request as the API saw it, empty if there was none
//	N/response         the response of the API; 200 and {} if left out
//	N/result.json      golden: the result, or the error of the protocol
//
// go test -run TestBehaviour -update rewrites the golden sections.
type behaviour struct {
	file    string
	archive *txtar.Archive
	options behaviourOptions
	calls   []behaviourCall
}

// behaviourOptions are the options of the server, and edits of the document.
type behaviourOptions struct {
	Select            *mcpmount.Select
	Resources         bool              // Document.PreferResources
	Rename            map[string]string // Document.Rename
	InlineRefs        bool
	OutputSchemas     string // none, loose, strict
	DescribeResponses string // success, all
	DescribeSchemas   bool
	ForwardHeaders    []string
	Limits            mcpmount.Limits
	Results           mcpmount.Results
	OperationResults  map[string]*mcpmount.Results // of operations, instead of Results
	Tools             []string                     // the fields of a tool that tools.json shows
}

// A behaviourCall calls a tool, or reads a resource.
type behaviourCall struct {
	Name      string
	Arguments json.RawMessage
	URI       string
	Headers   map[string]string // of the caller
}

var sectionPattern = regexp.MustCompile(`^(openapi\.(yaml|json)|files/.+|(options|tools|resources)\.json|(problems|error)\.txt|[1-9]\d*/(call\.json|request|response|result\.json))$`)

func readBehaviour(file string, data []byte) (*behaviour, error) {
	b := &behaviour{file: file, archive: txtar.Parse(data)}
	seen := map[string]bool{}
	for _, f := range b.archive.Files {
		if !sectionPattern.MatchString(f.Name) {
			return nil, fmt.Errorf("section %q is not one that is known", f.Name)
		}
		if seen[f.Name] {
			return nil, fmt.Errorf("section %q is there twice", f.Name)
		}
		seen[f.Name] = true
	}
	switch {
	case strings.TrimSpace(string(b.archive.Comment)) == "":
		return nil, errors.New("the comment does not say what is shown")
	case seen["openapi.yaml"] == seen["openapi.json"]:
		return nil, errors.New("there must be one openapi.yaml or openapi.json")
	}
	if err := b.readCalls(); err != nil {
		return nil, err
	}
	if err := decodeSection(b.section("options.json"), &b.options); err != nil {
		return nil, fmt.Errorf("options.json: %w", err)
	}
	if len(b.calls) == 0 && !seen["problems.txt"] && !seen["tools.json"] && !seen["resources.json"] && !seen["error.txt"] {
		return nil, errors.New("there is no call and no golden section: nothing is shown")
	}
	if len(b.options.Tools) > 0 && !seen["tools.json"] {
		return nil, errors.New("options.json has Tools, but there is no tools.json")
	}
	return b, nil
}

// readCalls reads the calls, whose numbers must have no gaps.
func (b *behaviour) readCalls() error {
	for b.has(fmt.Sprintf("%d/call.json", len(b.calls)+1)) {
		name := fmt.Sprintf("%d/call.json", len(b.calls)+1)
		var c behaviourCall
		if err := decodeSection(b.section(name), &c); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if (c.Name == "") == (c.URI == "") || c.URI != "" && c.Arguments != nil {
			return fmt.Errorf("%s: give a name and arguments, or a uri", name)
		}
		b.calls = append(b.calls, c)
	}
	for _, f := range b.archive.Files {
		if n, _, ok := strings.Cut(f.Name, "/"); ok && n != "files" {
			if i, err := strconv.Atoi(n); err != nil || i > len(b.calls) {
				return fmt.Errorf("section %q belongs to no call", f.Name)
			}
		}
	}
	return nil
}

// decodeSection decodes JSON without unknown fields. An absent section changes
// nothing.
func decodeSection(data []byte, v any) error {
	if data == nil {
		return nil
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	return d.Decode(v)
}

func (b *behaviour) index(name string) int {
	return slices.IndexFunc(b.archive.Files, func(f txtar.File) bool { return f.Name == name })
}

func (b *behaviour) has(name string) bool { return b.index(name) >= 0 }

// section returns the data of a section, nil if it is not there.
func (b *behaviour) section(name string) []byte {
	i := b.index(name)
	if i < 0 {
		return nil
	}
	return append([]byte{}, b.archive.Files[i].Data...)
}

// set sets a golden section. A new one of a call goes behind what precedes it.
func (b *behaviour) set(name, text string) {
	if i := b.index(name); i >= 0 {
		b.archive.Files[i].Data = []byte(text)
		return
	}
	at := len(b.archive.Files)
	n, base, _ := strings.Cut(name, "/")
	before := []string{n + "/call.json"}
	if base == "result.json" {
		before = append(before, n+"/request", n+"/response")
	}
	if base != "" {
		at = 0
		for _, name := range before {
			at = max(at, b.index(name)+1)
		}
	}
	b.archive.Files = slices.Insert(b.archive.Files, at, txtar.File{Name: name, Data: []byte(text)})
}

// write writes the file.
func (b *behaviour) write() error {
	return os.WriteFile(b.file, txtar.Format(b.archive), 0o644)
}

// document returns the document, and the error of reading it or of the
// selection. A file that was not read is an error of the test.
func (b *behaviour) document(t *testing.T) (*mcpmount.Document, error) {
	entry := "openapi.yaml"
	if !b.has(entry) {
		entry = "openapi.json"
	}
	files := openedFiles{MapFS: fstest.MapFS{}, opened: map[string]bool{}}
	for _, f := range b.archive.Files {
		if f.Name == entry || strings.HasPrefix(f.Name, "files/") {
			files.MapFS[f.Name] = &fstest.MapFile{Data: f.Data}
		}
	}
	doc, err := mcpmount.ParseOpenAPIFS(files, entry)
	for name := range files.MapFS {
		if !files.opened[name] {
			t.Errorf("section %q was not read", name)
		}
	}
	if err != nil {
		return nil, err
	}
	if err := doc.Rename(b.options.Rename); err != nil {
		return nil, err
	}
	for id, r := range b.options.OperationResults {
		doc.Operation(id).Results = r
	}
	if b.options.Resources {
		doc.PreferResources()
	}
	if b.options.Select == nil {
		return doc, nil
	}
	return b.options.Select.Apply(doc)
}

// openedFiles notes which files were opened.
type openedFiles struct {
	fstest.MapFS
	opened map[string]bool
}

func (f openedFiles) Open(name string) (fs.File, error) {
	f.opened[name] = true
	return f.MapFS.Open(name)
}

func (f openedFiles) ReadFile(name string) ([]byte, error) {
	f.opened[name] = true
	return f.MapFS.ReadFile(name)
}

func (o *behaviourOptions) server() (*mcpmount.Options, error) {
	opts := &mcpmount.Options{ForwardHeaders: o.ForwardHeaders, InlineRefs: o.InlineRefs, DescribeSchemas: o.DescribeSchemas, Limits: o.Limits, Results: o.Results}
	var ok1, ok2 bool
	opts.OutputSchemas, ok1 = map[string]mcpmount.OutputSchemas{
		"": mcpmount.OutputSchemasDefault, "none": mcpmount.OutputSchemasNone,
		"loose": mcpmount.OutputSchemasLoose, "strict": mcpmount.OutputSchemasStrict,
	}[o.OutputSchemas]
	opts.DescribeResponses, ok2 = map[string]mcpmount.DescribeResponses{
		"": mcpmount.DescribeNone, "success": mcpmount.DescribeSuccess, "all": mcpmount.DescribeAll,
	}[o.DescribeResponses]
	if !ok1 || !ok2 {
		return nil, errors.New("options.json: OutputSchemas or DescribeResponses is not one that is known")
	}
	return opts, nil
}

// lineWidth is how wide JSON is before it is broken into lines.
const lineWidth = 110

// readable returns JSON for people: in the order it has, with what fits on a
// line on one line.
func readable(n *tree.Node) string {
	var out strings.Builder
	writeReadable(&out, n, "", 0)
	return out.String() + "\n"
}

func writeReadable(out *strings.Builder, n *tree.Node, indent string, column int) {
	if one := string(n.JSON()); len(indent)+column+len(one) <= lineWidth || len(n.Items)+len(n.Members) == 0 {
		out.WriteString(one)
		return
	}
	inner := indent + "  "
	separator := "\n"
	write := func(label string, value *tree.Node) {
		out.WriteString(separator + inner + label)
		writeReadable(out, value, inner, len(label))
		separator = ",\n"
	}
	if n.Is(tree.Array) {
		out.WriteString("[")
		for _, item := range n.Items {
			write("", item)
		}
		out.WriteString("\n" + indent + "]")
		return
	}
	out.WriteString("{")
	for key, value := range n.All() {
		write(string(tree.NewString(key).JSON())+": ", value)
	}
	out.WriteString("\n" + indent + "}")
}
