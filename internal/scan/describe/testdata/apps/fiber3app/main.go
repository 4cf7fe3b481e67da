// Package fiber3app has handlers of fiber 3.
package fiber3app

import (
	"github.com/gofiber/fiber/v3"

	"example.com/handlers/model"
)

type all struct {
	ID    int    `uri:"id"`
	Dry   bool   `query:"dry"`
	Trace string `header:"X-Trace"`
	Name  string `json:"name" validate:"required"`
}

type filter struct {
	Page int `query:"page,required"`
}

// New returns the app.
func New() *fiber.App {
	app := fiber.New()
	app.Get("/items", list)
	app.Post("/items", create)
	app.Put("/items/:id", update)
	app.Get("/items/:id", get)
	return app
}

func list(c fiber.Ctx) error {
	f := new(filter)
	if err := c.Bind().Query(f); err != nil {
		return err
	}
	return c.JSON(fiber.Map{"items": []model.Item{}})
}

func create(c fiber.Ctx) error {
	var req model.CreateItem
	if err := c.Bind().Body(&req); err != nil {
		return fiber.NewError(fiber.StatusBadRequest, "no item")
	}
	return c.Status(fiber.StatusCreated).JSON(req)
}

func update(c fiber.Ctx) error {
	var req all
	if err := c.Bind().All(&req); err != nil {
		return err
	}
	return c.SendStatus(fiber.StatusNoContent)
}

func get(c fiber.Ctx) error {
	id := fiber.Params[int](c, "id")
	limit := fiber.Query[int](c, "limit", 10)
	_, _ = id, limit
	return c.JSON(model.Item{Status: model.StatusPaid})
}
