// Package oddapp has handlers that are hard to follow, and must not keep anyone from ending.
package oddapp

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image/png"
	"io"
	"net/http"
	"strconv"

	ownjson "example.com/handlers/json"
	"example.com/handlers/model"
)

// New returns the app.
func New() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /recursive", recursive)
	mux.HandleFunc("GET /mutual", mutualA)
	mux.HandleFunc("GET /closure", closure)
	mux.HandleFunc("GET /wide", wide0)
	mux.HandleFunc("GET /labels", labels)
	mux.HandleFunc("GET /unnamed", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("GET /table", table)
	c := newCalls()
	mux.HandleFunc("GET /calls/deep", c.deep)
	mux.HandleFunc("GET /calls/pointed", c.byPointer)
	mux.HandleFunc("GET /calls/never", c.never)
	mux.HandleFunc("GET /calls/itself", c.itself)
	mux.HandleFunc("GET /calls/made", c.ofMaker)
	mux.HandleFunc("POST /calls/decoded", c.decoded)
	mux.HandleFunc("GET /generic", generic[model.Page[[]string]])
	mux.HandleFunc("POST /any", anyBody)
	mux.HandleFunc("/methods", methods)
	mux.HandleFunc("GET /nested", nested)
	mux.HandleFunc("GET /huge", huge)
	mux.HandleFunc("GET /status", status)
	mux.HandleFunc("GET /deferred", deferred)
	mux.HandleFunc("POST /wrapped", wrapped)
	mux.HandleFunc("POST /files", files)
	mux.HandleFunc("GET /failing", failing)
	mux.HandleFunc("GET /sprinted", func(w http.ResponseWriter, r *http.Request) {
		data, _ := json.Marshal(model.Error{})
		fmt.Fprintln(w, string(data))
	})
	return mux
}

