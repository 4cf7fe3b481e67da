// Command chiscan is an app of chi without a document: mcpmount scan makes one
// of its source, with the types that the handlers read and write.
package main

import (
	_ "embed"
	"encoding/json"
	"flag"
	"log"
	"net/http"
	"strconv"
	"sync"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"github.com/mcpmount/mcpmount"
	"github.com/mcpmount/mcpmount/examples/internal/server"
)

//go:generate mcpmount scan --title Tasks -o openapi.json .

//go:embed openapi.json
var spec []byte

func main() {
	listen := flag.String("listen", "localhost:8080", "`HOST:PORT` to listen on")
	flag.Parse()
	r := chi.NewRouter()
	r.Use(middleware.Logger, middleware.Recoverer)
	r.Route("/tasks", (&tasks{}).routes)

	doc, err := mcpmount.ParseOpenAPI(spec)
	if err != nil {
		log.Fatal(err)
	}
	srv, err := mcpmount.New(doc, mcpmount.InProcess(r), nil)
	if err != nil {
		log.Fatal(err)
	}
	r.Handle("/mcp", srv)
	r.Handle("/mcp/*", srv)
	if err := server.Run(*listen, r, srv); err != nil {
		log.Fatal(err)
	}
}

// A Task is something to do.
type Task struct {
	ID    int    `json:"id"`
	Title string `json:"title"`
	Done  bool   `json:"done"`
}

// A NewTask is what a task begins with.
type NewTask struct {
	Title string `json:"title" validate:"required"`
}

type tasks struct {
	mu  sync.Mutex
	all []Task
}

func (t *tasks) routes(r chi.Router) {
	r.Get("/", t.list)
	r.Post("/", t.create)
	r.Put("/{id}/done", t.finish)
}

// list returns the tasks, or only those that are done or not.
func (t *tasks) list(w http.ResponseWriter, r *http.Request) {
	t.mu.Lock()
	defer t.mu.Unlock()
	found := []Task{}
	done := r.URL.Query().Get("done")
	for _, task := range t.all {
		if done == "" || done == strconv.FormatBool(task.Done) {
			found = append(found, task)
		}
	}
	writeJSON(w, http.StatusOK, found)
}

// create adds a task.
func (t *tasks) create(w http.ResponseWriter, r *http.Request) {
	var in NewTask
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil || in.Title == "" {
		http.Error(w, "a task has a title", http.StatusBadRequest)
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	task := Task{ID: len(t.all) + 1, Title: in.Title}
	t.all = append(t.all, task)
	writeJSON(w, http.StatusCreated, task)
}

// finish marks a task as done.
func (t *tasks) finish(w http.ResponseWriter, r *http.Request) {
	id, err := strconv.Atoi(chi.URLParam(r, "id"))
	t.mu.Lock()
	defer t.mu.Unlock()
	if err != nil || id < 1 || id > len(t.all) {
		http.Error(w, "there is no such task", http.StatusNotFound)
		return
	}
	t.all[id-1].Done = true
	writeJSON(w, http.StatusOK, t.all[id-1])
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(v)
}
