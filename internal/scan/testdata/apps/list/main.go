// Command list prints the routes that the routers of the apps list themselves, as
// "package method path" with the variables of each path as the router writes them. The mux of
// net/http lists nothing: for arguments such as GET:/items/1 it prints which status netapp
// answers with, as "netapp status argument".
package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"

	"example.com/apps/chiapp"
	"example.com/apps/echo4app"
	"example.com/apps/echo5app"
	"example.com/apps/fiber2app"
	"example.com/apps/fiber3app"
	"example.com/apps/ginapp"
	"example.com/apps/gorillaapp"
	"example.com/apps/netapp"

	"github.com/gin-gonic/gin"
	"github.com/go-chi/chi/v5"
	"github.com/gorilla/mux"
)

func main() {
	err := chi.Walk(chiapp.New(), func(method, route string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		fmt.Println("chiapp", method, route)
		return nil
	})
	if err != nil {
		fail(err)
	}
	gin.SetMode(gin.ReleaseMode)
	for _, r := range ginapp.New().Routes() {
		fmt.Println("ginapp", r.Method, r.Path)
	}
	for _, r := range echo4app.New().Routes() {
		fmt.Println("echo4app", r.Method, r.Path)
	}
	for _, r := range echo5app.New().Router().Routes() {
		fmt.Println("echo5app", r.Method, r.Path)
	}
	fiber2 := fiber2app.New()
	fiber2.Handler()
	for _, r := range fiber2.GetRoutes(true) {
		fmt.Println("fiber2app", r.Method, r.Path)
	}
	fiber3 := fiber3app.New()
	fiber3.Handler()
	for _, r := range fiber3.GetRoutes(true) {
		fmt.Println("fiber3app", r.Method, r.Path)
	}
	err = gorillaapp.New().Walk(func(route *mux.Route, _ *mux.Router, _ []*mux.Route) error {
		path, _ := route.GetPathTemplate()
		methods, _ := route.GetMethods()
		if len(methods) == 0 {
			methods = []string{"ANY"}
		}
		if route.GetHandler() == nil {
			return nil
		}
		for _, method := range methods {
			fmt.Println("gorillaapp", method, path)
		}
		return nil
	})
	if err != nil {
		fail(err)
	}
	mux := netapp.New()
	for _, arg := range os.Args[1:] {
		method, path, _ := strings.Cut(arg, ":")
		answer := httptest.NewRecorder()
		mux.ServeHTTP(answer, httptest.NewRequest(method, path, nil))
		fmt.Println("netapp", answer.Code, arg)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
