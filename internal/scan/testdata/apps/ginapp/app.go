// Package ginapp is an app with gin.
package ginapp

import (
	"fmt"
	"net/http"

	"github.com/gin-gonic/gin"
)

type controller interface {
	Register(r gin.IRouter)
}

type users struct{ prefix string }
type orders struct{}

// Register adds the routes of users.
func (u users) Register(r gin.IRouter) {
	g := r.Group(u.prefix)
	g.GET("", u.list)
	g.POST("/", auth(), u.create)
	g.GET("/:id", u.get)
	g.DELETE("/:id", auth(), u.remove)
}

func (orders) Register(r gin.IRouter) {
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		r.Handle(method, "/orders", func(c *gin.Context) { c.Status(http.StatusOK) })
	}
}

type server struct {
	engine *gin.Engine
	v1     *gin.RouterGroup
}

// New returns the app.
func New() *gin.Engine {
	s := &server{engine: gin.New()}
	s.v1 = s.engine.Group("/api").Group("v1", auth())
	for _, c := range []controller{users{prefix: "/users"}, &orders{}} {
		c.Register(s.v1)
	}
	s.post("/login", login)
	s.engine.Any("/any", gin.WrapF(func(w http.ResponseWriter, r *http.Request) {}))
	s.engine.Match([]string{"GET", "PUT"}, "/match", gin.WrapH(http.NotFoundHandler()))
	s.engine.GET("/files/*path", download)
	s.engine.Static("/assets", "./assets")
	s.engine.StaticFile("/favicon.ico", "./favicon.ico")
	s.engine.GET(fmt.Sprintf("/%s/%d", "reports", 2024), report[int])
	RESTful(s.v1.Group("/things"), "thing")
	if !gin.IsDebugging() {
		s.engine.GET("/debug", login)
	}
	return s.engine
}

func (s *server) post(path string, handlers ...gin.HandlerFunc) {
	s.v1.POST(path, append([]gin.HandlerFunc{auth()}, handlers...)...)
}

// RESTful adds the routes of a resource.
func RESTful(g *gin.RouterGroup, name string) {
	g.GET("/", download)
	g.PUT("/:"+name+"/parts/:part", download)
}

func auth() gin.HandlerFunc           { return func(c *gin.Context) { c.Next() } }
func login(c *gin.Context)            {}
func download(c *gin.Context)         {}
func (u users) list(c *gin.Context)   { c.JSON(http.StatusOK, []string{}) }
func (u users) create(c *gin.Context) {}
func (u users) get(c *gin.Context)    { c.String(http.StatusOK, c.Param("id")) }
func (u users) remove(c *gin.Context) {}
func report[T any](c *gin.Context)    { var t T; c.JSON(http.StatusOK, t) }
