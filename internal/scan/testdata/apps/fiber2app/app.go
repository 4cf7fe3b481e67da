// Package fiber2app is an app with fiber.
package fiber2app

import (
	"github.com/gofiber/fiber/v2"
)

// New returns the app.
func New() *fiber.App {
	app := fiber.New()
	app.Use(middleware)
	app.Get("/", hello)
	api := app.Group("/api", middleware)
	api.Get("/users/:id<int>", middleware, hello)
	api.Post("/users", hello).Name("create")
	app.Route("/v2", func(r fiber.Router) {
		r.Delete("/users/:id", hello)
		r.Get("/", hello)
		more(r)
	})
	app.Add(fiber.MethodGet, "/added", hello)
	app.All("/all", hello)
	app.Get("/optional/:name?", hello)
	app.Get("/files/*", hello)
	app.Get("/flights/:from-:to", hello)
	sub := fiber.New()
	sub.Get("/doe", hello)
	sub.Get("/", hello)
	app.Mount("/john", sub)
	chained(app)
	return app
}

func more(r fiber.Router) {
	r.Patch("/more", func(c *fiber.Ctx) error { return c.SendString("more") })
}

func middleware(c *fiber.Ctx) error { return c.Next() }
func hello(c *fiber.Ctx) error      { return c.SendString("hello") }
func chained(app *fiber.App)        {}
