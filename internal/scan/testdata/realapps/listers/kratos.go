// Goes into ./internal.

package internal

import (
	"context"
	"reflect"
	"testing"

	"github.com/ory/kratos/x"
)

func TestList(t *testing.T) {
	_, reg := NewVeryFastRegistryWithoutDB(t)
	public, admin := x.NewRouterPublic(), x.NewRouterAdmin()
	reg.WithCSRFHandler(x.NewFakeCSRFHandler(""))
	reg.RegisterPublicRoutes(context.Background(), public)
	reg.PrometheusManager().RegisterRouter(public.Router)
	reg.RegisterAdminRoutes(context.Background(), admin)
	reg.PrometheusManager().RegisterRouter(admin.Router)
	writeList(t, append(httprouterRoutes(reflect.ValueOf(public.Router)), httprouterRoutes(reflect.ValueOf(admin.Router))...))
}
