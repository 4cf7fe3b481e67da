// Command owntools has one pool of database connections, and three ways to it:
// REST, the tools made of the REST API, and a tool written by hand.
package main

import (
	"context"
	"database/sql"
	_ "embed"
	"encoding/json"
	"flag"
	"log"
	"net/http"

	"github.com/modelcontextprotocol/go-sdk/mcp"
	_ "modernc.org/sqlite" // pure Go, nothing to install

	"github.com/mcpmount/mcpmount"
	"github.com/mcpmount/mcpmount/examples/internal/server"
)

//go:embed openapi.yaml
var spec []byte

func main() {
	listen := flag.String("listen", "localhost:8080", "`HOST:PORT` to listen on")
	file := flag.String("db", "notes.db", "`FILE` of the database")
	flag.Parse()
	if err := run(*listen, *file); err != nil {
		log.Fatal(err)
	}
}

func run(listen, file string) error {
	db, err := sql.Open("sqlite", file+"?_pragma=busy_timeout(5000)")
	if err != nil {
		return err
	}
	defer db.Close() // the pool is the app's: opened before the servers, closed after them
	if _, err := db.Exec(`CREATE TABLE IF NOT EXISTS notes (id INTEGER PRIMARY KEY, author TEXT, text TEXT)`); err != nil {
		return err
	}
	notes := &notes{db}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /notes", notes.create)
	doc, err := mcpmount.ParseOpenAPI(spec)
	if err != nil {
		return err
	}
	srv, err := mcpmount.New(doc, mcpmount.InProcess(mux), nil)
	if err != nil {
		return err
	}
	err = srv.Extend(func(s *mcp.Server) {
		mcp.AddTool(s, &mcp.Tool{Name: "countNotes", Description: "Counts the notes of an author."}, notes.count)
	})
	if err != nil {
		return err
	}
	if err := srv.Mount(mux, "/mcp"); err != nil {
		return err
	}
	return server.Run(listen, mux, srv)
}

type notes struct{ db *sql.DB }

// A Note is one row of the table.
type Note struct {
	ID     int64  `json:"id"`
	Author string `json:"author"`
	Text   string `json:"text"`
}

// create is a handler of the API, and the tool createNote.
func (n *notes) create(w http.ResponseWriter, r *http.Request) {
	var note Note
	if err := json.NewDecoder(r.Body).Decode(&note); err != nil || note.Author == "" {
		http.Error(w, "a note has an author", http.StatusBadRequest)
		return
	}
	row := n.db.QueryRowContext(r.Context(), `INSERT INTO notes (author, text) VALUES (?, ?) RETURNING id`, note.Author, note.Text)
	if err := row.Scan(&note.ID); err != nil {
		http.Error(w, "the note could not be stored", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(note)
}

// CountInput and CountOutput are the schemas of the tool countNotes.
type (
	CountInput struct {
		Author string `json:"author" jsonschema:"whose notes to count"`
	}
	CountOutput struct {
		Notes int `json:"notes"`
	}
)

// count is a tool that the API does not have.
func (n *notes) count(ctx context.Context, _ *mcp.CallToolRequest, in CountInput) (*mcp.CallToolResult, CountOutput, error) {
	var out CountOutput
	err := n.db.QueryRowContext(ctx, `SELECT count(*) FROM notes WHERE author = ?`, in.Author).Scan(&out.Notes)
	return nil, out, err
}
