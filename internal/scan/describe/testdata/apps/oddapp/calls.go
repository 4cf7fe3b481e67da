package oddapp

import (
	"encoding/json"
	"net/http"

	"example.com/handlers/model"
)

// calls has functions that call themselves, that are set where nobody sees it, and that are missing.
type calls struct {
	again   func(w http.ResponseWriter, depth int)
	pointed func(w http.ResponseWriter)
	unset   func(w http.ResponseWriter)
	same    func(w http.ResponseWriter)
	made    func(w http.ResponseWriter, v model.Error) error
	decode  func(r *http.Request, into any) bool
}

func set(to *func(http.ResponseWriter)) { *to = func(http.ResponseWriter) {} }

// maker returns a function and an error.
func maker() (func(http.ResponseWriter, model.Error) error, error) {
	return func(w http.ResponseWriter, v model.Error) error { return json.NewEncoder(w).Encode(v) }, nil
}

func newCalls() *calls {
	c := &calls{}
	c.again = func(w http.ResponseWriter, depth int) {
		if depth > 0 {
			c.again(w, depth-1)
			c.again(w, depth-2)
		}
		w.WriteHeader(http.StatusAccepted)
	}
	c.pointed = func(w http.ResponseWriter) { w.WriteHeader(http.StatusCreated) }
	set(&c.pointed)
	c.same = (func(http.ResponseWriter))(c.same)
	c.made, _ = maker()
	return c
}

func (c *calls) deep(w http.ResponseWriter, _ *http.Request) { c.again(w, 2) }

func (c *calls) byPointer(w http.ResponseWriter, _ *http.Request) {
	w.WriteHeader(http.StatusOK)
	c.pointed(w)
}

func (c *calls) never(w http.ResponseWriter, _ *http.Request) { c.unset(w) }

func (c *calls) itself(w http.ResponseWriter, _ *http.Request) { c.same(w) }

func (c *calls) ofMaker(w http.ResponseWriter, _ *http.Request) { _ = c.made(w, model.Error{}) }

func (c *calls) decoded(_ http.ResponseWriter, r *http.Request) { _ = c.decode(r, &model.Error{}) }
