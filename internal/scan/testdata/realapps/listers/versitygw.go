// Goes into ./s3api.

package s3api

import (
	"testing"

	"github.com/versity/versitygw/auth"
	"github.com/versity/versitygw/backend"
	"github.com/versity/versitygw/s3api/controllers"
	"github.com/versity/versitygw/s3api/middlewares"
	"github.com/versity/versitygw/webui"
)

func TestList(t *testing.T) {
	s, err := New(backend.BackendUnsupported{}, middlewares.RootUserConfig{}, "us-east-1", &auth.IAMServiceInternal{}, nil, nil, nil, nil,
		WithHealth("/health"), WithAdminServer(), WithWebUI("/ui", &webui.ServerConfig{}))
	if err != nil {
		t.Fatal(err)
	}
	a := NewAdminServer(backend.BackendUnsupported{}, middlewares.RootUserConfig{}, "us-east-1", &auth.IAMServiceInternal{}, nil, controllers.S3ApiController{})
	var all []string
	for _, r := range append(s.app.GetRoutes(true), a.app.GetRoutes(true)...) {
		all = append(all, r.Method+" "+r.Path)
	}
	writeList(t, all)
}
