// Package netapp has handlers of net/http.
package netapp

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/google/uuid"

	"example.com/handlers/model"
)

type api struct{ items map[string]model.Item }

// known is an item that is there.
const known = "5f0c4a4e-6b7e-4c7e-9d3a-1f2e3d4c5b6a"

// New returns the app.
func New() http.Handler {
	a := &api{items: map[string]model.Item{known: {Name: "Mug", Status: model.StatusOpen}}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /items", a.listItems)
	mux.HandleFunc("POST /items", a.createItem)
	mux.HandleFunc("GET /items/{id}", a.getItem)
	mux.HandleFunc("PUT /items/{id}", a.replaceItem)
	mux.HandleFunc("DELETE /items/{id}", a.deleteItem)
	mux.HandleFunc("/orders", a.orders)
	mux.HandleFunc("POST /login", login)
	mux.HandleFunc("POST /photos", upload)
	mux.HandleFunc("POST /raw", raw)
	mux.HandleFunc("GET /since", since)
	mux.HandleFunc("GET /optional", optional)
	mux.Handle("POST /rpc/items", rpc(a.rpcCreate))
	mux.HandleFunc("GET /old", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/items", http.StatusFound) })
	drafts(mux, func(w http.ResponseWriter, v any) {
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(v)
	})
	return mux
}

// listItems lists the items. Those that are sold out are not among them.
func (a *api) listItems(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	limit, err := queryInt(r, "limit", 20)
	if err != nil {
		writeError(w, http.StatusBadRequest, err)
		return
	}
	status := model.Status(q.Get("status"))
	tags := q["tag"]
	_, _, _ = limit, status, tags
	writeJSON(w, http.StatusOK, model.Page[model.Item]{})
}

func (a *api) createItem(w http.ResponseWriter, r *http.Request) {
	req, err := decode[model.CreateItem](w, r)
	if err != nil {
		writeError(w, http.StatusBadRequest, err)
		return
	}
	if r.Header.Get("X-Dry-Run") != "" {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	writeJSON(w, http.StatusCreated, model.Item{Name: req.Name, Status: model.StatusPaid})
}

func (a *api) getItem(w http.ResponseWriter, r *http.Request) {
	id, ok := a.itemID(w, r)
	if !ok {
		return
	}
	item, found := a.items[id.String()]
	if !found {
		http.NotFound(w, r)
		return
	}
	if expand, _ := strconv.ParseBool(r.URL.Query().Get("expand")); expand {
		writeJSON(w, http.StatusOK, &item)
		return
	}
	writeJSON(w, http.StatusOK, map[string]any{"id": id, "name": item.Name})
}

func (a *api) replaceItem(w http.ResponseWriter, r *http.Request) {
	var item model.Item
	if !readJSON(w, r, &item) {
		return
	}
	a.items[r.PathValue("id")] = item
	w.WriteHeader(http.StatusNoContent)
}

func (a *api) deleteItem(w http.ResponseWriter, r *http.Request) {
	delete(a.items, r.PathValue("id"))
	w.WriteHeader(http.StatusNoContent)
}

// orders lists orders, and takes new ones.
func (a *api) orders(w http.ResponseWriter, r *http.Request) {
	switch r.Method {
	case http.MethodGet:
		writeJSON(w, http.StatusOK, []model.Item{{Status: model.StatusPaid}})
	case http.MethodPost:
		var body struct {
			Item  uuid.UUID `json:"item"`
			Count int       `json:"count"`
		}
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		writeJSON(w, http.StatusCreated, body)
	default:
		http.Error(w, "method", http.StatusMethodNotAllowed)
	}
}

func login(w http.ResponseWriter, r *http.Request) {
	name, password := r.FormValue("name"), r.FormValue("password")
	if name == "" || password == "" {
		http.Error(w, "missing", http.StatusBadRequest)
		return
	}
	http.SetCookie(w, &http.Cookie{Name: "session"})
}

func upload(w http.ResponseWriter, r *http.Request) {
	file, _, err := r.FormFile("photo")
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	defer file.Close()
	_ = r.FormValue("title")
	w.Header().Set("Content-Type", "image/png")
	io.Copy(w, file)
}

func raw(w http.ResponseWriter, r *http.Request) {
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
	if err != nil {
		return
	}
	var v model.Error
	if err := json.Unmarshal(data, &v); err != nil {
		return
	}
	out, _ := json.Marshal(v)
	w.Header().Set("Content-Type", "application/json")
	w.Write(out)
}

func since(w http.ResponseWriter, r *http.Request) {
	from := r.URL.Query().Get("from")
	if from == "" {
		http.Error(w, "from is missing", http.StatusBadRequest)
		return
	}
	t, err := time.Parse(time.RFC3339, from)
	if err != nil {
		http.Error(w, "from is no time", http.StatusBadRequest)
		return
	}
	day, err := time.Parse(time.DateOnly, r.URL.Query().Get("day"))
	if err != nil {
		http.Error(w, "day is no day", http.StatusBadRequest)
		return
	}
	_, _ = t, day
	io.WriteString(w, "ok")
}

func optional(w http.ResponseWriter, r *http.Request) {
	n := 10
	if s := r.URL.Query().Get("n"); s != "" {
		v, err := strconv.Atoi(s)
		if err != nil {
			http.Error(w, "n is no number", http.StatusBadRequest)
			return
		}
		n = v
	}
	var answer any
	if n > 5 {
		answer = model.Envelope{Code: n, Data: []model.Item{}}
	} else {
		answer = model.Error{}
	}
	writeJSON(w, http.StatusOK, answer)
}

// RPC is a request of an own shape.
type rpcRequest struct {
	Name string `json:"name"`
}

func (a *api) rpcCreate(w http.ResponseWriter, r *http.Request) error {
	var req rpcRequest
	if err := json.NewDecoder(r.Body).Decode(&req); err != nil {
		return err
	}
	return json.NewEncoder(w).Encode(model.Item{Name: req.Name, Status: model.StatusPaid})
}

func rpc(h func(http.ResponseWriter, *http.Request) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := h(w, r); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	})
}

func (a *api) itemID(w http.ResponseWriter, r *http.Request) (uuid.UUID, bool) {
	id, err := uuid.Parse(r.PathValue("id"))
	if err != nil {
		writeError(w, http.StatusBadRequest, err)
		return uuid.Nil, false
	}
	return id, true
}

func queryInt(r *http.Request, name string, otherwise int) (int, error) {
	s := r.URL.Query().Get(name)
	if s == "" {
		return otherwise, nil
	}
	return strconv.Atoi(s)
}

func decode[T any](w http.ResponseWriter, r *http.Request) (T, error) {
	var v T
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<20)).Decode(&v); err != nil {
		return v, errors.New("no JSON")
	}
	return v, nil
}

func readJSON(w http.ResponseWriter, r *http.Request, v any) bool {
	if err := json.NewDecoder(r.Body).Decode(v); err != nil {
		writeError(w, http.StatusUnprocessableEntity, err)
		return false
	}
	return true
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(v)
}

func writeError(w http.ResponseWriter, status int, err error) {
	writeJSON(w, status, model.Error{Message: err.Error()})
}
