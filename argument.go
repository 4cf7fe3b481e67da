package mcpmount

// An argument is one property of a tool's input schema, and the one place in
// the request that its value goes to. What has no argument cannot be sent.
type argument struct {
	// name is the name of the property in the input schema.
	name string

	// place says what the value becomes.
	place place

	// param is the parameter the value is for, if place is placeParameter.
	param *Parameter

	// property is the name of the property of the body, if place is
	// placeProperty.
	property string
}

// A place is a destination of an argument in a request.
type place uint8

const (
	placeParameter place = iota // a path, query, header or cookie parameter
	placeProperty               // one property of the body
	placeBody                   // the whole body
	placeResult                 // nothing: it is about the result
)
