package openapi

import "strings"

// requestBody returns the Request Body Object at p, or nil if there is none.
func (l *loader) requestBody(p place) *RequestBody {
	at := l.follow(p)
	if absent(at) || !l.object(at) {
		return nil
	}
	body := &RequestBody{
		Description: l.text(at.get("description")),
		Required:    l.flag(at.get("required")),
		Content:     l.content(at.get("content"), l.bodySchema),
	}
	if len(body.Content) == 0 {
		l.problems.add(at, "the request body has no media type; it is left out")
		return nil
	}
	return body
}

// content returns the media types of a map of Media Type Objects. ofJSON reads the
// schema of those that are JSON.
func (l *loader) content(p place, ofJSON func(place) *Schema) []MediaType {
	var content []MediaType
	for name, member := range l.fields(p) {
		media := MediaType{Type: strings.TrimSpace(name)}
		if at := l.follow(member); !absent(at) && l.object(at) {
			read := l.schema
			if t := strings.ToLower(media.Type); strings.Contains(t, "json") || strings.Contains(t, "*/*") {
				read = ofJSON
			}
			media.Schema = read(at.get("schema"))
			media.ItemSchema = l.schema(at.get("itemSchema"))
			media.Encoding = l.encodings(at.get("encoding"))
			media.Example = l.example(at)
		}
		content = append(content, media)
	}
	return content
}

func (l *loader) encodings(p place) map[string]Encoding {
	var encodings map[string]Encoding
	for name, member := range l.fields(p) {
		if !l.object(member) {
			continue
		}
		if encodings == nil {
			encodings = make(map[string]Encoding)
		}
		encodings[name] = l.encoding(member)
	}
	return encodings
}

// encoding returns the Encoding Object at p. Any of style, explode and
// allowReserved says that the property is serialized like a query parameter.
func (l *loader) encoding(p place) Encoding {
	e := Encoding{
		ContentType:   l.word(p.get("contentType")),
		Style:         l.word(p.get("style")),
		AllowReserved: l.flag(p.get("allowReserved")),
	}
	for name := range l.fields(p.get("headers")) {
		e.Headers = append(e.Headers, name)
	}
	if e.Style == "" && (p.node.Get("explode") != nil || e.AllowReserved) {
		e.Style = "form"
	}
	if e.Style != "" {
		e.Explode = l.explode(p, e.Style)
	}
	return e
}

// responses returns the Responses Object at p. content reads the media types of
// one response.
func (l *loader) responses(p place, content func(place) []MediaType) []Response {
	var responses []Response
	for key, member := range l.fields(l.follow(p)) {
		status := strings.ToUpper(key)
		if key == "default" {
			status = key
		} else if !isStatus(status) {
			l.problems.add(member, "%s is not a status; the response is left out", quote(key))
			continue
		}
		at := l.follow(member)
		if absent(at) || !l.object(at) {
			continue
		}
		responses = append(responses, Response{
			Status:      status,
			Description: l.text(at.get("description")),
			Content:     content(at),
		})
	}
	return responses
}

// isStatus reports whether s is a status code or a range such as "2XX".
func isStatus(s string) bool {
	if len(s) != 3 || s[0] < '1' || s[0] > '5' {
		return false
	}
	digits := func(c byte) bool { return c >= '0' && c <= '9' }
	return s[1:] == "XX" || digits(s[1]) && digits(s[2])
}