func wrapped(w http.ResponseWriter, r *http.Request) {
	var e model.Error
	if err := ownjson.NewDecoder(r.Body).Decode(&e); err != nil && err != io.EOF {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Encoding", "gzip")
	packed := gzip.NewWriter(w)
	defer packed.Close()
	ownjson.NewEncoder(packed).Encode(model.Envelope{Data: e})
}

func files(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseMultipartForm(1 << 20); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	for _, all := range r.MultipartForm.File {
		_ = all[0]
	}
	png.Encode(w, nil)
}

// failing answers failures as they say themselves.
func failing(w http.ResponseWriter, r *http.Request) {
	var own interface {
		error
		Render(http.ResponseWriter, *http.Request)
	}
	if err := r.Context().Err(); errors.As(err, &own) {
		own.Render(w, r)
		return
	}
	json.NewEncoder(w).Encode(node{})
}

func recursive(w http.ResponseWriter, r *http.Request) {
	if r.URL.Query().Get("again") != "" {
		recursive(w, r)
	}
	json.NewEncoder(w).Encode(node{})
}

type node struct {
	Next  *node            `json:"next"`
	Named map[string]*node `json:"named"`
	Self  any              `json:"self"`
}

func mutualA(w http.ResponseWriter, r *http.Request) { _ = r.FormValue("a"); mutualB(w, r) }
func mutualB(w http.ResponseWriter, r *http.Request) { _ = r.FormValue("b"); mutualA(w, r) }

func closure(w http.ResponseWriter, r *http.Request) {
	var f func(n int, g func())
	f = func(n int, g func()) {
		if n > 0 {
			f(n-1, func() { g(); f(n, g) })
		}
		_ = r.URL.Query().Get("n" + strconv.Itoa(n))
	}
	f(3, func() { f(1, nil) })
}

func wide0(w http.ResponseWriter, r *http.Request) {
	wide1(w, r)
	wide1(w, r)
	wide1(w, r)
	wide1(w, r)
}
func wide1(w http.ResponseWriter, r *http.Request) {
	wide2(w, r)
	wide2(w, r)
	wide2(w, r)
	wide2(w, r)
}
func wide2(w http.ResponseWriter, r *http.Request) {
	wide3(w, r)
	wide3(w, r)
	wide3(w, r)
	wide3(w, r)
}
func wide3(w http.ResponseWriter, r *http.Request) {
	wide4(w, r)
	wide4(w, r)
	wide4(w, r)
	wide4(w, r)
}
func wide4(w http.ResponseWriter, r *http.Request) {
	wide5(w, r)
	wide5(w, r)
	wide5(w, r)
	wide5(w, r)
}
func wide5(w http.ResponseWriter, r *http.Request) {
	wide6(w, r)
	wide6(w, r)
	wide6(w, r)
	wide6(w, r)
}
func wide6(w http.ResponseWriter, r *http.Request) {
	wide7(w, r)
	wide7(w, r)
	wide7(w, r)
	wide7(w, r)
}
func wide7(w http.ResponseWriter, r *http.Request) {
	wide8(w, r)
	wide8(w, r)
	wide8(w, r)
	wide8(w, r)
}
func wide8(w http.ResponseWriter, r *http.Request) {
	wide9(w, r)
	wide9(w, r)
	wide9(w, r)
	wide9(w, r)
}
func wide9(w http.ResponseWriter, r *http.Request) { http.Error(w, r.FormValue("x"), 418) }

func labels(w http.ResponseWriter, r *http.Request) {
	i := 0
loop:
	for {
		switch {
		case i > 3:
			break loop
		case i == 2:
			i++
			continue loop
		default:
			i++
			fallthrough
		case i == 7:
			goto end
		}
	}
end:
	select {
	case <-r.Context().Done():
		http.Error(w, "late", http.StatusRequestTimeout)
	case v, ok := <-make(chan model.Error):
		_ = ok
		json.NewEncoder(w).Encode(v)
	default:
		w.WriteHeader(http.StatusAccepted)
	}
}

func table(w http.ResponseWriter, r *http.Request) {
	actions := map[string]func(http.ResponseWriter, *http.Request) error{
		"a": func(w http.ResponseWriter, r *http.Request) error { _ = r.FormValue("a"); return nil },
	}
	if f, ok := actions[r.FormValue("do")]; ok {
		_ = f(w, r)
	}
	for _, name := range []string{"x", "y"} {
		_ = r.URL.Query().Get(name)
	}
	for range 3 {
		_ = r.URL.Query()
	}
	for key, values := range r.URL.Query() {
		_, _ = key, values[0]
	}
}

func generic[T any](w http.ResponseWriter, r *http.Request) {
	respond(w, pair[T, int]{})
}

type pair[A, B any] struct {
	First  A           `json:"first"`
	Second B           `json:"second"`
	Swap   *pair[A, B] `json:"swap,omitempty"`
}

func respond[T any](w http.ResponseWriter, v T) {
	type envelope struct {
		Value any `json:"value"`
	}
	json.NewEncoder(w).Encode(envelope{Value: v})
}

func anyBody(w http.ResponseWriter, r *http.Request) {
	var v any
	_ = json.NewDecoder(r.Body).Decode(&v)
	switch v := v.(type) {
	case nil:
		w.WriteHeader(400)
	case map[string]any:
		json.NewEncoder(w).Encode(v)
	case []any, string:
		json.NewEncoder(w).Encode(v)
	}
}

func methods(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodPost {
		http.Error(w, "no", http.StatusMethodNotAllowed)
		return
	}
	if r.Method == "POST" {
		var e model.Error
		if json.NewDecoder(r.Body).Decode(&e) != nil {
			w.WriteHeader(400)
			return
		}
		w.WriteHeader(http.StatusNoContent)
		return
	}
	json.NewEncoder(w).Encode(model.Error{})
}

func nested(w http.ResponseWriter, r *http.Request) {
	data := map[string]any{"a": map[string]any{"b": []any{1, "x", map[string]any{"c": nil}}}}
	data["self"] = data
	if r.FormValue("more") != "" {
		data["more"] = []model.Error{{}}
	}
	json.NewEncoder(w).Encode(data)
}

func huge(w http.ResponseWriter, r *http.Request) {
	n, err := strconv.Atoi(r.URL.Query().Get("n"))
	if err != nil || n < 0 || r.URL.Query().Get("m") == "" {
		http.Error(w, "n", 400)
		return
	}
	var out []any
	for i := range n {
		out = append(out, i, struct{ A int }{i}, out)
	}
	json.NewEncoder(w).Encode(out)
}

func status(w http.ResponseWriter, r *http.Request) {
	code := 200
	if r.URL.Query().Has("new") {
		code = 201
	} else if r.Header.Get("X-Kind") == "old" {
		code = 410
	}
	w.WriteHeader(code)
}

func deferred(w http.ResponseWriter, r *http.Request) {
	defer func() {
		if v := recover(); v != nil {
			http.Error(w, "panic", 500)
		}
	}()
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	go func() { <-ctx.Done() }()
	panic(r.FormValue("why"))
}
