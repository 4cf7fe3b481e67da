package frameworks

import (
	"net/http"
	"testing"

	"github.com/labstack/echo/v4"

	"github.com/mcpmount/mcpmount"
)

func startEcho4(t *testing.T, s *service, doc *mcpmount.Document) (*mcpmount.Server, string) {
	e := echo.New()
	e.Use(func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			s.saw(c.Request().URL.Path)
			if !s.allowed(c.Request().URL.Path, c.Request().Header.Get("Authorization")) {
				return c.JSON(http.StatusUnauthorized, failure{"who are you"})
			}
			return next(c)
		}
	})
	echo4Handlers(e, s)
	if problems := doc.Drift(echo4Routes(e)); len(problems) > 0 {
		t.Error(problems)
	}
	srv, err := mountEcho4(e, doc)
	if err != nil {
		t.Fatal(err)
	}
	return srv, listen(t, e)
}

func mountEcho4(e *echo.Echo, doc *mcpmount.Document) (*mcpmount.Server, error) {
	// recipe: echo v4
	srv, err := mcpmount.New(doc, mcpmount.InProcess(e), nil)
	if err == nil {
		e.Any("/mcp", echo.WrapHandler(srv))
		e.Any("/mcp/*", echo.WrapHandler(srv))
	}
	// end
	return srv, err
}

func echo4Routes(e *echo.Echo) []string {
	// recipe: routes of echo v4
	var routes []string
	for _, route := range e.Routes() {
		routes = append(routes, route.Method+" "+route.Path)
	}
	// end
	return routes
}

func echo4Handlers(e *echo.Echo, s *service) {
	e.GET("/items", func(c echo.Context) error {
		var in listItems
		if err := c.Bind(&in); err != nil {
			return err
		}
		return c.JSON(http.StatusOK, s.list(in.Limit))
	})
	e.POST("/items", func(c echo.Context) error {
		var in createItem
		if err := c.Bind(&in); err != nil {
			return err
		}
		return c.JSON(http.StatusCreated, s.create(in))
	})
	e.GET("/items/:id", func(c echo.Context) error {
		var in itemID
		if err := c.Bind(&in); err != nil {
			return err
		}
		if i, ok := s.get(in.ID); ok {
			return c.JSON(http.StatusOK, i)
		}
		return c.JSON(http.StatusNotFound, failure{"no such item"})
	})
	e.DELETE("/items/:id", func(c echo.Context) error { return c.NoContent(http.StatusNoContent) })
	e.GET("/whoami", func(c echo.Context) error {
		return c.JSON(http.StatusOK, identity{c.Request().Header.Get("Authorization"), c.Request().Host})
	})
	e.GET("/stream", func(c echo.Context) error {
		c.Response().Header().Set("Content-Type", "application/x-ndjson")
		s.lines(c.Response(), c.Response().Flush)
		return nil
	})
	e.GET("/slow", func(c echo.Context) error {
		s.wait(c.Request().Context().Done())
		return c.JSON(http.StatusOK, "late")
	})
	e.POST("/upload", func(c echo.Context) error {
		h, err := c.FormFile("file")
		if err != nil {
			return err
		}
		u, err := s.upload(h)
		if err != nil {
			return err
		}
		return c.JSON(http.StatusOK, u)
	})
	e.GET("/panic", func(echo.Context) error { panic("boom") })
	e.GET("/files/*", func(c echo.Context) error { return c.JSON(http.StatusOK, filePath{c.Param("*")}) })
}
