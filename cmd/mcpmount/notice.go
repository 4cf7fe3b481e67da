package main

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"

	"github.com/mcpmount/mcpmount"
)

// A notice is what a server says when it is ready.
type notice struct {
	api      string // its name in the configuration, or ""
	config   string // that file, or ""
	title    string
	url      string
	redirect string // that the identity provider has to know, "" for none
	document string
	upstream string
	others   []string // origins of the servers that some operations have of their own
	tools    int
	deferred int
	served   string // in words: tools, resources and resource templates
	tokens   int    // about, of the list of tools
	problems int    // faults of the document
	lack     lack
}

// manyTokens is the size from which a list of tools leaves a model little room
// for anything else.
const manyTokens = 50_000

const choosingHint = "--search lets models search for them, --include-tag, --include-operation, --include-path and --read-only choose some, --output-schemas none leaves out what results look like"

func newNotice(src *source, api *upstream, srv *mcpmount.Server) notice {
	n := notice{
		title:    src.title(),
		document: src.name,
		upstream: displayURL(api.url),
		others:   api.others,
		lack:     api.lack,
		tools:    len(srv.Tools()),
		deferred: len(srv.DeferredTools()),
		served:   servedText(srv.Health()),
	}
	if size, err := jsonSize(toolList{Tools: srv.Tools()}); err == nil {
		n.tokens = tokens(size)
	}
	for _, p := range srv.Problems() {
		if !p.Note {
			n.problems++
		}
	}
	return n
}

// print prints n for people, or logs it for a program that reads JSON.
func (n notice) print(w io.Writer, log *slog.Logger) {
	if _, ok := log.Handler().(*slog.JSONHandler); ok {
		if n.api != "" {
			log = log.With("api", n.api)
		}
		attrs := []any{"url", n.url, "title", n.title, "tools", n.tools, "upstream", n.upstream, "problems", n.problems, "tokens", n.tokens, "uncredentialed", n.lack.operations}
		if n.deferred > 0 {
			attrs = append(attrs, "deferred", n.deferred)
		}
		if len(n.others) > 0 {
			attrs = append(attrs, "others", n.others)
		}
		if n.redirect != "" {
			attrs = append(attrs, "redirect", n.redirect)
		}
		log.Info("serving", attrs...)
		return
	}
	where := "at " + n.url
	if n.url == "" {
		where = "on standard input and output, to the MCP client that started it"
	}
	what, check := printable(n.title), n.document
	if n.api != "" {
		what, check = n.api+" ("+what+")", "--config "+n.config
	}
	fmt.Fprintf(w, "mcpmount: serving %s %s\n", what, where)
	fmt.Fprintf(w, "mcpmount: %s, each a call of %s\n", n.served, n.upstream)
	if len(n.others) > 0 {
		fmt.Fprintf(w, "mcpmount: some of them are calls of other servers, which the document names: %s\n", printable(firstOf(n.others, 5)))
	}
	if n.problems > 0 {
		fmt.Fprintf(w, "mcpmount: %s in the document; run mcpmount check %s\n", count(n.problems, "problem"), check)
	}
	if text := n.lack.String(); text != "" {
		if n.config != "" {
			text = asKeys(text)
		}
		fmt.Fprintf(w, "mcpmount: %s\n", printable(text))
	}
	if n.tokens > manyTokens {
		fmt.Fprintf(w, "mcpmount: the list of tools has about %s, more than many models can use; %s\n",
			count(n.tokens, "token"), choosingHint)
	}
	if n.redirect != "" {
		fmt.Fprintf(w, "mcpmount: the identity provider has to know the redirect URI %s\n", n.redirect)
	}
}

// printClients prints what a client has to be told, for people.
func printClients(w io.Writer, log *slog.Logger, clients map[string]client) {
	if _, ok := log.Handler().(*slog.JSONHandler); ok || len(clients) == 0 {
		return
	}
	fmt.Fprintf(w, "mcpmount: for a client: %s\n", clientConfig(clients))
}

// printMetrics prints where the metrics are, for people, or logs it.
func printMetrics(w io.Writer, log *slog.Logger, url string) {
	switch _, ok := log.Handler().(*slog.JSONHandler); {
	case url == "":
	case ok:
		log.Info("metrics", "url", url)
	default:
		fmt.Fprintf(w, "mcpmount: metrics for Prometheus at %s\n", url)
	}
}

// servedText says what a server has: "1 tool, 2 resources".
func servedText(h mcpmount.Health) string {
	text := toolsText(h.Tools, h.DeferredTools)
	if h.Resources > 0 {
		text += ", " + count(h.Resources, "resource")
	}
	if h.ResourceTemplates > 0 {
		text += ", " + count(h.ResourceTemplates, "resource template")
	}
	return text
}

// toolsText says how many tools are listed, and how many are not: "2 tools and 38 to search for".
func toolsText(listed, deferred int) string {
	text := count(listed, "tool")
	if deferred > 0 {
		text += fmt.Sprintf(" and %d to search for", deferred)
	}
	return text
}

// A client is the entry of a server in the configuration of most clients, which
// send the headers.
type client struct {
	Type    string            `json:"type"`
	URL     string            `json:"url"`
	Headers map[string]string `json:"headers,omitempty"`
}

// clientConfig returns the configuration of most clients for servers by name.
func clientConfig(servers map[string]client) string {
	config, err := json.Marshal(map[string]map[string]client{"mcpServers": servers})
	if err != nil {
		return err.Error() // cannot happen: strings only
	}
	return string(config)
}
