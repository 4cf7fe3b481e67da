// Package scan reads the Go source of a program that serves HTTP and describes what
// it serves as an OpenAPI 3.1 document: which routes are registered on which router,
// what their handlers take from a request, and what they write.
//
// Nothing is run. Packages are loaded and type-checked (Load), registrations are
// found by following values of router types through the program (Routes), and each
// handler is read for what it binds and writes (Describe).
package scan

import (
	"go/ast"
	"go/token"
	"go/types"

	"golang.org/x/tools/go/packages"
)

// A Route is a handler that is registered for a method and a path.
type Route struct {
	// Framework names the router: "net/http", "chi", "gin", "echo", "fiber", "gorilla".
	Framework string
	// Method is an HTTP method in capitals, or empty where the registration does not say
	// one; then the handler may look at the method itself.
	Method string
	// Path is a template as OpenAPI writes it, from the root of the server: groups,
	// sub-routers and mounts are resolved, "/items/:id" is "/items/{id}".
	Path string
	// PathParams are the variables of Path, in order.
	PathParams []PathParam
	// Handler is what is called, with the middleware that wraps it taken off. Its Body is nil
	// where it is not in the loaded source.
	Handler Func
	// Pos is where it is registered.
	Pos token.Position
	// Subtree says that every path below Path is served too: "/files/" of net/http,
	// PathPrefix of gorilla.
	Subtree bool
	// Checks are made by middleware before the handler; all of them have to pass.
	Checks []Check
	// Hidden says why the route is no operation of an API: "files", "profiling",
	// "websocket". It is empty for all others.
	Hidden string
}

// A PathParam is a variable of a path.
type PathParam struct {
	Name string
	// Key is what the handler asks the router for where that is not Name, such as "*" or
	// "*1"; else empty.
	Key string
	// Pattern is the regular expression of the router, or empty.
	Pattern string
	// Type is the type of a router's constraint, such as "int" of ":id<int>", or empty.
	Type string
	// Rest says that it takes the rest of the path, slashes included.
	Rest bool
}

// A Func is a function with a body, and what is known about it where it is used.
type Func struct {
	// Name is what the function is called, for operation ids and messages: "GetItem",
	// "(*API).GetItem"; empty for a literal that has no name.
	Name string
	// Doc is the comment of the declaration.
	Doc *ast.CommentGroup
	// Pkg is the package whose syntax it is.
	Pkg *packages.Package
	// Type and Body are its syntax.
	Type *ast.FuncType
	Body *ast.BlockStmt
	// TypeArgs are the types that stand for type parameters in the body, where it is
	// generic or a literal in a generic function.
	TypeArgs map[*types.TypeParam]types.Type
	// Bound are the values of variables of enclosing functions, where the body is that of a
	// literal and they are known: a handler that was given to a function that wraps it, a
	// constant, a type.
	Bound map[types.Object]Value
}

// A Value is what is known of the value of an expression: a constant, a function, or
// nothing but its type.
type Value struct {
	Const types.TypeAndValue
	Func  *Func
}
