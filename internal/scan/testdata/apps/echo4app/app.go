// Package echo4app is an app with echo.
package echo4app

import (
	"net/http"

	"github.com/labstack/echo/v4"
)

type route struct {
	method, path string
	handler      echo.HandlerFunc
}

type handler struct{ name string }

func (h *handler) routes() []route {
	return []route{
		{http.MethodGet, "/notes", h.list},
		{http.MethodPost, "/notes", h.create},
		{path: "/notes/:id", method: http.MethodGet, handler: h.get},
	}
}

// New returns the app.
func New() *echo.Echo {
	e := echo.New()
	h := &handler{}
	api := e.Group("/api", requireUser)
	for _, r := range h.routes() {
		api.Add(r.method, r.path, r.handler)
	}
	v2 := api.Group("/v2")
	v2.PUT("/notes/:id/tags/:tag", h.get, requireUser)
	v2.Any("/any", h.list)
	e.GET("/", func(c echo.Context) error { return c.String(http.StatusOK, "hello") })
	e.GET("/raw/*", echo.WrapHandler(http.HandlerFunc(raw)))
	e.Match([]string{http.MethodGet, http.MethodDelete}, "/both", withName(h.named))
	mount(e.Group, h)
	return e
}

func mount(group func(string, ...echo.MiddlewareFunc) *echo.Group, h *handler) {
	g := group("/mounted")
	g.PATCH("/:id", h.get)
}

func requireUser(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error { return next(c) }
}

func withName(fn func(c echo.Context, name string) error) echo.HandlerFunc {
	return func(c echo.Context) error { return fn(c, "name") }
}

func raw(w http.ResponseWriter, r *http.Request)           {}
func (h *handler) list(c echo.Context) error               { return c.JSON(http.StatusOK, []string{}) }
func (h *handler) create(c echo.Context) error             { return c.NoContent(http.StatusCreated) }
func (h *handler) get(c echo.Context) error                { return c.String(http.StatusOK, c.Param("id")) }
func (h *handler) named(c echo.Context, name string) error { return c.String(http.StatusOK, name) }
