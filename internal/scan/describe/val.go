package describe

import (
	"go/ast"
	"go/constant"
	"go/types"

	"github.com/mcpmount/mcpmount/internal/scan"
)

// A val is what is known of a value while a handler is read. A nil *val is one of which
// nothing is known.
type val struct {
	typ types.Type     // the most specific type that is known, or nil
	con constant.Value // nil unless it is one constant
	fn  *closure       // nil unless it is one function
	lit *literalVal    // nil unless it is written out
	// part says which part of the request or response it is.
	part  part
	param *Param // the parameter that it is the value of
	media string // of what a decoder reads, an encoder writes, or encoded bytes are
	of    *val   // what encoded bytes are the encoding of

	zero bool // that of a variable nothing was assigned to

	// absent are parameters that are missing or malformed if a condition is true or an error
	// is not nil; present are those that are not.
	absent, present []*Param
	// refused says that the function it comes from may have answered with an error, and with
	// nothing else.
	refused bool

	tuple []*val // the results of a function that has several
	more  []*val // what else it may be
}

// A part is a part of a request or a response.
type part int

const (
	noPart        part = iota
	foreign            // a request that the handler makes itself
	requestURL         // of the request
	querySet           // all parameters of the query, by name
	headerSet          // all headers, by name
	formSet            // all fields of a form, and the query
	postFormSet        // all fields of a form
	fileSet            // all files of a form
	pathSet            // all variables of the path
	multipartAll       // a form with its files
	bodyStream         // the body, or its bytes
	decoder            // of the body
	encoder            // to the response
	encoded            // bytes that are the encoding of a value
	requestMethod      // its method
	lengthOf           // the length of a parameter
	replyHeader        // the headers of the response
	madeText           // text that is made here
	throughWriter      // a writer to the response
	supplied           // what a middleware decoded
)

// A closure is a function and the variables it can see.
type closure struct {
	fn       scan.Func
	frame    *frame      // of the function around a literal, or nil
	receiver *val        // of a method value
	object   *types.Func // of a declared function, also one without a body
	at       string      // where a literal is that a field or a variable has, or ""
}

// A literalVal is what a composite literal is known to hold.
type literalVal struct {
	keys   []string // of a map
	values map[string]*val
	items  []*val
	node   ast.Expr
}

// either returns a value that is a or b.
func either(a, b *val) *val {
	if a == nil || b == nil || a == b {
		return first(a, b)
	}
	for _, other := range a.all() {
		if other == b || other.same(b) {
			return a
		}
	}
	if len(a.more) >= mostAlternatives {
		return a
	}
	merged := *a
	merged.more = append(append([]*val(nil), a.more...), b.all()...)
	return &merged
}

// mostAlternatives bounds what a value may be.
const mostAlternatives = 20

func first(a, b *val) *val {
	if a != nil {
		return a
	}
	return b
}

// same reports whether nothing is known that tells v from w.
func (v *val) same(w *val) bool {
	if v.lit != nil || w.lit != nil || v.fn != nil || w.fn != nil || v.part != w.part || v.param != w.param || v.of != w.of {
		return false
	}
	if (v.con == nil) != (w.con == nil) || v.con != nil && v.con.ExactString() != w.con.ExactString() {
		return false
	}
	if len(v.absent)+len(w.absent)+len(v.present)+len(w.present) > 0 {
		return false
	}
	return v.refused == w.refused && v.typ != nil && w.typ != nil && types.Identical(v.typ, w.typ)
}

// all returns what v may be, itself first.
func (v *val) all() []*val {
	if v == nil {
		return nil
	}
	return append([]*val{v}, v.more...)
}

// typed returns a value of which the type is known.
func typed(t types.Type) *val { return &val{typ: t} }

// as returns v with another type.
func (v *val) as(t types.Type) *val {
	if v == nil {
		return typed(t)
	}
	w := *v
	w.typ = t
	return &w
}

// isPart reports whether v is, or may be, the given part.
func (v *val) isPart(p part) bool {
	for _, w := range v.all() {
		if w.part == p {
			return true
		}
	}
	return false
}

// params returns the parameters that v is the value of.
func (v *val) params() []*Param {
	var params []*Param
	for _, w := range v.all() {
		if w.param != nil {
			params = append(params, w.param)
		}
	}
	return params
}

// strings returns the constant texts that v may be, and whether it may be others.
func (v *val) strings() (texts []string, open bool) {
	if v == nil {
		return nil, true
	}
	for _, w := range v.all() {
		if w.con != nil && w.con.Kind() == constant.String {
			texts = append(texts, constant.StringVal(w.con))
		} else {
			open = true
		}
	}
	return texts, open
}

// ints returns the constant numbers that v may be, and whether it may be others.
func (v *val) ints() (numbers []int, open bool) {
	if v == nil {
		return nil, true
	}
	for _, w := range v.all() {
		if w.con != nil && w.con.Kind() == constant.Int {
			n, _ := constant.Int64Val(w.con)
			numbers = append(numbers, int(n))
		} else {
			open = true
		}
	}
	return numbers, open
}

// truth returns whether v is the constant true or false.
func (v *val) truth() (value, known bool) {
	if v == nil || v.con == nil || v.con.Kind() != constant.Bool || len(v.more) > 0 {
		return false, false
	}
	return constant.BoolVal(v.con), true
}
