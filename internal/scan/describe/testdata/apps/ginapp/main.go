// Package ginapp has handlers of gin.
package ginapp

import (
	"mime/multipart"
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"
	"github.com/gin-gonic/gin/binding"

	"example.com/handlers/model"
)

type query struct {
	Page   int          `form:"page,default=1" binding:"min=1"`
	Status model.Status `form:"status"`
	Tags   []string     `form:"tag"`
	sort
}

type sort struct {
	Order string `form:"order" binding:"omitempty,oneof=asc desc"`
}

type itemURI struct {
	ID int `uri:"id" binding:"required"`
}

type photo struct {
	Title string                  `form:"title" binding:"required"`
	File  *multipart.FileHeader   `form:"file" binding:"required"`
	More  []*multipart.FileHeader `form:"more"`
}

// New returns the app.
func New() *gin.Engine {
	r := gin.New()
	r.GET("/items", listItems)
	r.POST("/items", createItem)
	r.GET("/items/:id", getItem)
	r.PATCH("/items/:id", patchItem)
	r.POST("/photos", upload)
	r.GET("/search", search)
	r.POST("/login", login)
	r.POST("/with", with)
	r.GET("/download", func(c *gin.Context) { c.File("x") })
	r.POST("/own", wrap(create))
	r.POST("/items/:id/photos", addPhoto)
	r.PUT("/items/:id/note", setNote)
	return r
}

// listItems godoc
// @Summary List items
// @Description Lists all items that are left.
// @Tags shop,items
// @Param status query string false "How far they are"
func listItems(c *gin.Context) {
	var q query
	if err := c.ShouldBindQuery(&q); err != nil {
		c.AbortWithStatusJSON(http.StatusBadRequest, gin.H{"error": err.Error()})
		return
	}
	ok(c, []model.Item{{Status: model.StatusPaid}})
}

func createItem(c *gin.Context) {
	var req model.CreateItem
	if err := c.ShouldBindJSON(&req); err != nil {
		c.JSON(http.StatusBadRequest, gin.H{"error": err.Error(), "code": 17})
		return
	}
	c.JSON(http.StatusCreated, model.Item{Name: req.Name, Status: model.StatusPaid})
}

func getItem(c *gin.Context) {
	var u itemURI
	if err := c.ShouldBindUri(&u); err != nil {
		c.Status(http.StatusNotFound)
		return
	}
	trace := c.GetHeader("X-Trace")
	_ = trace
	c.IndentedJSON(http.StatusOK, gin.H{"item": model.Item{Name: "Mug", Status: model.StatusPaid}, "id": u.ID})
}

func patchItem(c *gin.Context) {
	id, err := strconv.ParseInt(c.Param("id"), 10, 64)
	if err != nil {
		c.String(http.StatusBadRequest, "no id")
		return
	}
	var changes map[string]any
	if c.BindJSON(&changes) != nil {
		return
	}
	status := http.StatusOK
	if id == 0 {
		status = http.StatusAccepted
	}
	c.JSON(status, changes)
}

func upload(c *gin.Context) {
	var p photo
	if err := c.ShouldBind(&p); err != nil {
		c.AbortWithStatus(http.StatusBadRequest)
		return
	}
	c.Data(http.StatusOK, "image/png", nil)
}

func search(c *gin.Context) {
	text, found := c.GetQuery("q")
	if !found {
		c.JSON(http.StatusBadRequest, model.Error{Message: "q is missing"})
		return
	}
	limit, _ := strconv.Atoi(c.DefaultQuery("limit", "10"))
	ids := c.QueryArray("id")
	_, _, _ = text, limit, ids
	ok(c, model.Page[model.Item]{})
}

func login(c *gin.Context) {
	name := c.PostForm("name")
	remember := c.DefaultPostForm("remember", "no")
	_, _ = name, remember
	c.Redirect(http.StatusSeeOther, "/")
}

func with(c *gin.Context) {
	var item model.CreateItem
	if err := c.ShouldBindWith(&item, binding.JSON); err != nil {
		return
	}
	if err := c.ShouldBindWith(&item, custom()); err != nil {
		return
	}
}

func custom() binding.Binding { return binding.JSON }

func ok(c *gin.Context, data interface{}) {
	c.JSON(http.StatusOK, model.Envelope{Code: 0, Data: data})
}

// create makes an item of what it gets.
func create(c *gin.Context, req *model.CreateItem) (*model.Item, error) {
	return &model.Item{Name: req.Name, Status: model.StatusPaid}, nil
}

func wrap[In, Out any](h func(*gin.Context, *In) (*Out, error)) gin.HandlerFunc {
	return func(c *gin.Context) {
		var in In
		if err := c.ShouldBindJSON(&in); err != nil {
			c.AbortWithStatusJSON(http.StatusBadRequest, model.Error{})
			return
		}
		out, err := h(c, &in)
		if err != nil {
			c.AbortWithStatusJSON(http.StatusInternalServerError, model.Error{})
			return
		}
		c.JSON(http.StatusOK, out)
	}
}

// found answers with an error if there is no such item.
func found(c *gin.Context) (int, bool) {
	var u itemURI
	if err := c.ShouldBindUri(&u); err != nil {
		c.JSON(http.StatusNotFound, gin.H{"error": err.Error()})
		return 0, false
	}
	return u.ID, true
}

// addPhoto always needs the file: without the item, found has answered.
func addPhoto(c *gin.Context) {
	id, ok := found(c)
	if !ok {
		return
	}
	file, err := c.FormFile("file")
	if err != nil {
		c.JSON(http.StatusBadRequest, gin.H{"error": err.Error()})
		return
	}
	c.JSON(http.StatusCreated, gin.H{"id": id, "size": file.Size})
}

// answered answers by itself to a dry run.
func answered(c *gin.Context) bool {
	if c.Query("dry") != "" {
		c.JSON(http.StatusOK, gin.H{"dry": true})
		return true
	}
	return false
}

// setNote does not always need the body.
func setNote(c *gin.Context) {
	if answered(c) {
		return
	}
	var note struct {
		Text string `json:"text"`
	}
	if err := c.ShouldBindJSON(&note); err != nil {
		c.JSON(http.StatusBadRequest, gin.H{"error": err.Error()})
		return
	}
	c.Status(http.StatusNoContent)
}
