// Command ginswag is an app of gin whose document is made by swag from comments.
package main

import (
	"flag"
	"log"
	"net/http"
	"sync/atomic"

	"github.com/gin-gonic/gin"
	"github.com/swaggo/swag"

	"github.com/mcpmount/mcpmount"
	_ "github.com/mcpmount/mcpmount/examples/ginswag/docs" // made by swag
	"github.com/mcpmount/mcpmount/examples/internal/server"
)

//go:generate go run github.com/swaggo/swag/cmd/swag@v1.16.6 init --outputTypes go

// @title   Pets
// @version 1.0
func main() {
	listen := flag.String("listen", "localhost:8080", "`HOST:PORT` to listen on")
	flag.Parse()
	gin.SetMode(gin.ReleaseMode)
	r := gin.New()
	r.Use(gin.Logger(), gin.Recovery())
	r.POST("/pets", addPet)
	r.GET("/pets/:id", getPet)

	spec, err := swag.ReadDoc()
	if err != nil {
		log.Fatal(err)
	}
	doc, err := mcpmount.ParseOpenAPI([]byte(spec))
	if err != nil {
		log.Fatal(err)
	}
	srv, err := mcpmount.New(doc, mcpmount.InProcess(r), nil)
	if err != nil {
		log.Fatal(err)
	}
	r.Any("/mcp", gin.WrapH(srv))
	r.Any("/mcp/*rest", gin.WrapH(srv))
	if err := server.Run(*listen, r, srv); err != nil {
		log.Fatal(err)
	}
}

// A Pet is an animal with a name.
type Pet struct {
	ID   int64  `json:"id" readonly:"true"`
	Name string `json:"name" binding:"required,max=40"`
	Kind string `json:"kind" binding:"required,oneof=cat dog"`
	Age  int    `json:"age,omitempty" binding:"omitempty,min=1,max=30"`
}

var serial atomic.Int64

// addPet godoc
//
//	@Summary	Adds a pet
//	@ID			addPet
//	@Param		pet	body		Pet	true	"the pet"
//	@Success	201	{object}	Pet
//	@Router		/pets [post]
func addPet(c *gin.Context) {
	var pet Pet
	if err := c.ShouldBindJSON(&pet); err != nil {
		c.JSON(http.StatusBadRequest, gin.H{"error": err.Error()})
		return
	}
	pet.ID = serial.Add(1)
	c.JSON(http.StatusCreated, pet)
}

// getPet godoc
//
//	@Summary	Returns a pet
//	@ID			getPet
//	@Param		id	path		int	true	"its number"	minimum(1)
//	@Success	200	{object}	Pet
//	@Router		/pets/{id} [get]
func getPet(c *gin.Context) {
	var in struct {
		ID int64 `uri:"id" binding:"min=1"`
	}
	if err := c.ShouldBindUri(&in); err != nil {
		c.JSON(http.StatusBadRequest, gin.H{"error": err.Error()})
		return
	}
	c.JSON(http.StatusOK, Pet{ID: in.ID, Name: "Mog", Kind: "cat"})
}
