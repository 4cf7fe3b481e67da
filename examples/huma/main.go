// Command huma is an app of huma, which has a document for its API and checks
// requests by it. The tools come from the same document.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"log"
	"net/http"
	"sync/atomic"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/mcpmount/mcpmount"
	"github.com/mcpmount/mcpmount/examples/internal/server"
)

func main() {
	listen := flag.String("listen", "localhost:8080", "`HOST:PORT` to listen on")
	flag.Parse()
	mux := http.NewServeMux()
	api := humago.New(mux, huma.DefaultConfig("Books", "1.0.0"))
	register(api)

	spec, err := json.Marshal(api.OpenAPI())
	if err != nil {
		log.Fatal(err)
	}
	doc, err := mcpmount.ParseOpenAPI(spec)
	if err != nil {
		log.Fatal(err)
	}
	srv, err := mcpmount.New(doc, mcpmount.InProcess(mux), nil)
	if err != nil {
		log.Fatal(err)
	}
	if err := srv.Mount(mux, "/mcp"); err != nil {
		log.Fatal(err)
	}
	if err := server.Run(*listen, mux, srv); err != nil {
		log.Fatal(err)
	}
}

// A Book is what a library has several copies of.
type Book struct {
	Title  string `json:"title" minLength:"1" maxLength:"80" doc:"As on its cover"`
	Copies int    `json:"copies" minimum:"1" maximum:"1000"`
	Genre  string `json:"genre,omitempty" enum:"novel,essay,poems"`
}

// An Answer has a book with its number.
type Answer struct {
	Body struct {
		ID int64 `json:"id"`
		Book
	}
}

func register(api huma.API) {
	var serial atomic.Int64
	huma.Register(api, huma.Operation{OperationID: "add-book", Method: http.MethodPost, Path: "/books", Summary: "Adds a book"},
		func(_ context.Context, in *struct{ Body Book }) (*Answer, error) {
			out := &Answer{}
			out.Body.ID, out.Body.Book = serial.Add(1), in.Body
			return out, nil
		})
	huma.Register(api, huma.Operation{OperationID: "get-book", Method: http.MethodGet, Path: "/books/{id}", Summary: "Returns a book"},
		func(_ context.Context, in *struct {
			ID int64 `path:"id" minimum:"1"`
		}) (*Answer, error) {
			if in.ID > serial.Load() {
				return nil, huma.Error404NotFound("there is no such book")
			}
			out := &Answer{}
			out.Body.ID, out.Body.Book = in.ID, Book{Title: "A book", Copies: 1}
			return out, nil
		})
}
