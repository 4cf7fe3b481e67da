// Goes into ./cmd/relay. In service.go, startWithListener ends with `Listed = e.Routes(); return nil` instead of
// starting.

package main

import (
	"testing"

	"github.com/labstack/echo/v4"
)

var Listed []*echo.Route

func TestList(t *testing.T) {
	if err := (&Service{}).startWithListener(nil); err != nil {
		t.Fatal(err)
	}
	writeList(t, echoRoutes(Listed))
}
