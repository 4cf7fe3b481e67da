// Package frameworks holds one suite over the routers that Go programmers use.
package frameworks

import (
	"encoding/json"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/mcpmount/mcpmount"
)

func TestMain(m *testing.M) {
	slog.SetDefault(slog.New(slog.DiscardHandler))
	gin.SetMode(gin.ReleaseMode)
	os.Exit(m.Run())
}

// The structs of the API, with the tags of every framework.
type (
	item struct {
		ID    string  `json:"id"`
		Name  string  `json:"name"`
		Price float64 `json:"price"`
	}
	itemID struct {
		ID string `uri:"id" param:"id" params:"id" path:"id" json:"-"`
	}
	createItem struct {
		Name  string  `json:"name" binding:"required" validate:"required" minLength:"1"`
		Price float64 `json:"price,omitempty"`
	}
	listItems struct {
		Limit int `form:"limit" query:"limit" binding:"max=100" validate:"max=100" maximum:"100"`
	}
	itemList struct {
		Items []item `json:"items"`
		Limit int    `json:"limit"`
	}
	identity struct {
		Authorization string `json:"authorization"`
		Host          string `json:"host"`
	}
	uploadFile struct {
		File *multipart.FileHeader `form:"file" binding:"required"`
	}
	uploaded struct {
		Name string `json:"name"`
		Size int64  `json:"size"`
	}
	filePath struct {
		Path string `json:"path"`
	}
	failure struct {
		Error string `json:"error"`
	}
)

// A service is what every app of the suite serves.
type service struct {
	mu     sync.Mutex
	counts map[string]int // requests that the middleware saw, by path

	release  chan struct{} // lets a stream go on
	started  chan struct{} // has one for each call that waits
	canceled chan struct{} // has one for each call that saw its context end
	giveUp   chan struct{} // ends calls that never see that
}

func newService() *service {
	return &service{counts: map[string]int{}, release: make(chan struct{}), started: make(chan struct{}, 8), canceled: make(chan struct{}, 8), giveUp: make(chan struct{})}
}

// saw counts a request, as the app's middleware.
func (s *service) saw(path string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.counts[strings.Clone(path)]++
}

func (s *service) count(path string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.counts[path]
}

func (s *service) list(limit int) itemList {
	return itemList{Items: []item{{"1", "cup", 3}}, Limit: limit}
}

func (s *service) get(id string) (item, bool) {
	return item{ID: strings.Clone(id), Name: "cup", Price: 3}, id != "missing"
}

func (s *service) create(c createItem) item { return item{"2", c.Name, c.Price} }

// allowed is the auth of the app.
func (s *service) allowed(path, authorization string) bool {
	return path != "/whoami" || authorization == "Bearer t"
}

// lines writes a stream whose second line waits until the client has seen the
// first.
func (s *service) lines(w io.Writer, flush func()) {
	io.WriteString(w, "{\"n\":1}\n")
	flush()
	select {
	case <-s.release:
	case <-s.giveUp:
	}
	io.WriteString(w, "{\"n\":2}\n")
	flush()
}

// wait waits for the end of the call.
func (s *service) wait(done <-chan struct{}) {
	s.started <- struct{}{}
	select {
	case <-done:
		s.canceled <- struct{}{}
	case <-s.giveUp:
	}
}

func (s *service) upload(h *multipart.FileHeader) (uploaded, error) {
	f, err := h.Open()
	if err != nil {
		return uploaded{}, err
	}
	defer f.Close()
	n, err := io.Copy(io.Discard, f)
	return uploaded{h.Filename, n}, err
}

// document describes the API by its types.
func document() *mcpmount.Document {
	return &mcpmount.Document{
		Info: mcpmount.Info{Title: "Items", Version: "1"},
		Operations: []mcpmount.Operation{
			mcpmount.Route[listItems, itemList]("GET", "/items"),
			mcpmount.Route[createItem, item]("POST", "/items"),
			mcpmount.Route[itemID, item]("GET", "/items/:id"),
			mcpmount.Route[itemID, mcpmount.None]("DELETE", "/items/:id"),
			mcpmount.Route[mcpmount.None, identity]("GET", "/whoami"),
			stream(mcpmount.Route[mcpmount.None, any]("GET", "/stream")),
			mcpmount.Route[mcpmount.None, any]("GET", "/slow"),
			mcpmount.Route[uploadFile, uploaded]("POST", "/upload"),
			mcpmount.Route[mcpmount.None, any]("GET", "/panic"),
			mcpmount.Route[mcpmount.None, filePath]("GET", "/files/*path"),
		},
	}
}

// stream says that what a route answers is a line of JSON after the other.
func stream(op mcpmount.Operation) mcpmount.Operation {
	op.Responses = []mcpmount.Response{{Status: "200", Content: []mcpmount.MediaType{{Type: "application/x-ndjson"}}}}
	return op
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(v)
}

// middleware is that of the apps on net/http.
func (s *service) middleware(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.saw(r.URL.Path)
		if !s.allowed(r.URL.Path, r.Header.Get("Authorization")) {
			writeJSON(w, http.StatusUnauthorized, failure{"who are you"})
			return
		}
		next.ServeHTTP(w, r)
	})
}

// handlers returns the handlers of the apps on net/http by route, for routers that
// have parameters param.
func (s *service) handlers(param func(r *http.Request, name string) string) map[string]http.HandlerFunc {
	return map[string]http.HandlerFunc{
		"GET /items": func(w http.ResponseWriter, r *http.Request) {
			var limit int
			if text := r.FormValue("limit"); text != "" {
				if err := json.Unmarshal([]byte(text), &limit); err != nil {
					writeJSON(w, http.StatusBadRequest, failure{err.Error()})
					return
				}
			}
			writeJSON(w, http.StatusOK, s.list(limit))
		},
		"POST /items": func(w http.ResponseWriter, r *http.Request) {
			var c createItem
			if err := json.NewDecoder(r.Body).Decode(&c); err != nil {
				writeJSON(w, http.StatusBadRequest, failure{err.Error()})
				return
			}
			writeJSON(w, http.StatusCreated, s.create(c))
		},
		"GET /items/{id}": func(w http.ResponseWriter, r *http.Request) {
			if i, ok := s.get(param(r, "id")); ok {
				writeJSON(w, http.StatusOK, i)
				return
			}
			writeJSON(w, http.StatusNotFound, failure{"no such item"})
		},
		"DELETE /items/{id}": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) },
		"GET /whoami": func(w http.ResponseWriter, r *http.Request) {
			writeJSON(w, http.StatusOK, identity{r.Header.Get("Authorization"), r.Host})
		},
		"GET /stream": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/x-ndjson")
			s.lines(w, func() { http.NewResponseController(w).Flush() })
		},
		"GET /slow": func(w http.ResponseWriter, r *http.Request) {
			s.wait(r.Context().Done())
			writeJSON(w, http.StatusOK, "late")
		},
		"POST /upload": func(w http.ResponseWriter, r *http.Request) {
			_, h, err := r.FormFile("file")
			if err == nil {
				var u uploaded
				if u, err = s.upload(h); err == nil {
					writeJSON(w, http.StatusOK, u)
					return
				}
			}
			writeJSON(w, http.StatusBadRequest, failure{err.Error()})
		},
		"GET /panic": func(http.ResponseWriter, *http.Request) { panic("boom") },
		"GET /files/*": func(w http.ResponseWriter, r *http.Request) {
			writeJSON(w, http.StatusOK, filePath{param(r, "*")})
		},
	}
}
