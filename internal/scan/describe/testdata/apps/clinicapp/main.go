// Package clinicapp has controllers with a base, with gin and with echo.
package clinicapp

import (
	"net/http"

	"github.com/gin-gonic/gin"
	"github.com/labstack/echo/v4"
)

// A Patient is who is treated.
type Patient struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Response is around every answer.
type Response struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
	Data    any    `json:"data,omitempty"`
}

// BaseController is in all controllers.
type BaseController struct {
	// Write writes an answer.
	Write func(c *gin.Context, status int, v any)
}

// Success answers with data.
func (b *BaseController) Success(c *gin.Context, data any) {
	b.Write(c, http.StatusOK, Response{Message: "success", Data: data})
}

// Fail answers with an error.
func (b *BaseController) Fail(c *gin.Context, status int, err error) {
	b.Write(c, status, Response{Code: status, Message: err.Error()})
}

// Patients is a controller.
type Patients struct {
	BaseController
}

// NewPatients returns a controller.
func NewPatients() *Patients {
	return &Patients{BaseController{Write: func(c *gin.Context, status int, v any) { c.JSON(status, v) }}}
}

// Create adds a patient.
func (p *Patients) Create(c *gin.Context) {
	var in Patient
	if err := c.ShouldBindJSON(&in); err != nil {
		p.Fail(c, http.StatusBadRequest, err)
		return
	}
	p.Success(c, in)
}

// Find looks for patients.
func (p *Patients) Find(c *gin.Context) {
	p.Success(c, []Patient{{Name: c.Query("name")}})
}

// Base is in all controllers.
type Base struct {
	bind  func(c echo.Context, into any) error
	reply func(c echo.Context, data any) error
	fail  func(c echo.Context, err error) error
	audit func(c echo.Context) error
}

// Doctors is a controller.
type Doctors struct{ *Base }

func newBase(audit func(echo.Context) error) *Base {
	b := new(Base)
	b.bind = func(c echo.Context, into any) error { return c.Bind(into) }
	b.reply = func(c echo.Context, data any) error {
		return c.JSON(http.StatusOK, Response{Message: "ok", Data: data})
	}
	b.fail = func(c echo.Context, err error) error {
		return c.JSON(http.StatusBadRequest, Response{Code: 1, Message: err.Error()})
	}
	b.audit = audit
	return b
}

// A Doctor treats patients.
type Doctor struct {
	Name string `json:"name"`
	Ward string `json:"ward"`
}

// Create adds a doctor.
func (d *Doctors) Create(c echo.Context) error {
	in := new(Doctor)
	if err := d.bind(c, in); err != nil {
		return d.fail(c, err)
	}
	return d.reply(c, in)
}

// Audit writes what was done.
func (d *Doctors) Audit(c echo.Context) error { return d.audit(c) }

// New returns the app.
func New(audit func(echo.Context) error) http.Handler {
	router := gin.New()
	patients := NewPatients()
	router.POST("/patients", patients.Create)
	router.GET("/patients", patients.Find)
	e := echo.New()
	doctors := &Doctors{newBase(audit)}
	e.POST("/doctors", doctors.Create)
	e.GET("/doctors/audit", doctors.Audit)
	mux := http.NewServeMux()
	mux.Handle("/patients", router)
	mux.Handle("/", e)
	return mux
}
