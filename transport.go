package mcpmount

import (
	"context"
	"net/url"
)

// A target says what the URL of a request to the API must look like once a
// transport has completed it.
type target struct {
	// basePath is the path before the path of the operation, or "".
	basePath string

	// path is the escaped path of the operation, the template filled in.
	path string

	// server is the absolute server URL that the operation has of its own, or
	// nil.
	server *url.URL
}

type targetKey struct{}

func withTarget(ctx context.Context, t *target) context.Context {
	return context.WithValue(ctx, targetKey{}, t)
}

func targetFrom(ctx context.Context) *target {
	t, _ := ctx.Value(targetKey{}).(*target)
	return t
}
