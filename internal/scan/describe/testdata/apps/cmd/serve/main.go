// Command serve serves all apps on loopback: it prints the name and the URL of each, and ends when
// standard input does.
package main

import (
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"

	"github.com/gin-gonic/gin"

	"example.com/handlers/chiapp"
	"example.com/handlers/echo4app"
	"example.com/handlers/echo5app"
	"example.com/handlers/fiber2app"
	"example.com/handlers/fiber3app"
	"example.com/handlers/ginapp"
	"example.com/handlers/gorillaapp"
	"example.com/handlers/keysapp"
	"example.com/handlers/netapp"
)

func main() {
	gin.SetMode(gin.ReleaseMode)
	for name, app := range map[string]http.Handler{
		"netapp": netapp.New(), "chiapp": chiapp.New(), "ginapp": ginapp.New(),
		"echo4app": echo4app.New(), "echo5app": echo5app.New(), "gorillaapp": gorillaapp.New(),
		"keysapp": keysapp.New(),
	} {
		go http.Serve(listen(name), app)
	}
	go fiber2app.New().Listener(listen("fiber2app"))
	go fiber3app.New().Listener(listen("fiber3app"))
	io.Copy(io.Discard, os.Stdin)
}

func listen(name string) net.Listener {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s http://%s\n", name, listener.Addr())
	return listener
}
