package mcpmount

import "net/http"

// A letterhead is what the door reads of the header of a request. Going through a header
// once takes half as long as looking up all that it might have.
type letterhead struct {
	version     string // of the protocol
	session     string
	method      string // of the message
	name        string // of what it calls or reads
	contentType string
	coding      string // of the body
	accept      []string
	origins     []string
	repeats     bool // it has one of the fields in single several times
	resumes     bool // it has a Last-Event-Id
	bare        bool // it has nothing that a handler in process should know of the caller
}

// readLetterhead reads a header with canonical names.
func readLetterhead(h http.Header) letterhead {
	head := letterhead{bare: true}
	for name, values := range h {
		switch name {
		case versionHeader:
			head.version = head.only(values)
		case sessionHeader:
			head.session = head.only(values)
		case "Mcp-Method":
			head.method = head.only(values)
		case "Mcp-Name":
			head.name = head.only(values)
		case "Authorization":
			head.only(values)
			head.bare = false
		case "Content-Type":
			head.contentType = firstOf(values)
		case "Content-Encoding":
			head.coding = firstOf(values)
		case "Accept":
			head.accept = values
		case "Origin":
			head.origins = values
		case "Last-Event-Id":
			head.resumes = values != nil
		default:
			head.bare = head.bare && !isOfCaller(name)
		}
	}
	return head
}

// only returns the value of a field in single, the first one of several, which is noted.
func (h *letterhead) only(values []string) string {
	if len(values) > 1 {
		h.repeats = true
	}
	return firstOf(values)
}

// era returns the era of the protocol that the version is of.
func (h *letterhead) era() era { return era(h.version >= firstStateless) }
