package main

import (
	"context"
	"crypto/x509"
	"io"
	"log/slog"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"github.com/mcpmount/mcpmount"
)

// refuseEmpty refuses flags with an empty text: most often that of a variable that is not
// set, upon which what the flag asks for, such as a lock, would silently not be done.
func refuseEmpty(typed *kong.Context) error {
	for _, step := range typed.Path {
		if step.Flag == nil {
			continue
		}
		empty := false
		switch value := step.Flag.Target.Interface().(type) {
		case string:
			empty = value == ""
		case []string:
			empty = len(value) == 0 || slices.Contains(value, "")
		}
		if empty {
			return misuse("leave it out, or is a variable not set?", "--%s is empty", step.Flag.Name)
		}
	}
	return nil
}

// bridgeFlags say what is made of a document. Every command that reads one has
// them.
type bridgeFlags struct {
	selectionFlags `embed:"" group:"Which operations, each flag repeatable; an exclusion always wins"`
	toolFlags      `embed:"" group:"What becomes of them"`
	answerFlags    `embed:"" group:"What models get of answers of OP: an id, a name, or a pattern such as 'list_*'"`
	documentFlags  `embed:"" group:"Reading the document"`
}

type selectionFlags struct {
	IncludeTag       []string `sep:"none" placeholder:"T" help:"only operations with this tag"`
	ExcludeTag       []string `sep:"none" placeholder:"T" help:"no operation with this tag"`
	IncludeOperation []string `sep:"none" placeholder:"ID" help:"only this operationId or tool name"`
	ExcludeOperation []string `sep:"none" placeholder:"ID" help:"all but this one"`
	IncludePath      []string `sep:"none" placeholder:"P" help:"only these paths: '/orders/**', 'GET /orders/*'"`
	ExcludePath      []string `sep:"none" placeholder:"P" help:"all but these paths"`
	ReadOnly         bool     `help:"only operations that change nothing"`
}

type toolFlags struct {
	Name              string   `placeholder:"NAME" help:"name of the MCP server (default: the title of the document)"`
	Resources         bool     `help:"make GETs resources and resource templates"`
	Search            bool     `help:"for an API with many operations: list search_tools and call_tool in the place of all tools"`
	KeepListed        []string `sep:"none" placeholder:"OP" help:"list the tool of this operationId or tool name beside them, repeatable"`
	DescribeResponses string   `enum:"none,success,all" default:"none" placeholder:"WHICH" help:"responses in descriptions: none, success or all"`
	DescribeSchemas   bool     `help:"with the schema of each such response"`
	OutputSchemas     string   `enum:"none,loose,strict" default:"loose" placeholder:"HOW" help:"none, loose (default) or strict: answers that break the schema are errors"`
	InlineRefs        bool     `help:"write out what $$ref names, for clients that do not look into $$defs"`
	namingFlags       `embed:""`
}

type namingFlags struct {
	Rename        []string `sep:"none" placeholder:"OP=NAME" help:"call the tool of this operationId or tool name NAME, repeatable; the other flags know it by NAME then"`
	MaxNameLength int      `default:"64" placeholder:"N" help:"cut the names of tools that are longer (default 64, at least 16)"`
	Description   []string `sep:"none" placeholder:"OP=TEXT" help:"tell models TEXT of this operation, under its summary, instead of what the document says; repeatable"`
}

type documentFlags struct {
	BasePath string `placeholder:"PATH" help:"path before that of every operation, instead of the document's"`
	RefRoot  string `placeholder:"DIR" help:"folder that $$ref may read (default: that of DOCUMENT)"`

	Overlay []string `sep:"none" placeholder:"FILE" help:"OpenAPI Overlay that changes the document before it is read, repeatable"`

	Server         string   `placeholder:"SERVER" help:"which of the document's servers: its URL, name, description or number (default 1)"`
	ServerVariable []string `sep:"none" placeholder:"V=VALUE" help:"value of a variable in the URLs of servers, repeatable"`
}

// hostFlags are of commands that ask the host of a document, or a running server, and not the API.
type hostFlags struct {
	CACert string `name:"ca-cert" placeholder:"FILE" help:"further authorities (PEM) whose certificates the host of a URL may have"`
}

