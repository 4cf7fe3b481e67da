// Package echo4app has handlers of echo 4.
package echo4app

import (
	"errors"
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

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
	e.PUT("/limit", setLimit)

	return e
}

// list returns the items of a shop.
func list(c echo.Context) error {
	req := new(listRequest)
	if err := c.Bind(req); err != nil {
		return echo.NewHTTPError(http.StatusBadRequest, err.Error())
	}
	return c.JSON(http.StatusOK, map[string]interface{}{"items": []model.Item{}, "page": req.Page})
}

func update(c echo.Context) error {
	var req updateRequest
	if err := c.Bind(&req); err != nil {
		return err
	}
	if err := c.Validate(&req); err != nil {
		return c.JSON(http.StatusUnprocessableEntity, model.Error{})
	}
	return c.JSONPretty(http.StatusOK, req, " ")
}

func subscribe(c echo.Context) error {
	var req formRequest
	if err := c.Bind(&req); err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}

func hello(c echo.Context) error {
	name := c.QueryParam("name")
	if name == "" {
		return echo.NewHTTPError(http.StatusBadRequest, "no name")
	}
	return c.String(http.StatusOK, "hello "+name)
}

func remove(c echo.Context) error {
	_ = c.Param("shop")
	return c.NoContent(http.StatusNoContent)
}

func setLimit(c echo.Context) error {
	limit, err := strconv.Atoi(c.QueryParam("limit"))
	if err != nil {
		return &echo.HTTPError{Code: http.StatusBadRequest, Message: err.Error()}
	}
	if err := store(limit); errors.Is(err, echo.ErrNotFound) {
		return c.NoContent(http.StatusGone)
	} else if err != nil {
		return echo.ErrServiceUnavailable
	}
	return c.JSON(http.StatusOK, limit)
}

func store(limit int) error { return nil }

func upload(c echo.Context) error {
	file, err := c.FormFile("file")
	if err != nil {
		return err
	}
	return c.Attachment(file.Filename, "x")
}
