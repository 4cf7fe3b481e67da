// Package keysapp has routes behind middleware that checks keys.
package keysapp

import (
	"net/http"
	"os"

	"github.com/gin-gonic/gin"
	"github.com/go-chi/chi/v5"
	chimiddleware "github.com/go-chi/chi/v5/middleware"
	"github.com/go-chi/jwtauth/v5"
	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/middleware/basicauth"
	"github.com/gofiber/fiber/v2/middleware/keyauth"
	fiber3 "github.com/gofiber/fiber/v3"
	keyauth3 "github.com/gofiber/fiber/v3/middleware/keyauth"
	"github.com/gorilla/mux"
	echojwt "github.com/labstack/echo-jwt/v4"
	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"
	echo5 "github.com/labstack/echo/v5"
	middleware5 "github.com/labstack/echo/v5/middleware"
)

// New returns an app with echo 4.
func New() *echo.Echo {
	e := echo.New()
	e.GET("/echo/open", answer)
	e.GET("/echo/token", answer, middleware.KeyAuthWithConfig(middleware.KeyAuthConfig{AuthScheme: "Token", Validator: valid}))
	keyed := e.Group("/echo/keyed", byHeader())
	keyed.GET("/one", answer)
	keyed.GET("/both", answer, middleware.BasicAuth(func(user, password string, _ echo.Context) (bool, error) { return password == "pass", nil }))
	either := e.Group("/echo/either")
	either.GET("/before", answer)
	either.Use(middleware.KeyAuthWithConfig(middleware.KeyAuthConfig{KeyLookup: "header:Authorization,query:key,cookie:session", Validator: valid}))
	either.GET("/after", answer)
	e.GET("/echo/bearer", answer, middleware.KeyAuth(valid))
	e.GET("/echo/skipped", answer, middleware.KeyAuthWithConfig(middleware.KeyAuthConfig{Skipper: local, Validator: valid}))
	e.GET("/echo/jwt", answer, echojwt.JWT([]byte("secret")))
	e.GET("/echo/jwt-cookie", answer, echojwt.WithConfig(echojwt.Config{TokenLookup: "cookie:session", SigningKey: []byte("secret")}))
	e.GET("/echo/unknown", answer, middleware.KeyAuthWithConfig(middleware.KeyAuthConfig{KeyLookup: os.Getenv("LOOKUP"), Validator: valid}))
	return e
}

func byHeader() echo.MiddlewareFunc {
	return middleware.KeyAuthWithConfig(middleware.KeyAuthConfig{KeyLookup: "header:X-Api-Key", Validator: valid})
}

func valid(key string, _ echo.Context) (bool, error) { return key == "key", nil }

func local(c echo.Context) bool { return c.RealIP() == "127.0.0.1" }

func answer(c echo.Context) error { return c.JSON(http.StatusOK, true) }

// All is for everything that echo serves, wherever it is said.
func All() *echo5.Echo {
	e := echo5.New()
	e.GET("/echo5/all", func(c *echo5.Context) error { return c.NoContent(http.StatusNoContent) })
	e.Use(middleware5.KeyAuth(func(*echo5.Context, string, middleware5.ExtractorSource) (bool, error) { return true, nil }))
	return e
}

// Gin uses what is registered before.
func Gin() *gin.Engine {
	r := gin.New()
	r.GET("/gin/before", func(c *gin.Context) { c.Status(http.StatusNoContent) })
	r.Use(gin.BasicAuth(gin.Accounts{"user": "pass"}))
	r.GET("/gin/after", func(c *gin.Context) { c.Status(http.StatusNoContent) })
	return r
}

// Chi has groups within a router.
func Chi() http.Handler {
	r := chi.NewRouter()
	basic := chimiddleware.BasicAuth("realm", map[string]string{"user": "pass"})
	r.Group(func(r chi.Router) {
		r.Use(basic)
		r.Get("/chi/group", write)
	})
	r.With(basic).Get("/chi/with", write)
	sub := chi.NewRouter()
	sub.Get("/item", write)
	r.With(basic).Mount("/chi/sub", sub)
	r.Get("/chi/open", write)
	tokens := jwtauth.New("HS256", []byte("secret"), nil)
	r.Route("/chi/jwt", func(r chi.Router) {
		r.Use(jwtauth.Verifier(tokens), jwtauth.Authenticator(tokens))
		r.Get("/item", write)
	})
	return r
}

// Gorilla uses middleware for all of a router.
func Gorilla() http.Handler {
	r := mux.NewRouter()
	r.HandleFunc("/gorilla/open", write).Methods("GET")
	inner := r.PathPrefix("/gorilla/inner").Subrouter()
	inner.HandleFunc("/item", write).Methods("GET")
	inner.Use(chimiddleware.BasicAuth("realm", map[string]string{"user": "pass"}))
	return r
}

func write(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }

// Fiber has keys for an app that is mounted, and for a route.
func Fiber() *fiber.App {
	app := fiber.New()
	done := func(c *fiber.Ctx) error { return c.SendStatus(fiber.StatusNoContent) }
	app.Get("/fiber/basic", basicauth.New(basicauth.Config{Users: map[string]string{"user": "pass"}}), done)
	sub := fiber.New()
	sub.Use(keyauth.New(keyauth.Config{KeyLookup: "query:key", Validator: func(*fiber.Ctx, string) (bool, error) { return true, nil }}))
	sub.Get("/item", done)
	app.Mount("/fiber/sub", sub)
	app.Get("/fiber/open", done)
	return app
}

// Fiber3 has a bearer token.
func Fiber3() *fiber3.App {
	app := fiber3.New()
	group := app.Group("/fiber3", keyauth3.New(keyauth3.Config{Validator: func(fiber3.Ctx, string) (bool, error) { return true, nil }}))
	group.Get("/bearer", func(c fiber3.Ctx) error { return c.SendStatus(fiber3.StatusNoContent) })
	return app
}
