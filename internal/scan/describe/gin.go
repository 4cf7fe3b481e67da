package describe

import (
	"go/ast"
	"net/http"
	"slices"
)

// The tags that gin binds by. A field without a tag has its own name.
func ginTags(key string) tagging { return tagging{keys: []string{key}, unnamed: true} }

// ginEffects are the methods of gin.Context.
func ginEffects() map[string]effect {
	effects := map[string]effect{
		"Param":            takes("path", 1),
		"Query":            takes("query", 1),
		"DefaultQuery":     takesOr("query", 1, 2),
		"GetQuery":         takes("query", 1),
		"QueryArray":       takes("query", 1),
		"GetQueryArray":    takes("query", 1),
		"PostForm":         takes("form", 1),
		"DefaultPostForm":  takesOr("form", 1, 2),
		"GetPostForm":      takes("form", 1),
		"PostFormArray":    takes("form", 1),
		"GetPostFormArray": takes("form", 1),
		"GetHeader":        takes("header", 1),
		"Cookie":           takes("cookie", 1),
		"FormFile":         takesFile,
		"MultipartForm":    parsesMultipart,
		"GetRawData":       readsBody,

		"ShouldBindUri":    binds(1, "path", ginTags("uri")),
		"BindUri":          binds(1, "path", ginTags("uri")),
		"ShouldBindQuery":  binds(1, "query", ginTags("form")),
		"BindQuery":        binds(1, "query", ginTags("form")),
		"ShouldBindHeader": binds(1, "header", ginTags("header")),
		"BindHeader":       binds(1, "header", ginTags("header")),
		"ShouldBind":       ginBind,
		"Bind":             ginBind,
		"ShouldBindWith":   ginBindWith,
		"MustBindWith":     ginBindWith,
		"BindWith":         ginBindWith,

		"ShouldBindBodyWith": ginBindWith,

		"Status":              setsStatus(1, true),
		"AbortWithStatus":     writes("", 1, 0),
		"AbortWithError":      writes("", 1, 0),
		"AbortWithStatusJSON": writes(mediaJSON, 1, 2),
		"String":              writes(mediaText, 1, 0),
		"HTML":                writes(mediaHTML, 1, 0),
		"XML":                 writes(mediaXML, 1, 2),
		"YAML":                writes(mediaYAML, 1, 2),
		"Data":                writesAs(2),
		"DataFromReader":      writesAs(3),
		"File":                writesFixed(mediaAny, http.StatusOK),
		"FileAttachment":      writesFixed(mediaAny, http.StatusOK),
		"FileFromFS":          writesFixed(mediaAny, http.StatusOK),
		"Redirect":            writes("", 1, 0),
		"Header":              setsHeader(1, 2),
		"SSEvent":             writesFixed("text/event-stream", http.StatusOK),
	}
	for _, name := range []string{"JSON", "IndentedJSON", "PureJSON", "SecureJSON", "AsciiJSON", "JSONP", "AbortWithStatusPureJSON"} {
		effects[name] = writes(mediaJSON, 1, 2)
	}
	for media, names := range map[string][]string{mediaJSON: {"JSON", "BodyWithJSON"}, mediaXML: {"XML", "BodyWithXML"}, mediaYAML: {"YAML", "BodyWithYAML"}} {
		for _, name := range names {
			effects["ShouldBind"+name] = bodyInto(media, 1)
			effects["Bind"+name] = bodyInto(media, 1)
		}
	}
	return effects
}

// ginBind binds by the method and the content type: the query for GET, else JSON or, where the
// struct has form tags only, a form.
func ginBind(r *reader, c *call) *val {
	switch {
	case slices.Contains([]string{"", http.MethodGet}, r.out.Method):
		r.bindFields(c, c.arg(1), "query", ginTags("form"))
	case hasTag(c.arg(1), "form") && !hasTag(c.arg(1), "json"):
		r.bindFields(c, c.arg(1), "form", ginTags("form"))
	default:
		r.decode(c, mediaJSON, c.arg(1))
	}
	return c.result()
}

// ginBindWith binds by a binding of package binding.
func ginBindWith(r *reader, c *call) *val {
	name := ""
	if len(c.node.Args) > 1 {
		if s, ok := ast.Unparen(c.node.Args[1]).(*ast.SelectorExpr); ok {
			name = s.Sel.Name
		}
	}
	places := map[string]string{"Query": "query", "Form": r.place("query or form"), "FormPost": "form", "FormMultipart": "form", "Header": "header", "Uri": "path"}
	tags := map[string]string{"Header": "header", "Uri": "uri"}
	media := map[string]string{"JSON": mediaJSON, "XML": mediaXML, "YAML": mediaYAML}
	switch {
	case media[name] != "":
		r.decode(c, media[name], c.arg(1))
	case places[name] != "":
		key := tags[name]
		if key == "" {
			key = "form"
		}
		if name == "FormMultipart" {
			r.out.body(mediaMultipart, nil)
		}
		r.bindFields(c, c.arg(1), places[name], ginTags(key))
	default:
		r.cannot(c.frame, c.node, "what a binding reads is not known: name one of package binding in the call")
	}
	return c.result()
}