// roots returns these authorities and those of this machine, nil for the latter alone.
func (f *hostFlags) roots() (*x509.CertPool, error) { return readAuthorities("--ca-cert", f.CACert) }

// read reads the document with the given name and makes of it what the flags
// say. The host of a URL may have a certificate of roots, nil for those of this machine.
func (f *bridgeFlags) read(ctx context.Context, t *terminal, name string, roots *x509.CertPool) (*source, error) {
	if _, err := basePath(f.BasePath); err != nil {
		return nil, err
	}
	src, err := readSource(ctx, t.stdin, name, f.RefRoot, roots, f.Overlay...)
	if err != nil {
		return nil, err
	}
	if err := f.prepare(src); err != nil {
		return nil, err
	}
	return src, nil
}

// prepare makes of src what the flags say.
func (f *bridgeFlags) prepare(src *source) error {
	path, err := basePath(f.BasePath)
	if err != nil {
		return err
	}
	if err := f.useServer(src); err != nil {
		return err
	}
	if f.BasePath != "" {
		src.doc.BasePath, src.ownBasePath = path, true
	}
	if err := f.setNames(src); err != nil {
		return err
	}
	if err := f.describeOperations(src); err != nil {
		return err
	}
	if err := f.editResults(src); err != nil {
		return err
	}
	if err := f.apply(src); err != nil {
		return err
	}
	if f.Resources {
		src.doc.PreferResources()
	}
	return f.deferTools(src)
}

// deferTools makes the tools of src deferred ones, but for those that stay listed.
func (f *toolFlags) deferTools(src *source) error {
	deferred := false
	for i := range src.doc.Operations {
		op := &src.doc.Operations[i]
		if f.Search && op.Kind == mcpmount.KindTool {
			op.Kind = mcpmount.KindDeferred
		}
		deferred = deferred || op.Kind == mcpmount.KindDeferred
	}
	if len(f.KeepListed) > 0 && !deferred && !f.Search {
		return misuse("add --search, or leave out --keep-listed", "--keep-listed has no effect without --search: all tools are listed")
	}
	for _, key := range f.KeepListed {
		op, err := src.operation("--keep-listed", key)
		if err != nil {
			return err
		}
		op.Kind = mcpmount.KindTool
	}
	return nil
}

// useServer chooses the server and the values of its variables.
func (f *documentFlags) useServer(src *source) error {
	if f.Server == "" && len(f.ServerVariable) == 0 {
		return nil
	}
	values, err := parsePairs("--server-variable", "NAME=VALUE", f.ServerVariable, strings.Index)
	if err != nil {
		return err
	}
	if err := src.doc.UseServer(f.Server, values); err != nil {
		return fail("", "%s: %w", src.name, err)
	}
	return nil
}

// setNames gives the tools the names that the flags say. They are chosen before
// operations are, so that they do not depend on the selection.
func (f *namingFlags) setNames(src *source) error {
	names, err := parsePairs("--rename", "OPERATION=NAME", f.Rename, strings.LastIndex)
	if err != nil {
		return err
	}
	for _, name := range names {
		if len(name) > f.MaxNameLength {
			return misuse("a shorter name, or another --max-name-length", "--rename: the name %q has more than %d characters", name, f.MaxNameLength)
		}
	}
	if err := src.doc.ShortenNames(f.MaxNameLength); err != nil {
		return misuse("--max-name-length 40", "--max-name-length: %w", err)
	}
	if err := src.doc.Rename(names); err != nil {
		return fail("mcpmount tools "+src.name+" lists the names", "%w", err)
	}
	return nil
}

// describeOperations gives operations the descriptions that the flags say.
func (f *namingFlags) describeOperations(src *source) error {
	texts, err := parsePairs("--description", "OPERATION=TEXT", f.Description, strings.Index)
	if err != nil {
		return err
	}
	for _, key := range slices.Sorted(maps.Keys(texts)) {
		op, err := src.operation("--description", key)
		if err != nil {
			return err
		}
		op.Description = texts[key]
	}
	return nil
}

// parsePairs parses the values of a repeatable flag, each with an equals sign
// between a key and a value, which index finds.
func parsePairs(flag, form string, pairs []string, index func(s, sep string) int) (map[string]string, error) {
	values := map[string]string{}
	for _, pair := range pairs {
		i := index(pair, "=")
		if i <= 0 {
			return nil, misuse(flag+" "+form, "%s must have the form %s", flag, form)
		}
		key, value := pair[:i], pair[i+1:]
		if _, twice := values[key]; twice {
			return nil, misuse("remove one of them", "%s: %q is given twice", flag, key)
		}
		values[key] = value
	}
	return values, nil
}

