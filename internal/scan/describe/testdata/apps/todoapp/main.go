// Package todoapp has a server whose handlers are what its methods return, and which writes by functions
// in its fields.
package todoapp

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
)

// A Todo is something to do.
type Todo struct {
	ID    int    `json:"id"`
	Title string `json:"title"`
	Done  bool   `json:"done"`
}

// A Problem says what went wrong.
type Problem struct {
	Message string            `json:"message"`
	Fields  map[string]string `json:"fields,omitempty"`
}

type store interface {
	List(ctx context.Context, done bool) ([]Todo, error)
	Get(ctx context.Context, id int) (*Todo, error)
	Add(ctx context.Context, t Todo) (Todo, error)
}

type memory struct{ all []Todo }

func (m *memory) List(context.Context, bool) ([]Todo, error) { return m.all, nil }

func (m *memory) Get(_ context.Context, id int) (*Todo, error) {
	for i := range m.all {
		if m.all[i].ID == id {
			return &m.all[i], nil
		}
	}
	return nil, errors.New("no such todo")
}

func (m *memory) Add(_ context.Context, t Todo) (Todo, error) {
	t.ID = len(m.all) + 1
	m.all = append(m.all, t)
	return t, nil
}

// A presenter writes answers.
type presenter interface {
	Present(w http.ResponseWriter, status int, v any)
}

type jsonPresenter struct{ indent string }

func (p jsonPresenter) Present(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	enc := json.NewEncoder(w)
	enc.SetIndent("", p.indent)
	_ = enc.Encode(v)
}

type respondFunc func(w http.ResponseWriter, r *http.Request, status int, v any)

type server struct {
	mux       *http.ServeMux
	store     store
	presenter presenter
	respond   respondFunc
	fail      func(w http.ResponseWriter, r *http.Request, status int, err error)
	render    func(w http.ResponseWriter, v any) error
	export    func(w http.ResponseWriter, all []Todo)
	log       func(format string, args ...any)
	id        func(r *http.Request) (int, error)
	page      struct {
		show func(http.ResponseWriter, any)
	}
}

// A validator says what is wrong with it.
type validator interface {
	Valid(ctx context.Context) (problems map[string]string)
}

type createTodo struct {
	Title string `json:"title"`
	Done  bool   `json:"done"`
}

func (c createTodo) Valid(context.Context) map[string]string {
	problems := map[string]string{}
	if c.Title == "" {
		problems["title"] = "is required"
	}
	return problems
}

func encode[T any](w http.ResponseWriter, r *http.Request, status int, v T) error {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(v); err != nil {
		return fmt.Errorf("encode json: %w", err)
	}
	return nil
}

func decode[T any](r *http.Request) (T, error) {
	var v T
	if err := json.NewDecoder(r.Body).Decode(&v); err != nil {
		return v, fmt.Errorf("decode json: %w", err)
	}
	return v, nil
}

func decodeValid[T validator](r *http.Request) (T, map[string]string, error) {
	var v T
	if err := json.NewDecoder(r.Body).Decode(&v); err != nil {
		return v, nil, fmt.Errorf("decode json: %w", err)
	}
	if problems := v.Valid(r.Context()); len(problems) > 0 {
		return v, problems, fmt.Errorf("invalid %T: %d problems", v, len(problems))
	}
	return v, nil, nil
}

// plain writes JSON without more.
func plain(w http.ResponseWriter, v any) error { return json.NewEncoder(w).Encode(v) }

// New returns the app.
func New() http.Handler {
	return newServer(&memory{}, plain)
}

// Other returns the app for another reader of todos.
func Other() http.Handler {
	s := newServer(&memory{}, plain)
	s.export = func(w http.ResponseWriter, all []Todo) { fmt.Fprintln(w, all) }
	return s
}

func newServer(st store, render func(http.ResponseWriter, any) error) *server {
	s := &server{
		mux:       http.NewServeMux(),
		store:     st,
		presenter: jsonPresenter{indent: "  "},
		fail: func(w http.ResponseWriter, r *http.Request, status int, err error) {
			_ = encode(w, r, status, Problem{Message: err.Error()})
		},
		render: render,
		export: func(w http.ResponseWriter, all []Todo) { _ = json.NewEncoder(w).Encode(all) },
		log:    func(format string, args ...any) { slog.Info(fmt.Sprintf(format, args...)) },
	}
	s.id = s.pathID
	s.respond = answer
	s.page.show = func(w http.ResponseWriter, v any) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprintf(w, "<p>%v</p>", v)
	}
	s.routes()
	return s
}

