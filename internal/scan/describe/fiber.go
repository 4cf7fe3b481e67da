package describe

import "net/http"

// fiberEffects are what the contexts of fiber 2 and 3 have in common.
func fiberEffects() map[string]effect {
	effects := map[string]effect{
		"Params":        takesOr("path", 1, 2),
		"Query":         takesOr("query", 1, 2),
		"Queries":       takesAll(querySet),
		"Get":           takesOr("header", 1, 2),
		"Cookies":       takesOr("cookie", 1, 2),
		"FormValue":     takesOr("query or form", 1, 2),
		"FormFile":      takesFile,
		"MultipartForm": parsesMultipart,
		"Body":          readsBody,
		"BodyRaw":       readsBody,
		"Method":        returnsPart(requestMethod),

		"Status":           setsStatus(1, false),
		"Set":              setsHeader(1, 2),
		"JSON":             writes(mediaJSON, 0, 1),
		"JSONP":            writes(mediaJSON, 0, 1),
		"XML":              writes(mediaXML, 0, 1),
		"SendString":       writes(mediaText, 0, 0),
		"WriteString":      writes(mediaText, 0, 0),
		"Writef":           writes(mediaText, 0, 0),
		"Send":             writesBytes(1),
		"Write":            writesBytes(1),
		"SendStatus":       fiberSendStatus,
		"SendFile":         writes(mediaAny, 0, 0),
		"SendStream":       writes(mediaAny, 0, 0),
		"SendStreamWriter": writes(mediaAny, 0, 0),
		"Download":         writes(mediaAny, 0, 0),
		"Render":           writes(mediaHTML, 0, 0),
	}
	return effects
}

// fiberSendStatus writes the text of a status.
func fiberSendStatus(r *reader, c *call) *val {
	for _, status := range statuses(c.arg(1)) {
		media := mediaText
		if status == http.StatusNoContent || status == http.StatusNotModified {
			media = ""
		}
		r.respond([]int{status}, media, nil)
	}
	return c.result()
}

// fiber2Effects are the functions and methods of fiber 2.
func fiber2Effects() map[string]effect {
	effects := map[string]effect{"NewError": writes(mediaText, 1, 0)}
	for name, does := range fiberEffects() {
		effects["Ctx."+name] = does
	}
	for name, does := range map[string]effect{
		"ParamsInt":       takesOr("path", 1, 2),
		"QueryInt":        takesOr("query", 1, 2),
		"QueryBool":       takesOr("query", 1, 2),
		"QueryFloat":      takesOr("query", 1, 2),
		"AllParams":       takesAll(pathSet),
		"QueryParser":     binds(1, "query", tagging{keys: []string{"query"}, unnamed: true}),
		"ParamsParser":    binds(1, "path", tagging{keys: []string{"params"}, unnamed: true}),
		"ReqHeaderParser": binds(1, "header", tagging{keys: []string{"reqHeader"}, unnamed: true}),
		"CookieParser":    binds(1, "cookie", tagging{keys: []string{"cookie"}, unnamed: true}),
		"BodyParser":      fiberBody,
		"Redirect":        fiberRedirect,
	} {
		effects["Ctx."+name] = does
	}
	return effects
}

// fiberBody decodes JSON or, where the struct has form tags only, a form.
func fiberBody(r *reader, c *call) *val {
	return r.bodyByTags(c, "form", "params", "query", "reqHeader", "uri", "header", "cookie")
}

func fiberRedirect(r *reader, c *call) *val {
	codes := []int{http.StatusFound}
	if c.arg(2) != nil {
		codes = statuses(c.arg(2))
	}
	r.respond(codes, "", nil)
	return c.result()
}

// fiber3Effects are the functions and methods of fiber 3.
func fiber3Effects() map[string]effect {
	effects := map[string]effect{
		"NewError":       writes(mediaText, 1, 0),
		"Params":         takesOr("path", 2, 3),
		"Query":          takesOr("query", 2, 3),
		"GetReqHeader":   takesOr("header", 2, 3),
		"Redirect.To":    fiber3Redirect,
		"Redirect.Route": fiber3Redirect,

		"Bind.Body":   fiberBody,
		"Bind.JSON":   bodyInto(mediaJSON, 1),
		"Bind.XML":    bodyInto(mediaXML, 1),
		"Bind.Form":   binds(1, "form", tagging{keys: []string{"form"}, unnamed: true}),
		"Bind.Query":  binds(1, "query", tagging{keys: []string{"query"}, unnamed: true}),
		"Bind.URI":    binds(1, "path", tagging{keys: []string{"uri"}, unnamed: true}),
		"Bind.Header": binds(1, "header", tagging{keys: []string{"header"}, unnamed: true}),
		"Bind.Cookie": binds(1, "cookie", tagging{keys: []string{"cookie"}, unnamed: true}),
		"Bind.All":    fiberAll,
	}
	for name, does := range fiberEffects() {
		for _, owner := range []string{"Ctx.", "Req.", "Res.", "DefaultCtx.", "DefaultReq.", "DefaultRes."} {
			effects[owner+name] = does
		}
	}
	return effects
}

func fiber3Redirect(r *reader, c *call) *val {
	r.respond([]int{http.StatusSeeOther}, "", nil)
	return c.result()
}

// fiberAll binds every field from where its tag says.
func fiberAll(r *reader, c *call) *val {
	for _, at := range [][2]string{{"path", "uri"}, {"query", "query"}, {"header", "header"}, {"cookie", "cookie"}} {
		r.bindFields(c, c.arg(1), at[0], tagging{keys: []string{at[1]}})
	}
	if r.out.Method == http.MethodGet || r.out.Method == http.MethodHead {
		return c.result()
	}
	return fiberBody(r, c)
}
