// Goes into ./cmd/collectiondir.

package main

import (
	"testing"

	"github.com/labstack/echo/v4"
)

func TestList(t *testing.T) {
	var server collectionServer
	api, err := server.createApiServer(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server.createMetricsServer("")
	writeList(t, echoRoutes(append(api.Routes(), server.metricsServer.Handler.(*echo.Echo).Routes()...)))
}
