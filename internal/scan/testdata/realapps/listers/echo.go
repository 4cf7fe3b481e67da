// Goes with the listers that call echoRoutes.

package lister

import (
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"
)

// echoRoutes returns the routes of an echo router, without the answers for what is not found that
// a group with middleware registers. Those of Any, which are the only ones with CONNECT, are one.
func echoRoutes(listed []*echo.Route) (routes []string) {
	var anyMethod []string
	for _, r := range listed {
		if r.Method == http.MethodConnect {
			anyMethod = append(anyMethod, r.Path)
			routes = append(routes, "ANY "+r.Path)
		}
	}
	for _, r := range listed {
		if r.Method != echo.RouteNotFound && !slices.Contains(anyMethod, r.Path) {
			routes = append(routes, r.Method+" "+r.Path)
		}
	}
	return routes
}
