package describe

import "net/http"

// echoEffects are the methods of the contexts of echo 4 and 5.
func echoEffects() map[string]effect {
	effects := map[string]effect{
		"Context.Param":         takes("path", 1),
		"Context.ParamOr":       takesOr("path", 1, 2),
		"Context.QueryParam":    takes("query", 1),
		"Context.QueryParamOr":  takesOr("query", 1, 2),
		"Context.QueryParams":   takesAll(querySet),
		"Context.FormValue":     takes("query or form", 1),
		"Context.FormValueOr":   takesOr("query or form", 1, 2),
		"Context.FormParams":    takesAll(formSet),
		"Context.FormValues":    takesAll(formSet),
		"Context.FormFile":      takesFile,
		"Context.MultipartForm": parsesMultipart,
		"Context.Cookie":        takes("cookie", 1),
		"Context.Bind":          echoBind,
		"DefaultBinder.Bind":    echoBind,

		"Context.JSON":       writes(mediaJSON, 1, 2),
		"Context.JSONPretty": writes(mediaJSON, 1, 2),
		"Context.JSONP":      writes(mediaJSON, 1, 3),
		"Context.JSONBlob":   writes(mediaJSON, 1, 0),
		"Context.XML":        writes(mediaXML, 1, 2),
		"Context.XMLPretty":  writes(mediaXML, 1, 2),
		"Context.XMLBlob":    writes(mediaXML, 1, 0),
		"Context.String":     writes(mediaText, 1, 0),
		"Context.HTML":       writes(mediaHTML, 1, 0),
		"Context.HTMLBlob":   writes(mediaHTML, 1, 0),
		"Context.Render":     writes(mediaHTML, 1, 0),
		"Context.NoContent":  writes("", 1, 0),
		"Context.Redirect":   writes("", 1, 0),
		"Context.Blob":       writesAs(2),
		"Context.Stream":     writesAs(2),
		"Context.File":       writesFixed(mediaAny, http.StatusOK),
		"Context.FileFS":     writesFixed(mediaAny, http.StatusOK),
		"Context.Attachment": writesFixed(mediaAny, http.StatusOK),
		"Context.Inline":     writesFixed(mediaAny, http.StatusOK),
		"NewHTTPError":       writes(mediaJSON, 1, 0),
	}
	for name, in := range map[string]struct{ in, tag string }{"BindQueryParams": {"query", "query"}, "BindHeaders": {"header", "header"},
		"BindPathParams": {"path", "param"}, "BindPathValues": {"path", "param"}} {
		effects["DefaultBinder."+name] = binds(2, in.in, tagging{keys: []string{in.tag}})
		effects[name] = binds(2, in.in, tagging{keys: []string{in.tag}})
	}
	return effects
}

func echo4Effects() map[string]effect {
	effects := echoEffects()
	effects["DefaultBinder.BindBody"] = swapped(echoBody)
	return effects
}

// echo5Effects has the generic functions of echo 5 as well.
func echo5Effects() map[string]effect {
	effects := echoEffects()
	effects["BindBody"] = swapped(echoBody)
	for name, in := range map[string]string{"Path": "path", "Query": "query", "Form": "query or form"} {
		one, many := name+"Param", name+"Params"
		if name == "Form" {
			one, many = "FormValue", "FormValues"
		}
		effects[one], effects[many] = takes(in, 2), takes(in, 2)
		effects[one+"Or"], effects[many+"Or"] = takesOr(in, 2, 3), takesOr(in, 2, 3)
	}
	return effects
}

// swapped is an effect for a function that has the context before the other arguments.
func swapped(does effect) effect {
	return func(r *reader, c *call) *val {
		inner := *c
		inner.args = c.args[min(1, len(c.args)):]
		return does(r, &inner)
	}
}

// echoBind binds path parameters, those of the query if there is no body, and the body.
func echoBind(r *reader, c *call) *val {
	r.bindFields(c, c.arg(1), "path", tagging{keys: []string{"param"}})
	switch r.out.Method {
	case "", http.MethodGet, http.MethodDelete, http.MethodHead:
		r.bindFields(c, c.arg(1), "query", tagging{keys: []string{"query"}})
		if r.out.Method != http.MethodDelete || !hasTag(c.arg(1), "json") {
			return c.result()
		}
	}
	return echoBody(r, c)
}

// echoBody binds JSON or, where the struct has form tags only, a form.
func echoBody(r *reader, c *call) *val {
	return r.bodyByTags(c, "form", "param", "query", "header")
}
