package frameworks

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/mcpmount/mcpmount"
)

// ruled has a field for each rule that becomes a part of the schema.
type ruled struct {
	Name   string         `json:"name" binding:"required,min=2,max=4"`
	Kind   string         `json:"kind,omitempty" binding:"omitempty,oneof=small large 'very large'"`
	Count  *int           `json:"count,omitempty" binding:"omitempty,gte=1,lt=10"`
	Share  *float64       `json:"share,omitempty" binding:"omitempty,gt=0,lte=1"`
	Level  int            `json:"level,omitempty" binding:"omitempty,oneof=1 2 3"`
	Tags   []string       `json:"tags,omitempty" binding:"omitempty,min=1,max=2,unique,dive,len=3"`
	Limits map[string]int `json:"limits,omitempty" binding:"omitempty,max=1,dive,keys,alpha,endkeys,min=5"`
	Code   string         `json:"code,omitempty" binding:"omitempty,alphanum"`
	Digits string         `json:"digits,omitempty" binding:"omitempty,number"`
	Inner  *innerRules    `json:"inner,omitempty"`
}

type innerRules struct {
	X int `json:"x" binding:"min=3"`
}

// What the validator of gin refuses, the tool refuses as well, without a request;
// what it takes, the tool sends.
func TestRules(t *testing.T) {
	r := gin.New()
	requests := 0
	r.POST("/ruled", func(c *gin.Context) {
		requests++
		var in ruled
		if err := c.ShouldBindJSON(&in); err != nil {
			c.JSON(http.StatusBadRequest, failure{err.Error()})
			return
		}
		c.JSON(http.StatusOK, in)
	})
	doc := &mcpmount.Document{Operations: []mcpmount.Operation{mcpmount.Route[ruled, ruled]("POST", "/ruled")}}
	if _, err := mountGin(r, doc); err != nil {
		t.Fatal(err)
	}
	url := listen(t, r)
	session := connect(t, url, "", "/mcp", nil)
	values := map[string][]string{
		"name":   {`"a"`, `"ab"`, `"abcd"`, `"abcde"`, `"日本"`, `""`, `7`},
		"kind":   {`"small"`, `"very large"`, `"medium"`},
		"count":  {`0`, `1`, `9`, `10`, `1.5`},
		"share":  {`0`, `0.5`, `1`, `1.01`},
		"level":  {`1`, `3`, `4`},
		"tags":   {`["abc"]`, `["abc","abc"]`, `["abc","def"]`, `["ab"]`, `["abc","def","ghi"]`},
		"limits": {`{"a":5}`, `{"a":4}`, `{"a":5,"b":6}`},
		"code":   {`"a1"`, `"a-1"`},
		"digits": {`"123"`, `"12a"`},
		"inner":  {`{"x":3}`, `{"x":2}`},
	}
	bodies := []string{`{}`}
	for field, list := range values {
		for _, value := range list {
			name := `"name":"ok",`
			if field == "name" {
				name = ""
			}
			bodies = append(bodies, fmt.Sprintf(`{%s%q:%s}`, name, field, value))
		}
	}
	taken := 0
	for _, body := range bodies {
		res, err := http.Post(url+"/ruled", "application/json", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		var args map[string]any
		if err := json.Unmarshal([]byte(body), &args); err != nil {
			t.Fatal(err)
		}
		before := requests
		text, isError := call(t, session, "post_ruled", args)
		if accepted := res.StatusCode == 200; accepted == isError || accepted != (requests > before) {
			t.Errorf("%s: the API says %d; the tool says %s, after %d requests", body, res.StatusCode, text, requests-before)
		}
		if res.StatusCode == 200 {
			taken++
		}
	}
	if taken < 10 || taken > len(bodies)-10 {
		t.Errorf("the API takes %d of %d", taken, len(bodies))
	}
}
