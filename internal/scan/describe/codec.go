package describe

import (
	"go/types"
	"slices"
	"strings"
)

// codecs are the media types of packages that encode and decode, by their names. What their
// functions do is told by the names, too: many programs wrap encoding/json, or replace it, in
// a package of the same name with the same functions.
var codecs = map[string]string{
	"json": mediaJSON, "jsoniter": mediaJSON, "sonic": mediaJSON, "jsonutil": mediaJSON, "gojson": mediaJSON,
	"xml": mediaXML, "yaml": mediaYAML,
}

// codecEffect returns what a function of a package that encodes does, or nil.
func codecEffect(fn *closure) effect {
	switch name := fn.object.Name(); {
	case name == "Encode" && fn.receiver.isPart(encoder):
		return encodesTo(1)
	case name == "Decode" && fn.receiver.isPart(decoder):
		return decodesInto(1)
	}
	if fn.object.Pkg() == nil {
		return nil
	}
	media := codecs[fn.object.Pkg().Name()]
	if media == "" {
		return nil
	}
	params := fn.object.Signature().Params().Len()
	switch fn.object.Name() {
	case "NewEncoder":
		return makesEncoder(media)
	case "NewDecoder":
		return makesDecoder(media)
	case "Marshal", "MarshalIndent", "MarshalToString":
		return encodes(media, 1)
	case "Unmarshal", "UnmarshalFromString", "UnmarshalString":
		if params == 2 {
			return decodes(media)
		}
	}
	return nil
}

// renderEffect returns what a function whose source is not known does, told by its name and by
// what it gets, or nil: one that is called HTML or Execute and gets the response writes HTML.
func (r *reader) renderEffect(c *call, fn *types.Func) effect {
	writer := slices.IndexFunc(c.args, func(v *val) bool { return v != nil && isResponse(v) })
	if writer < 0 {
		return nil
	}
	switch fn.Name() {
	case "HTML", "Execute", "ExecuteTemplate", "ExecuteWriter":
		return writesTo(writer+1, mediaHTML, 0)
	}
	return nil
}

// isResponse reports whether what is written to v is content of the response.
func isResponse(v *val) bool {
	return v.isPart(encoder) || v.isPart(throughWriter) || isWriter(v.typ)
}

// through returns a writer that writes to argument 1.
func through(_ *reader, c *call) *val {
	if v := c.arg(1); v != nil && isResponse(v) {
		return c.result(&val{part: throughWriter})
	}
	return c.result()
}

// keepsSessions reports whether a package looks after sessions, whose cookies are no content.
func keepsSessions(path string) bool {
	return strings.Contains(path, "session") || strings.Contains(path, "cookie") || strings.Contains(path, "csrf") || strings.Contains(path, "websocket")
}
