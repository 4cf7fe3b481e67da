// Package fiber2app has handlers of fiber 2.
package fiber2app

import (
	"github.com/gofiber/fiber/v2"

	"example.com/handlers/model"
)

type filter struct {
	Page   int          `query:"page" validate:"min=1"`
	Status model.Status `query:"status"`
}

// New returns the app.
func New() *fiber.App {
	app := fiber.New()
	app.Get("/items", list)
	app.Post("/items", create)
	app.Get("/items/:id<int>", get)
	app.Get("/greet", greet)
	app.Delete("/items/:id", remove)
	return app
}

func list(c *fiber.Ctx) error {
	f := new(filter)
	if err := c.QueryParser(f); err != nil {
		return fiber.NewError(fiber.StatusBadRequest, "no filter")
	}
	return c.JSON(fiber.Map{"items": []model.Item{}, "page": f.Page})
}

func create(c *fiber.Ctx) error {
	var req model.CreateItem
	if err := c.BodyParser(&req); err != nil {
		return c.Status(fiber.StatusBadRequest).JSON(model.Error{Message: err.Error()})
	}
	return c.Status(201).JSON(model.Item{Name: req.Name, Status: model.StatusPaid})
}

func get(c *fiber.Ctx) error {
	id, err := c.ParamsInt("id")
	if err != nil {
		return c.SendStatus(fiber.StatusNotFound)
	}
	_ = id
	return c.JSON(model.Item{Status: model.StatusPaid})
}

func greet(c *fiber.Ctx) error {
	n := c.QueryInt("n", 3)
	loud := c.QueryBool("loud")
	lang := c.Get("X-Lang", "en")
	_, _, _ = n, loud, lang
	return c.SendString("hello " + c.Query("name", "you"))
}

func remove(c *fiber.Ctx) error {
	if c.Query("sure") == "" {
		return fiber.ErrPreconditionRequired
	}
	return c.SendStatus(fiber.StatusNoContent)
}
