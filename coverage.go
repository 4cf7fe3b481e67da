package mcpmount

import "fmt"

// A Coverage says how much of an API a document describes.
type Coverage struct {
	// Routes is how many routes there are: the sum of the others.
	Routes int `json:"routes"`

	// Typed counts the routes whose parameters, body or answers are described.
	Typed int `json:"typed"`

	// PathOnly counts the routes of which only the path is known, and at most that
	// they take some body.
	PathOnly int `json:"pathOnly"`

	// Hidden counts the routes of [Document.Hidden], which are not served.
	Hidden int `json:"hidden"`
}

// String returns the coverage on one line: "38 routes: 31 typed, 5 by path only, 2
// hidden".
func (c Coverage) String() string {
	noun := "routes"
	if c.Routes == 1 {
		noun = "route"
	}
	return fmt.Sprintf("%d %s: %d typed, %d by path only, %d hidden", c.Routes, noun, c.Typed, c.PathOnly, c.Hidden)
}

// Coverage returns how much of the API d describes. A [Server] logs it when it first
// serves a document.
func (d *Document) Coverage() Coverage {
	c := Coverage{Hidden: len(d.Hidden)}
	for i := range d.Operations {
		if d.Operations[i].Typed() {
			c.Typed++
		} else {
			c.PathOnly++
		}
	}
	c.Routes = c.Typed + c.PathOnly + c.Hidden
	return c
}

// Typed reports whether op describes more than its path: other parameters, the schema of
// its body, or answers.
func (op *Operation) Typed() bool {
	if len(op.Responses) > 0 {
		return true
	}
	for i := range op.Parameters {
		if op.Parameters[i].In != InPath {
			return true
		}
	}
	if op.RequestBody != nil {
		for i := range op.RequestBody.Content {
			if m := &op.RequestBody.Content[i]; !m.Schema.IsZero() || !m.ItemSchema.IsZero() {
				return true
			}
		}
	}
	return false
}