// apply leaves in src what the flags say. Without any, a document may be empty.
func (f *selectionFlags) apply(src *source) error {
	if reflect.ValueOf(*f).IsZero() {
		return nil
	}
	selected, err := mcpmount.Select{
		IncludeTags:       f.IncludeTag,
		ExcludeTags:       f.ExcludeTag,
		IncludeOperations: f.IncludeOperation,
		ExcludeOperations: f.ExcludeOperation,
		IncludePaths:      f.IncludePath,
		ExcludePaths:      f.ExcludePath,
		ReadOnly:          f.ReadOnly,
	}.Apply(src.doc)
	if err != nil {
		return fail("mcpmount check "+src.name+" lists what there is", "%w", err)
	}
	src.doc = selected
	return nil
}

// options returns the options of a server that has these flags only.
func (f *toolFlags) options(log *slog.Logger) *mcpmount.Options {
	opts := &mcpmount.Options{
		DescribeSchemas: f.DescribeSchemas,
		InlineRefs:      f.InlineRefs,
		Logger:          log,
		DescribeResponses: map[string]mcpmount.DescribeResponses{
			"none":    mcpmount.DescribeNone,
			"success": mcpmount.DescribeSuccess,
			"all":     mcpmount.DescribeAll,
		}[f.DescribeResponses],
		OutputSchemas: map[string]mcpmount.OutputSchemas{
			"none":   mcpmount.OutputSchemasNone,
			"loose":  mcpmount.OutputSchemasLoose,
			"strict": mcpmount.OutputSchemasStrict,
		}[f.OutputSchemas],
	}
	opts.Info.Name = f.Name
	return opts
}

// apiFlags say how the API is called.
type apiFlags struct {
	Upstream         string        `placeholder:"URL" help:"where the API is (default: the server of the document)"`
	Header           []string      `sep:"none" expands:"" placeholder:"'Name: value'" help:"header of every request to the API, repeatable; $${NAME} is replaced by an environment variable, $${file:PATH} by the content of a file"`
	Timeout          time.Duration `default:"30s" placeholder:"30s" help:"how long one call may take; below 0: any time"`
	CACert           string        `name:"ca-cert" placeholder:"FILE" reopens:"" help:"further authorities (PEM) whose certificates the API may have, and the host of its document"`
	credentialFlags  `embed:""`
	MaxResponseBytes int64 `default:"4194304" placeholder:"N" help:"how much of a response is read (default 4 MiB); below 0: all"`
	resilienceFlags  `embed:""`
}

// check refuses what is wrong whatever the document is.
func (f *apiFlags) check() error {
	if f.Timeout == 0 || f.MaxResponseBytes == 0 {
		return misuse("a negative number removes the limit", "--timeout and --max-response-bytes must not be 0")
	}
	if err := f.resilienceFlags.check(); err != nil {
		return err
	}
	if f.Upstream == "" {
		return nil
	}
	_, err := upstreamURL(f.Upstream)
	return err
}

func (f *apiFlags) limits() mcpmount.Limits {
	return mcpmount.Limits{CallTimeout: f.Timeout, MaxResponseBytes: f.MaxResponseBytes}
}

// logFlags say what is logged, and how.
type logFlags struct {
	LogLevel  string `enum:"debug,info,warn,error" default:"info" placeholder:"LEVEL" help:"debug, info (default), warn or error"`
	LogFormat string `enum:"text,json" default:"text" placeholder:"FORMAT" help:"text (default) or json"`
}

func (f *logFlags) logger(w io.Writer) *slog.Logger {
	level := new(slog.LevelVar)
	_ = level.UnmarshalText([]byte(f.LogLevel)) // one of the enum
	opts := &slog.HandlerOptions{Level: level}
	if f.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(w, opts))
	}
	return slog.New(slog.NewTextHandler(w, opts))
}

// quietLogger is for commands that print an answer and end.
func quietLogger(w io.Writer) *slog.Logger {
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: slog.LevelWarn}))
}
