// Command live has an API that grows while it runs: whoever puts a form gets
// an operation for its entries, and with it a tool. Clients are told.
package main

import (
	"encoding/json"
	"flag"
	"io"
	"log"
	"maps"
	"net/http"
	"regexp"
	"sync"

	"github.com/mcpmount/mcpmount"
	"github.com/mcpmount/mcpmount/examples/internal/server"
)

func main() {
	listen := flag.String("listen", "localhost:8080", "`HOST:PORT` to listen on")
	flag.Parse()
	forms := &forms{fields: map[string]mcpmount.Schema{}, entries: map[string]int{}}
	mux := http.NewServeMux()
	mux.HandleFunc("PUT /forms/{name}", forms.put)
	mux.HandleFunc("POST /forms/{name}/entries", forms.enter)
	var err error
	forms.srv, err = mcpmount.New(document(nil), mcpmount.InProcess(mux), nil)
	if err != nil {
		log.Fatal(err)
	}
	if err := forms.srv.Mount(mux, "/mcp"); err != nil {
		log.Fatal(err)
	}
	if err := server.Run(*listen, mux, forms.srv); err != nil {
		log.Fatal(err)
	}
}

type forms struct {
	srv *mcpmount.Server

	mu      sync.Mutex
	fields  map[string]mcpmount.Schema // by the name of the form
	entries map[string]int
}

// document describes the API that has forms with these fields.
func document(fields map[string]mcpmount.Schema) *mcpmount.Document {
	doc := &mcpmount.Document{Info: mcpmount.Info{Title: "Forms", Version: "1"}}
	for name, schema := range fields {
		doc.Operations = append(doc.Operations, mcpmount.Operation{
			Method: "POST", Path: "/forms/" + name + "/entries", Name: "enter_" + name,
			Summary: "Adds an entry to the form " + name + ".",
			RequestBody: &mcpmount.RequestBody{Required: true, Content: []mcpmount.MediaType{
				{Type: "application/json", Schema: schema},
			}},
		})
	}
	return doc
}

// formName is what a form can be called: it becomes part of a path and of a tool's name.
var formName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,39}$`)

// put takes a form: a JSON schema of its entries.
func (f *forms) put(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name")
	if !formName.MatchString(name) {
		http.Error(w, "a form has a name of lower case letters, digits and _", http.StatusBadRequest)
		return
	}
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
	if err != nil {
		http.Error(w, "the schema cannot be read", http.StatusBadRequest)
		return
	}
	schema, err := mcpmount.NewSchema(raw)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	fields := maps.Clone(f.fields)
	fields[name] = schema
	if err := f.srv.Update(document(fields)); err != nil { // what was served before stays
		http.Error(w, err.Error(), http.StatusUnprocessableEntity)
		return
	}
	f.fields = fields
	w.WriteHeader(http.StatusNoContent)
}

// enter takes an entry.
func (f *forms) enter(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	name := r.PathValue("name")
	if _, ok := f.fields[name]; !ok {
		http.Error(w, "there is no such form", http.StatusNotFound)
		return
	}
	f.entries[name]++
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(map[string]int{"entries": f.entries[name]})
}
