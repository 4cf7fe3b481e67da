// Package openapi reads OpenAPI 3.0, 3.1 and 3.2 and Swagger 2.0 into one
// model, whatever is wrong with the document, and converts its schemas to JSON
// Schema 2020-12 on demand.
package openapi
