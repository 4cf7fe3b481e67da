module github.com/oapi-codegen/runtime

go 1.25.0
