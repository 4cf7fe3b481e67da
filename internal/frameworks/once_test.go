package frameworks

import (
	"net/http"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/go-chi/chi/v5"
	"github.com/gofiber/fiber/v3"
	"github.com/gofiber/fiber/v3/middleware/adaptor"
	"github.com/labstack/echo/v4"

	"github.com/mcpmount/mcpmount"
)

// once makes middleware look at the requests of clients only, and not at those that
// calls become.
func once(middleware func(http.Handler) http.Handler) func(http.Handler) http.Handler {
	// recipe: middleware for clients
	return func(next http.Handler) http.Handler {
		limited := middleware(next)
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if mcpmount.RequestFrom(r.Context()) != nil { // a call, whose request was counted
				next.ServeHTTP(w, r)
				return
			}
			limited.ServeHTTP(w, r)
		})
	}
	// end
}

// calls are apps whose middleware sees the requests that calls become, and not
// those of MCP clients: it is not around the endpoint.
var calls = map[string]func(s *service, doc *mcpmount.Document) (*mcpmount.Server, http.Handler, error){
	"net/http": func(s *service, doc *mcpmount.Document) (*mcpmount.Server, http.Handler, error) {
		mux := http.NewServeMux()
		mux.HandleFunc("GET /items", s.handlers(nil)["GET /items"])
		middleware := s.middleware
		// recipe: middleware for calls on net/http
		app := middleware(mux)
		srv, err := mcpmount.New(doc, mcpmount.InProcess(app), nil)
		front := http.NewServeMux()
		front.Handle("/", app)
		if err == nil {
			err = srv.Mount(front, "/mcp")
		}
		// end
		return srv, front, err
	},
	"chi": func(s *service, doc *mcpmount.Document) (*mcpmount.Server, http.Handler, error) {
		r := chi.NewRouter()
		srv, err := mountChi(r, doc)
		r.Group(func(r chi.Router) {
			r.Use(s.middleware)
			r.Get("/items", s.handlers(nil)["GET /items"])
		})
		return srv, r, err
	},
	"gin": func(s *service, doc *mcpmount.Document) (*mcpmount.Server, http.Handler, error) {
		r := gin.New()
		srv, err := mountGin(r, doc)
		r.Use(func(c *gin.Context) { s.saw(c.Request.URL.Path) })
		ginHandlers(r, s)
		return srv, r, err
	},
	"echo v4": func(s *service, doc *mcpmount.Document) (*mcpmount.Server, http.Handler, error) {
		e := echo.New()
		srv, err := mountEcho4(e, doc)
		g := e.Group("", echo.WrapMiddleware(s.middleware))
		g.GET("/items", echo.WrapHandler(s.handlers(nil)["GET /items"]))
		return srv, e, err
	},
	"fiber v3": func(s *service, doc *mcpmount.Document) (*mcpmount.Server, http.Handler, error) {
		app := fiber.New()
		srv, err := mountFiber3(app, doc)
		app.Use(func(c fiber.Ctx) error {
			s.saw(c.Path())
			return c.Next()
		})
		fiber3Handlers(app, s)
		return srv, adaptor.FiberApp(app), err
	},
}

// A limit counts each call once: as a request to the API where the middleware is
// not around the endpoint, or as a request of a client where it lets the inner
// ones pass.
func TestCountedOnce(t *testing.T) {
	for name, build := range calls {
		t.Run("calls/"+name, func(t *testing.T) {
			s := newService()
			_, app, err := build(s, document())
			if err != nil {
				t.Fatal(err)
			}
			expectCounts(t, s, listen(t, app), 0, 1)
		})
	}
	clients := map[string]func(s *service) (http.Handler, error){
		"net/http": func(s *service) (http.Handler, error) {
			mux := http.NewServeMux()
			mux.HandleFunc("GET /items", s.handlers(nil)["GET /items"])
			_, app, err := mountServeMux(mux, once(s.middleware), document())
			return app, err
		},
		"chi": func(s *service) (http.Handler, error) {
			r := chi.NewRouter()
			r.Use(once(s.middleware))
			r.Get("/items", s.handlers(nil)["GET /items"])
			_, err := mountChi(r, document())
			return r, err
		},
		"gin": func(s *service) (http.Handler, error) {
			r := gin.New()
			r.Use(func(c *gin.Context) {
				if mcpmount.RequestFrom(c.Request.Context()) == nil {
					s.saw(c.Request.URL.Path)
				}
			})
			ginHandlers(r, s)
			_, err := mountGin(r, document())
			return r, err
		},
		"echo v4": func(s *service) (http.Handler, error) {
			e := echo.New()
			e.Use(echo.WrapMiddleware(once(s.middleware)))
			echo4Handlers(e, s)
			_, err := mountEcho4(e, document())
			return e, err
		},
	}
	for name, build := range clients {
		t.Run("clients/"+name, func(t *testing.T) {
			s := newService()
			app, err := build(s)
			if err != nil {
				t.Fatal(err)
			}
			expectCounts(t, s, listen(t, app), 1, 0)
		})
	}
}

func expectCounts(t *testing.T, s *service, url string, endpoint, inner int) {
	t.Helper()
	if status, body := post(t, url, callItems); status != 200 {
		t.Fatal(status, body)
	}
	if s.count("/mcp") != endpoint || s.count("/items") != inner {
		t.Errorf("the middleware saw /mcp %d times, /items %d times", s.count("/mcp"), s.count("/items"))
	}
	res, err := http.Get(url + "/items")
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if s.count("/items") != inner+1 {
		t.Errorf("a request to the API itself was not seen")
	}
}
