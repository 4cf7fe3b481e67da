// Goes into ./splitter. In splitter.go, startWithListener ends with `Listed = e.Routes(); return nil` instead of
// starting.

package splitter

import (
	"testing"

	"github.com/labstack/echo/v4"
)

var Listed []*echo.Route

func TestList(t *testing.T) {
	if err := (&Splitter{}).startWithListener(nil); err != nil {
		t.Fatal(err)
	}
	writeList(t, echoRoutes(Listed))
}
