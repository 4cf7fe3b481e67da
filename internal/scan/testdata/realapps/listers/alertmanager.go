// Goes into ./app, with any file in ui/app/dist.

package app

import (
	"context"
	"reflect"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/common/route"

	"github.com/prometheus/alertmanager/alert"
	"github.com/prometheus/alertmanager/api"
	"github.com/prometheus/alertmanager/dispatch"
	"github.com/prometheus/alertmanager/httpserver"
	"github.com/prometheus/alertmanager/provider/mem"
	"github.com/prometheus/alertmanager/silence"
	"github.com/prometheus/alertmanager/ui"
)

func TestList(t *testing.T) {
	a, err := api.New(api.Options{
		Alerts: &mem.Alerts{}, Silences: &silence.Silences{},
		GroupMutedFunc: func(string, string) ([]string, bool) { return nil, false },
		GroupFunc: func(context.Context, func(*dispatch.Route) bool, func(*alert.Alert, time.Time) bool) (dispatch.AlertGroups, map[model.Fingerprint][]string, error) {
			return nil, nil, nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	router := route.New()
	ui.Register(router)
	httpserver.Register(router, nil)
	mux := a.Register(router, "/")
	all := httprouterRoutes(reflect.ValueOf(router).Elem().FieldByName("rtr"))
	writeList(t, append(all, muxPatterns(mux)...))
}
