// Goes into ./cmd/tap.

package main

import "testing"

func TestList(t *testing.T) {
	var server TapServer
	if err := server.Start("nowhere"); err == nil {
		t.Fatal("it listens")
	}
	writeList(t, echoRoutes(server.echo.Routes()))
}
