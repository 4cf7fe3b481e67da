// Package echo5app has handlers of echo 5.
package echo5app

import (
	"net/http"

	"github.com/labstack/echo/v5"

	"example.com/handlers/model"
)

type listRequest struct {
	Shop  string `param:"shop"`
	Page  int    `query:"page" validate:"min=1"`
	Trace string `header:"X-Trace"`
}

type updateRequest struct {
	Shop string `param:"shop"`
	Name string `json:"name" validate:"required"`
}

type formRequest struct {
	Mail string `form:"mail" validate:"required,email"`
}

// New returns the app.
func New() *echo.Echo {
	e := echo.New()
	e.GET("/shops/:shop/items", list)
	e.PUT("/shops/:shop", update)
	e.POST("/subscribe", subscribe)
	e.GET("/hello", hello)
	e.DELETE("/shops/:shop", remove)
	e.POST("/files", upload)
	e.GET("/typed", typedQuery)
	return e
}

// list returns the items of a shop.
func list(c *echo.Context) error {
	req := new(listRequest)
	if err := c.Bind(req); err != nil {
		return echo.NewHTTPError(http.StatusBadRequest, err.Error())
	}
	return c.JSON(http.StatusOK, map[string]interface{}{"items": []model.Item{}, "page": req.Page})
}

func update(c *echo.Context) error {
	var req updateRequest
	if err := c.Bind(&req); err != nil {
		return err
	}
	if err := c.Validate(&req); err != nil {
		return c.JSON(http.StatusUnprocessableEntity, model.Error{})
	}
	return c.JSONPretty(http.StatusOK, req, " ")
}

func subscribe(c *echo.Context) error {
	var req formRequest
	if err := c.Bind(&req); err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}

func hello(c *echo.Context) error {
	name := c.QueryParam("name")
	if name == "" {
		return echo.NewHTTPError(http.StatusBadRequest, "no name")
	}
	return c.String(http.StatusOK, "hello "+name)
}

func remove(c *echo.Context) error {
	_ = c.Param("shop")
	return c.NoContent(http.StatusNoContent)
}

func upload(c *echo.Context) error {
	file, err := c.FormFile("file")
	if err != nil {
		return err
	}
	return c.Attachment(file.Filename, "x")
}

func typedQuery(c *echo.Context) error {
	page, err := echo.QueryParam[int](c, "page")
	if err != nil {
		return err
	}
	size, err := echo.QueryParamOr[int](c, "size", 10)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, model.Page[int]{Next: page + size})
}
