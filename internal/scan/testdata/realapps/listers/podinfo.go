// Goes into ./pkg/api/http.

package http

import (
	"testing"

	"github.com/gorilla/mux"
)

func TestList(t *testing.T) {
	s := NewMockServer()
	s.registerHandlers()
	var all []string
	err := s.router.Walk(func(r *mux.Route, _ *mux.Router, _ []*mux.Route) error {
		path, err := r.GetPathTemplate()
		if err != nil {
			return err
		}
		methods, err := r.GetMethods()
		if err != nil {
			methods = []string{"ANY"}
		}
		for _, m := range methods {
			all = append(all, m+" "+path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	writeList(t, all)
}
