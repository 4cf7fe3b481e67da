// Goes into ./server, with empty functions for what is C in llama and ml/backend/ggml.

package server

import (
	"testing"

	"github.com/gin-gonic/gin"
)

func TestList(t *testing.T) {
	h, err := (&Server{}).GenerateRoutes(nil)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, r := range h.(*gin.Engine).Routes() {
		all = append(all, r.Method+" "+r.Path)
	}
	writeList(t, all)
}
