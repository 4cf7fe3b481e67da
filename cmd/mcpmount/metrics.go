package main

import (
	"cmp"
	"errors"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	promcollectors "github.com/prometheus/client_golang/prometheus/collectors"
)

// metrics are what is counted of a process and of its APIs. Its methods do nothing
// on nil.
type metrics struct {
	registry *prometheus.Registry
	config   *reloadMetrics         // of the configuration file
	apis     map[string]*apiMetrics // those that are shown, by the name that is their label
}

// newMetrics returns metrics without APIs, of a process that has a configuration file
// or not.
func newMetrics(hasFile bool) (*metrics, error) {
	m := &metrics{registry: prometheus.NewRegistry(), config: newReloadMetrics("config"), apis: map[string]*apiMetrics{}}
	own := new(collectors)
	own.add(buildInfo(), promcollectors.NewGoCollector(), promcollectors.NewProcessCollector(promcollectors.ProcessCollectorOpts{}))
	if hasFile {
		own.add(m.config)
	}
	return m, m.registry.Register(own)
}

// buildInfo says which version this is.
func buildInfo() prometheus.Collector {
	b := thisBuild()
	labels := prometheus.Labels{"version": b.version, "revision": b.revision, "goversion": b.goVersion}
	one := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "mcpmount_build_info", Help: "1, with what was built in the labels.", ConstLabels: labels,
	})
	one.Set(1)
	return one
}

// of returns the metrics of the API with the given name: those that are shown, so that
// they outlast its server, or else new ones.
func (m *metrics) of(name string) *apiMetrics {
	switch {
	case m == nil:
		return nil
	case m.apis[name] != nil:
		return m.apis[name]
	}
	return newAPIMetrics()
}

// show shows the metrics of the APIs of list, and of no others.
func (m *metrics) show(list []*api) error {
	if m == nil {
		return nil
	}
	shown := map[string]*apiMetrics{}
	for _, a := range list {
		shown[a.label()] = a.metrics
	}
	for name, a := range m.apis {
		if shown[name] != a {
			m.labeled(name).Unregister(a)
		}
	}
	var errs []error
	for name, a := range shown {
		if m.apis[name] != a {
			errs = append(errs, m.labeled(name).Register(a))
		}
	}
	m.apis = shown
	return errors.Join(errs...)
}

// labeled registers with the label that tells APIs apart.
func (m *metrics) labeled(name string) prometheus.Registerer {
	return prometheus.WrapRegistererWith(prometheus.Labels{"api": name}, m.registry)
}

// configReloaded counts an attempt to take over a changed configuration file.
func (m *metrics) configReloaded(err error) {
	if m != nil {
		m.config.done(err)
	}
}

// label returns the name of an API in metrics: of one that has none, its title as it was
// read first.
func (a *api) label() string {
	if a.name != "" {
		return a.name
	}
	const most = 64
	title := slug(cmp.Or(a.keys.Name, a.src.title()))
	return strings.Trim(title[:min(len(title), most)], "-")
}

// reloadMetrics say how often something was read again that had changed, and
// whether that went well.
type reloadMetrics struct {
	collectors

	attempts *prometheus.CounterVec
	good, at prometheus.Gauge
}

// newReloadMetrics returns those of what has just been read for the first time.
func newReloadMetrics(what string) *reloadMetrics {
	m := &reloadMetrics{}
	m.attempts = m.counters("mcpmount_"+what+"_reloads_total", "Attempts to take over a changed "+what+", by result.", "result")
	m.good = m.gauge("mcpmount_"+what+"_last_reload_successful", "1 if the last attempt went well, else 0.")
	m.at = m.gauge("mcpmount_"+what+"_last_reload_success_timestamp_seconds", "When the last attempt that went well was made.")
	for _, result := range []string{"success", "failure"} {
		m.attempts.WithLabelValues(result)
	}
	m.loaded()
	return m
}

// loaded says that it is read now.
func (m *reloadMetrics) loaded() {
	m.good.Set(1)
	m.at.Set(float64(time.Now().UnixMilli()) / 1000)
}

// done counts an attempt.
func (m *reloadMetrics) done(err error) {
	if err != nil {
		increase(m.attempts, "failure")
		m.good.Set(0)
		return
	}
	increase(m.attempts, "success")
	m.loaded()
}

// collectors are metrics that come and go together: a [prometheus.Collector].
type collectors struct{ list []prometheus.Collector }

func (c *collectors) add(more ...prometheus.Collector) { c.list = append(c.list, more...) }

// counters adds counters with labels.
func (c *collectors) counters(name, help string, labels ...string) *prometheus.CounterVec {
	vec := prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
	c.add(vec)
	return vec
}

// gauge adds a gauge.
func (c *collectors) gauge(name, help string) prometheus.Gauge {
	g := prometheus.NewGauge(prometheus.GaugeOpts{Name: name, Help: help})
	c.add(g)
	return g
}

// Describe implements [prometheus.Collector].
func (c *collectors) Describe(ch chan<- *prometheus.Desc) {
	for _, one := range c.list {
		one.Describe(ch)
	}
}

// Collect implements [prometheus.Collector].
func (c *collectors) Collect(ch chan<- prometheus.Metric) {
	for _, one := range c.list {
		one.Collect(ch)
	}
}

// increase adds one to a counter. Labels that cannot be written count nothing.
func increase(vec *prometheus.CounterVec, labels ...string) {
	if c, err := vec.GetMetricWithLabelValues(labels...); err == nil {
		c.Inc()
	}
}