func answer(w http.ResponseWriter, r *http.Request, status int, v any) {
	if err := encode(w, r, status, v); err != nil {
		slog.Error(err.Error())
	}
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

func (s *server) pathID(r *http.Request) (int, error) { return strconv.Atoi(r.PathValue("id")) }

func (s *server) routes() {
	s.mux.HandleFunc("GET /todos", s.handleTodosList())
	s.mux.HandleFunc("POST /todos", s.handleTodosCreate())
	s.mux.HandleFunc("GET /todos/{id}", s.handleTodosGet())
	s.mux.HandleFunc("PUT /todos/{id}", s.handleTodosReplace)
	s.mux.HandleFunc("GET /todos/export", s.handleTodosExport)
	s.mux.HandleFunc("GET /todos/page", s.handleTodosPage)
	s.mux.HandleFunc("GET /todos/first", s.handleTodosFirst)
	s.mux.Handle("GET /todos/last", s.adminOnly(s.handleTodosLast()))
}

func (s *server) adminOnly(h http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") == "" {
			http.NotFound(w, r)
			return
		}
		h(w, r)
	}
}

func (s *server) handleTodosList() http.HandlerFunc {
	type response struct {
		Todos []Todo `json:"todos"`
		Total int    `json:"total"`
	}
	return func(w http.ResponseWriter, r *http.Request) {
		done := r.URL.Query().Get("done") == "true"
		all, err := s.store.List(r.Context(), done)
		if err != nil {
			s.fail(w, r, http.StatusInternalServerError, err)
			return
		}
		s.respond(w, r, http.StatusOK, response{Todos: all, Total: len(all)})
	}
}

func (s *server) handleTodosCreate() http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		in, problems, err := decodeValid[createTodo](r)
		if len(problems) > 0 {
			s.respond(w, r, http.StatusUnprocessableEntity, Problem{Message: "invalid", Fields: problems})
			return
		}
		if err != nil {
			s.fail(w, r, http.StatusBadRequest, err)
			return
		}
		s.log("creating %s", in.Title)
		todo, err := s.store.Add(r.Context(), Todo{Title: in.Title, Done: in.Done})
		if err != nil {
			s.fail(w, r, http.StatusInternalServerError, err)
			return
		}
		s.respond(w, r, http.StatusCreated, todo)
	}
}

func (s *server) handleTodosGet() http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		id, err := s.id(r)
		if err != nil {
			s.fail(w, r, http.StatusBadRequest, err)
			return
		}
		todo, err := s.store.Get(r.Context(), id)
		if err != nil {
			s.fail(w, r, http.StatusNotFound, err)
			return
		}
		_ = s.render(w, todo)
	}
}

func (s *server) handleTodosReplace(w http.ResponseWriter, r *http.Request) {
	in, err := decode[Todo](r)
	if err != nil {
		s.fail(w, r, http.StatusBadRequest, err)
		return
	}
	if err := encode(w, r, http.StatusOK, in); err != nil {
		s.log("%v", err)
	}
}

// handleTodosExport writes by one of two functions.
func (s *server) handleTodosExport(w http.ResponseWriter, r *http.Request) {
	all, _ := s.store.List(r.Context(), true)
	s.export(w, all)
}

func (s *server) handleTodosPage(w http.ResponseWriter, r *http.Request) {
	all, _ := s.store.List(r.Context(), true)
	s.page.show(w, all)
}

func (s *server) handleTodosFirst(w http.ResponseWriter, r *http.Request) {
	todo, err := s.store.Get(r.Context(), 1)
	if err != nil {
		s.presenter.Present(w, http.StatusNotFound, Problem{Message: err.Error()})
		return
	}
	s.presenter.Present(w, http.StatusOK, todo)
}

var last = func(w http.ResponseWriter, todo Todo) { _ = json.NewEncoder(w).Encode(todo) }

func (s *server) handleTodosLast() http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		all, _ := s.store.List(r.Context(), true)
		last(w, all[len(all)-1])
	}
}
