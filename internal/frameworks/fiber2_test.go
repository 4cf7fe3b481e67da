package frameworks

import (
	"bufio"
	"context"
	"crypto/rand"
	"net/http"
	"sync"
	"testing"

	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/middleware/adaptor"

	"github.com/mcpmount/mcpmount"
)

func newFiber2(s *service) *fiber.App {
	app := fiber.New(fiber.Config{UnescapePath: true, BodyLimit: 8 << 20, DisableStartupMessage: true})
	app.Use(func(c *fiber.Ctx) error {
		s.saw(c.Path())
		if !s.allowed(c.Path(), c.Get("Authorization")) {
			return c.Status(http.StatusUnauthorized).JSON(failure{"who are you"})
		}
		return c.Next()
	})
	return app
}

// startFiber2 has fiber in front, as an app that is there already does.
func startFiber2(t *testing.T, s *service, doc *mcpmount.Document) (*mcpmount.Server, string) {
	app := newFiber2(s)
	fiber2Handlers(app, s)
	if problems := doc.Drift(fiber2Routes(app)); len(problems) > 0 {
		t.Error(problems)
	}
	srv, err := mountFiber2(app, doc)
	if err != nil {
		t.Fatal(err)
	}
	ln := listenTCP(t)
	go app.Listener(ln)
	t.Cleanup(func() { app.Shutdown() })
	return srv, "http://" + ln.Addr().String()
}

func mountFiber2(app *fiber.App, doc *mcpmount.Document) (*mcpmount.Server, error) {
	// recipe: fiber v2
	srv, err := mcpmount.New(doc, mcpmount.InProcess(adaptor.FiberApp(app)), nil)
	if err == nil {
		app.All("/mcp", adaptor.HTTPHandler(ownRequests(srv)))
		app.All("/mcp/*", adaptor.HTTPHandler(ownRequests(srv)))
	}
	// end
	return srv, err
}

// startFiber2Beside has net/http in front.
func startFiber2Beside(t *testing.T, s *service, doc *mcpmount.Document) (*mcpmount.Server, string) {
	app := newFiber2(s)
	api := fiber2WithContext(app)
	fiber2Handlers(app, s)
	srv, front, err := mountFiber2Beside(app, api, doc)
	if err != nil {
		t.Fatal(err)
	}
	return srv, listen(t, front)
}

func mountFiber2Beside(app *fiber.App, api http.Handler, doc *mcpmount.Document) (*mcpmount.Server, http.Handler, error) {
	// recipe: fiber v2 beside net/http
	srv, err := mcpmount.New(doc, mcpmount.InProcess(api), nil)
	front := http.NewServeMux()
	front.Handle("/", adaptor.FiberApp(app))
	if err == nil {
		err = srv.Mount(front, "/mcp")
	}
	// end
	return srv, front, err
}

func fiber2WithContext(app *fiber.App) http.Handler {
	// recipe: the context of a call in fiber v2
	var calls sync.Map
	inner := adaptor.FiberApp(app)
	api := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := rand.Text()
		calls.Store(id, r.Context())
		defer calls.Delete(id)
		r.Header.Set("X-Call", id)
		inner(w, r)
	})
	app.Use(func(c *fiber.Ctx) error { // before the routes
		if ctx, ok := calls.LoadAndDelete(c.Get("X-Call")); ok {
			c.SetUserContext(ctx.(context.Context))
		}
		return c.Next()
	})
	// end
	return api
}

func fiber2Routes(app *fiber.App) []string {
	// recipe: routes of fiber v2
	var routes []string
	for _, route := range app.GetRoutes(true) {
		routes = append(routes, route.Method+" "+route.Path)
	}
	// end
	return routes
}

func fiber2Handlers(app *fiber.App, s *service) {
	app.Get("/items", func(c *fiber.Ctx) error {
		var in listItems
		if err := c.QueryParser(&in); err != nil {
			return err
		}
		return c.JSON(s.list(in.Limit))
	})
	app.Post("/items", func(c *fiber.Ctx) error {
		var in createItem
		if err := c.BodyParser(&in); err != nil {
			return err
		}
		return c.Status(http.StatusCreated).JSON(s.create(in))
	})
	app.Get("/items/:id", func(c *fiber.Ctx) error {
		var in itemID
		if err := c.ParamsParser(&in); err != nil {
			return err
		}
		if i, ok := s.get(in.ID); ok {
			return c.JSON(i)
		}
		return c.Status(http.StatusNotFound).JSON(failure{"no such item"})
	})
	app.Delete("/items/:id", func(c *fiber.Ctx) error { return c.SendStatus(http.StatusNoContent) })
	app.Get("/whoami", func(c *fiber.Ctx) error {
		return c.JSON(identity{c.Get("Authorization"), c.Hostname()})
	})
	app.Get("/stream", func(c *fiber.Ctx) error {
		c.Set("Content-Type", "application/x-ndjson")
		c.Context().SetBodyStreamWriter(func(w *bufio.Writer) { s.lines(w, func() { w.Flush() }) })
		return nil
	})
	app.Get("/slow", func(c *fiber.Ctx) error {
		s.wait(c.UserContext().Done())
		return c.JSON("late")
	})
	app.Post("/upload", func(c *fiber.Ctx) error {
		h, err := c.FormFile("file")
		if err != nil {
			return err
		}
		u, err := s.upload(h)
		if err != nil {
			return err
		}
		return c.JSON(u)
	})
	app.Get("/panic", func(*fiber.Ctx) error { panic("boom") })
	app.Get("/files/*", func(c *fiber.Ctx) error { return c.JSON(filePath{c.Params("*")}) })
}
