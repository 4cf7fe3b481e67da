package main

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"strings"

	"github.com/mcpmount/mcpmount"
)

// A notice is what a server says when it is ready.
type notice struct {
	title    string
	url      string
	document string
	upstream string
	tools    int
	problems int
}

func newNotice(src *source, api *upstream, srv *mcpmount.Server) notice {
	return notice{
		title:    src.title(),
		document: src.name,
		upstream: displayURL(api.url),
		tools:    len(srv.Tools()),
		problems: len(srv.Problems()),
	}
}

// print prints n for people, or logs it for a program that reads JSON.
func (n notice) print(w io.Writer, log *slog.Logger) {
	if _, ok := log.Handler().(*slog.JSONHandler); ok {
		log.Info("serving", "url", n.url, "title", n.title, "tools", n.tools, "upstream", n.upstream, "problems", n.problems)
		return
	}
	fmt.Fprintf(w, "mcpmount: serving %s at %s\n", printable(n.title), n.url)
	fmt.Fprintf(w, "mcpmount: %s, each a call of %s\n", count(n.tools, "tool"), n.upstream)
	if n.problems > 0 {
		fmt.Fprintf(w, "mcpmount: %s in the document; run mcpmount check %s\n", count(n.problems, "problem"), n.document)
	}
	fmt.Fprintf(w, "mcpmount: for a client: %s\n", clientConfig(n.title, n.url))
}

// clientConfig returns the entry of a server in the configuration of most
// clients.
func clientConfig(title, url string) string {
	type server struct {
		Type string `json:"type"`
		URL  string `json:"url"`
	}
	config, err := json.Marshal(map[string]map[string]server{
		"mcpServers": {slug(title): {"http", url}},
	})
	if err != nil {
		return err.Error() // cannot happen: strings only
	}
	return string(config)
}

// slug returns title as a short name of lower case letters, digits and dashes.
func slug(title string) string {
	words := strings.FieldsFunc(strings.ToLower(title), func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9')
	})
	if len(words) == 0 {
		return "api"
	}
	return strings.Join(words, "-")
}

// count returns a number and a noun, in the plural unless n is 1.
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
