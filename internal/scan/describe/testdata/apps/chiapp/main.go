// Package chiapp has handlers of chi.
package chiapp

import (
	"net/http"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/render"

	"example.com/handlers/model"
)

// ArticleRequest is an article to save.
type ArticleRequest struct {
	*model.CreateItem
	Protected string `json:"-"`
}

// Bind checks the request.
func (a *ArticleRequest) Bind(r *http.Request) error {
	_ = r.URL.Query().Get("draft")
	return nil
}

// ErrResponse is an error.
type ErrResponse struct {
	Err    error  `json:"-"`
	Status int    `json:"-"`
	Text   string `json:"status"`
}

// Render sets the status.
func (e *ErrResponse) Render(w http.ResponseWriter, r *http.Request) error {
	render.Status(r, e.Status)
	return nil
}

func errInvalid(err error) render.Renderer {
	return &ErrResponse{Err: err, Status: 400, Text: "invalid"}
}

// New returns the app.
func New() http.Handler {
	r := chi.NewRouter()
	r.Route("/articles", func(r chi.Router) {
		r.Get("/", list)
		r.Post("/", create)
		r.Get("/{slug:[a-z-]+}", get)
	})
	return r
}

func list(w http.ResponseWriter, r *http.Request) {
	render.JSON(w, r, []model.Item{{Status: model.StatusPaid}})
}

func create(w http.ResponseWriter, r *http.Request) {
	data := &ArticleRequest{}
	if err := render.Bind(r, data); err != nil {
		render.Render(w, r, errInvalid(err))
		return
	}
	render.Status(r, http.StatusCreated)
	render.JSON(w, r, data)
}

func get(w http.ResponseWriter, r *http.Request) {
	if slug := chi.URLParam(r, "slug"); slug == "none" {
		render.NoContent(w, r)
		return
	}
	render.JSON(w, r, render.M{"article": model.Item{Status: model.StatusPaid}})
}
