// Goes into ./v1/server.

package server

import (
	"testing"

	"github.com/open-policy-agent/opa/internal/prometheus"
	"github.com/open-policy-agent/opa/v1/metrics"
	"github.com/open-policy-agent/opa/v1/plugins"
	"github.com/open-policy-agent/opa/v1/storage/inmem"
)

func TestList(t *testing.T) {
	store := inmem.New()
	m, err := plugins.New([]byte{}, "test", store)
	if err != nil {
		t.Fatal(err)
	}
	s := New().WithStore(store).WithManager(m).WithPprofEnabled(true).
		WithMetrics(prometheus.New(metrics.New(), func(map[string]any, string, ...any) {}, []float64{1}))
	mux, diagnostics := s.initRouters()
	writeList(t, append(muxPatterns(mux), muxPatterns(diagnostics)...))
}
