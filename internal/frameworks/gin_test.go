package frameworks

import (
	"net/http"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/mcpmount/mcpmount"
)

func startGin(t *testing.T, s *service, doc *mcpmount.Document) (*mcpmount.Server, string) {
	r := gin.New()
	r.Use(func(c *gin.Context) {
		s.saw(c.Request.URL.Path)
		if !s.allowed(c.Request.URL.Path, c.GetHeader("Authorization")) {
			c.AbortWithStatusJSON(http.StatusUnauthorized, failure{"who are you"})
		}
	})
	ginHandlers(r, s)
	if problems := doc.Drift(ginRoutes(r)); len(problems) > 0 {
		t.Error(problems)
	}
	srv, err := mountGin(r, doc)
	if err != nil {
		t.Fatal(err)
	}
	return srv, listen(t, r)
}

func mountGin(r *gin.Engine, doc *mcpmount.Document) (*mcpmount.Server, error) {
	// recipe: gin
	srv, err := mcpmount.New(doc, mcpmount.InProcess(r), nil)
	if err == nil {
		r.Any("/mcp", gin.WrapH(srv))
		r.Any("/mcp/*path", gin.WrapH(srv))
	}
	// end
	return srv, err
}

func ginRoutes(r *gin.Engine) []string {
	// recipe: routes of gin
	var routes []string
	for _, route := range r.Routes() {
		routes = append(routes, route.Method+" "+route.Path)
	}
	// end
	return routes
}

func ginHandlers(r *gin.Engine, s *service) {
	r.GET("/items", func(c *gin.Context) {
		var in listItems
		if err := c.ShouldBindQuery(&in); err != nil {
			c.JSON(http.StatusBadRequest, failure{err.Error()})
			return
		}
		c.JSON(http.StatusOK, s.list(in.Limit))
	})
	r.POST("/items", func(c *gin.Context) {
		var in createItem
		if err := c.ShouldBindJSON(&in); err != nil {
			c.JSON(http.StatusBadRequest, failure{err.Error()})
			return
		}
		c.JSON(http.StatusCreated, s.create(in))
	})
	r.GET("/items/:id", func(c *gin.Context) {
		var in itemID
		if err := c.ShouldBindUri(&in); err != nil {
			c.JSON(http.StatusBadRequest, failure{err.Error()})
		} else if i, ok := s.get(in.ID); ok {
			c.JSON(http.StatusOK, i)
		} else {
			c.JSON(http.StatusNotFound, failure{"no such item"})
		}
	})
	r.DELETE("/items/:id", func(c *gin.Context) { c.Status(http.StatusNoContent) })
	r.GET("/whoami", func(c *gin.Context) {
		c.JSON(http.StatusOK, identity{c.GetHeader("Authorization"), c.Request.Host})
	})
	r.GET("/stream", func(c *gin.Context) {
		c.Header("Content-Type", "application/x-ndjson")
		s.lines(c.Writer, c.Writer.Flush)
	})
	r.GET("/slow", func(c *gin.Context) {
		s.wait(c.Request.Context().Done())
		c.JSON(http.StatusOK, "late")
	})
	r.POST("/upload", func(c *gin.Context) {
		var in uploadFile
		err := c.ShouldBind(&in)
		if err == nil {
			var u uploaded
			if u, err = s.upload(in.File); err == nil {
				c.JSON(http.StatusOK, u)
				return
			}
		}
		c.JSON(http.StatusBadRequest, failure{err.Error()})
	})
	r.GET("/panic", func(*gin.Context) { panic("boom") })
	r.GET("/files/*path", func(c *gin.Context) { c.JSON(http.StatusOK, filePath{c.Param("path")[1:]}) })
}
