package frameworks

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"net"
	"net/http"
	"sync"
	"testing"

	"github.com/gofiber/fiber/v3"
	"github.com/gofiber/fiber/v3/middleware/adaptor"

	"github.com/mcpmount/mcpmount"
)

func newFiber3(s *service) *fiber.App {
	app := fiber.New(fiber.Config{UnescapePath: true, BodyLimit: 8 << 20})
	app.Use(func(c fiber.Ctx) error {
		s.saw(c.Path())
		if !s.allowed(c.Path(), c.Get("Authorization")) {
			return c.Status(http.StatusUnauthorized).JSON(failure{"who are you"})
		}
		return c.Next()
	})
	return app
}

// startFiber3 has fiber in front, as an app that is there already does.
func startFiber3(t *testing.T, s *service, doc *mcpmount.Document) (*mcpmount.Server, string) {
	app := newFiber3(s)
	fiber3Handlers(app, s)
	if problems := doc.Drift(fiber3Routes(app)); len(problems) > 0 {
		t.Error(problems)
	}
	srv, err := mountFiber3(app, doc)
	if err != nil {
		t.Fatal(err)
	}
	ln := listenTCP(t)
	go app.Listener(ln, fiber.ListenConfig{DisableStartupMessage: true})
	t.Cleanup(func() { app.Shutdown() })
	return srv, "http://" + ln.Addr().String()
}

func mountFiber3(app *fiber.App, doc *mcpmount.Document) (*mcpmount.Server, error) {
	// recipe: fiber v3
	srv, err := mcpmount.New(doc, mcpmount.InProcess(adaptor.FiberApp(app)), nil)
	if err == nil {
		app.All("/mcp", adaptor.HTTPHandler(ownRequests(srv)))
		app.All("/mcp/*", adaptor.HTTPHandler(ownRequests(srv)))
	}
	// end
	return srv, err
}

// startFiber3Beside has net/http in front.
func startFiber3Beside(t *testing.T, s *service, doc *mcpmount.Document) (*mcpmount.Server, string) {
	app := newFiber3(s)
	api := fiber3WithContext(app)
	fiber3Handlers(app, s)
	srv, front, err := mountFiber3Beside(app, api, doc)
	if err != nil {
		t.Fatal(err)
	}
	return srv, listen(t, front)
}

func mountFiber3Beside(app *fiber.App, api http.Handler, doc *mcpmount.Document) (*mcpmount.Server, http.Handler, error) {
	// recipe: fiber v3 beside net/http
	srv, err := mcpmount.New(doc, mcpmount.InProcess(api), nil)
	front := http.NewServeMux()
	front.Handle("/", adaptor.FiberApp(app))
	if err == nil {
		err = srv.Mount(front, "/mcp")
	}
	// end
	return srv, front, err
}

func fiber3WithContext(app *fiber.App) http.Handler {
	// recipe: the context of a call in fiber v3
	var calls sync.Map
	inner := adaptor.FiberApp(app)
	api := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := rand.Text()
		calls.Store(id, r.Context())
		defer calls.Delete(id)
		r.Header.Set("X-Call", id)
		inner(w, r)
	})
	app.Use(func(c fiber.Ctx) error { // before the routes
		if ctx, ok := calls.LoadAndDelete(c.Get("X-Call")); ok {
			c.SetContext(ctx.(context.Context))
		}
		return c.Next()
	})
	// end
	return api
}

func fiber3Routes(app *fiber.App) []string {
	// recipe: routes of fiber v3
	var routes []string
	for _, route := range app.GetRoutes(true) {
		routes = append(routes, route.Method+" "+route.Path)
	}
	// end
	return routes
}

func fiber3Handlers(app *fiber.App, s *service) {
	app.Get("/items", func(c fiber.Ctx) error {
		var in listItems
		if err := c.Bind().Query(&in); err != nil {
			return err
		}
		return c.JSON(s.list(in.Limit))
	})
	app.Post("/items", func(c fiber.Ctx) error {
		var in createItem
		if err := c.Bind().Body(&in); err != nil {
			return err
		}
		return c.Status(http.StatusCreated).JSON(s.create(in))
	})
	app.Get("/items/:id", func(c fiber.Ctx) error {
		var in itemID
		if err := c.Bind().URI(&in); err != nil {
			return err
		}
		if i, ok := s.get(in.ID); ok {
			return c.JSON(i)
		}
		return c.Status(http.StatusNotFound).JSON(failure{"no such item"})
	})
	app.Delete("/items/:id", func(c fiber.Ctx) error { return c.SendStatus(http.StatusNoContent) })
	app.Get("/whoami", func(c fiber.Ctx) error {
		return c.JSON(identity{c.Get("Authorization"), c.Host()})
	})
	app.Get("/stream", func(c fiber.Ctx) error {
		c.Set("Content-Type", "application/x-ndjson")
		return c.SendStreamWriter(func(w *bufio.Writer) { s.lines(w, func() { w.Flush() }) })
	})
	app.Get("/slow", func(c fiber.Ctx) error {
		s.wait(c.Context().Done())
		return c.JSON("late")
	})
	app.Post("/upload", func(c fiber.Ctx) error {
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
	app.Get("/panic", func(fiber.Ctx) error { panic("boom") })
	app.Get("/files/*", func(c fiber.Ctx) error { return c.JSON(filePath{c.Params("*")}) })
}

// ownRequests gives requests to next that do not share memory with fasthttp, which
// uses it again while messages of a session may still be handled.
func ownRequests(next http.Handler) http.Handler {
	// recipe: requests of fiber
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var text bytes.Buffer
		err := r.Write(&text)
		own, readErr := http.ReadRequest(bufio.NewReader(&text))
		if err := errors.Join(err, readErr); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		own.RemoteAddr, own.TLS = r.RemoteAddr, r.TLS
		next.ServeHTTP(w, own)
	})
	// end
}

func listenTCP(t *testing.T) net.Listener {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return ln
}
