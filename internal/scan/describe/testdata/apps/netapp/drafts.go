package netapp

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httputil"
	"net/url"

	"example.com/handlers/model"
)

func store(ctx context.Context, item *model.CreateItem) error { return ctx.Err() }

// drafts has handlers without names, which call functions in variables around them.
func drafts(mux *http.ServeMux, render func(http.ResponseWriter, any)) {
	fail := func(w http.ResponseWriter, r *http.Request, status int, err error) {
		http.Error(w, err.Error(), status)
	}
	save := store
	proxy := httputil.NewSingleHostReverseProxy(&url.URL{})
	mux.HandleFunc("POST /drafts", func(w http.ResponseWriter, r *http.Request) {
		var in model.CreateItem
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
			fail(w, r, http.StatusUnprocessableEntity, err)
			return
		}
		if err := save(r.Context(), &in); err != nil {
			fail(w, r, http.StatusServiceUnavailable, err)
			return
		}
		w.WriteHeader(http.StatusCreated)
		render(w, model.Item{Name: in.Name, Status: model.StatusOpen})
	})
	mux.HandleFunc("DELETE /drafts", func(w http.ResponseWriter, r *http.Request) {
		proxy.ErrorLog = nil
		w.WriteHeader(http.StatusNoContent)
	})
}
