// Goes into ./examples/petstore-expanded.

package petstore

import (
	"net/http"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/go-chi/chi/v5"
	"github.com/labstack/echo/v4"

	authenticated "github.com/deepmap/oapi-codegen/examples/authenticated-api/echo/api"
	chiapi "github.com/deepmap/oapi-codegen/examples/petstore-expanded/chi/api"
	echoapi "github.com/deepmap/oapi-codegen/examples/petstore-expanded/echo/api"
	ginapi "github.com/deepmap/oapi-codegen/examples/petstore-expanded/gin/api"
)

func TestList(t *testing.T) {
	var all []string
	e := echo.New()
	echoapi.RegisterHandlers(e, echoapi.NewPetStore())
	authenticated.RegisterHandlers(e, nil)
	for _, r := range e.Routes() {
		all = append(all, r.Method+" "+r.Path)
	}
	g := ginapi.RegisterHandlers(gin.New(), ginapi.NewPetStore())
	for _, r := range g.Routes() {
		all = append(all, r.Method+" "+r.Path)
	}
	c := chi.NewRouter()
	chiapi.HandlerFromMux(chiapi.NewPetStore(), c)
	_ = chi.Walk(c, func(method, route string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		all = append(all, method+" "+route)
		return nil
	})
	writeList(t, all)
}
