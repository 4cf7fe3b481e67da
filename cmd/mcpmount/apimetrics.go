package main

import (
	"slices"
	"strconv"
	"sync"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/mcpmount/mcpmount"
	"github.com/mcpmount/mcpmount/resilient"
)

// otherTool is the label of calls of what is not listed: callers can make up any
// number of names. No tool is called so.
const otherTool = "(unknown)"

// apiMetrics are what is counted of one API. They say nothing of callers. Its methods
// do nothing on nil, and are safe for concurrent use.
type apiMetrics struct {
	collectors

	calls     *prometheus.CounterVec   // by tool, status and reason
	durations *prometheus.HistogramVec // by tool
	responses *prometheus.CounterVec   // by class
	failures  *prometheus.CounterVec   // by reason
	document  *reloadMetrics

	tools, deferred, resources, templates, listBytes prometheus.Gauge

	mu     sync.RWMutex
	server *mcpmount.Server // that is served now
	api    *upstream        // that it calls
	listed map[string]bool  // names of the tools that there are
	read   map[string]bool  // URIs and templates of resources that are labels
}

// callBuckets are the upper bounds of durations in seconds: from what an API
// beside this process takes to beyond the default of --timeout.
func callBuckets() []float64 {
	return []float64{.001, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60}
}

func newAPIMetrics() *apiMetrics {
	m := &apiMetrics{document: newReloadMetrics("document"), read: map[string]bool{}}
	m.calls = m.counters("mcpmount_calls_total",
		"Calls of tools and resources that are over, by how they ended.", "tool", "status", "reason")
	m.durations = prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "mcpmount_call_duration_seconds", Buckets: callBuckets(),
		Help: "Time from the message to its result, of calls that were not refused.",
	}, []string{"tool"})
	m.responses = m.counters("mcpmount_upstream_responses_total", "Responses of the API, by class of their status.", "class")
	m.failures = m.counters("mcpmount_upstream_errors_total", "Calls to which the API did not respond.", "reason")
	m.tools = m.gauge("mcpmount_tools", "Tools that are listed.")
	m.deferred = m.gauge("mcpmount_deferred_tools", "Tools that can be called and are not listed.")
	m.resources = m.gauge("mcpmount_resources", "Resources that are listed.")
	m.templates = m.gauge("mcpmount_resource_templates", "Resource templates that are listed.")
	m.listBytes = m.gauge("mcpmount_tools_list_bytes", "Size of the list of all tools as JSON.")
	m.add(m.durations, m.document)
	m.readLoad()
	m.readState()
	for _, class := range []string{"2xx", "3xx", "4xx", "5xx"} { // a rate needs a start
		m.responses.WithLabelValues(class)
	}
	for _, reason := range []mcpmount.CallReason{mcpmount.ReasonTimeout, mcpmount.ReasonTransport} {
		m.failures.WithLabelValues(string(reason))
	}
	return m
}

// readLoad adds gauges of the server that is served at the moment of a scrape.
func (m *apiMetrics) readLoad() {
	gauge := func(name, help string, value func(mcpmount.Load) int) prometheus.Collector {
		return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, func() float64 {
			m.mu.RLock()
			srv := m.server
			m.mu.RUnlock()
			if srv == nil {
				return 0
			}
			return float64(value(srv.Load()))
		})
	}
	m.add(
		gauge("mcpmount_calls_in_flight", "Calls that are under way.", func(l mcpmount.Load) int { return l.Calls }),
		gauge("mcpmount_sessions", "Sessions that are kept, streams among them.", func(l mcpmount.Load) int { return l.Sessions }))
}

// readState adds what is known of the API at the moment of a scrape.
func (m *apiMetrics) readState() {
	state := func() (s resilient.Stats) {
		m.mu.RLock()
		api := m.api
		m.mu.RUnlock()
		if api != nil {
			s = api.stats()
		}
		return s
	}
	m.add(
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "mcpmount_upstream_breaker_open", Help: "1 while calls are refused since the API fails, else 0.",
		}, func() float64 {
			if state().Open {
				return 1
			}
			return 0
		}),
		prometheus.NewCounterFunc(prometheus.CounterOpts{
			Name: "mcpmount_upstream_retries_total", Help: "Requests to the API that were sent again.",
		}, func() float64 { return float64(state().Retries) }),
		prometheus.NewCounterFunc(prometheus.CounterOpts{
			Name: "mcpmount_upstream_refusals_total", Help: "Requests that were not sent: the breaker was open, or too many were under way.",
		}, func() float64 { return float64(state().Refusals) }))
}

// observe counts a call that is over.
func (m *apiMetrics) observe(call mcpmount.Call) {
	if m == nil {
		return
	}
	tool := m.label(call)
	increase(m.calls, tool, string(call.Status), string(call.Reason))
	if call.Status != mcpmount.CallRefused {
		if h, err := m.durations.GetMetricWithLabelValues(tool); err == nil {
			h.Observe(call.Duration.Seconds())
		}
	}
	if call.HTTPStatus > 0 {
		increase(m.responses, strconv.Itoa(call.HTTPStatus/100)+"xx")
	}
	if call.Reason == mcpmount.ReasonTimeout || call.Reason == mcpmount.ReasonTransport {
		increase(m.failures, string(call.Reason))
	}
}

// label returns what stands for the tool of a call: its name, or of a resource the URI or
// template that it is listed with.
func (m *apiMetrics) label(call mcpmount.Call) string {
	m.mu.RLock()
	known := m.listed[call.Name] || m.read[call.Name]
	m.mu.RUnlock()
	switch {
	case known:
		return call.Name
	case call.Method != "resources/read" || call.Name == "":
		return otherTool
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.read[call.Name] = true // which is listed, else it had no name
	return call.Name
}

// serves sets the server that is served from now on, made of a document that was just read,
// and the API that it calls.
func (m *apiMetrics) serves(srv *mcpmount.Server, api *upstream) {
	if m == nil {
		return
	}
	m.mu.Lock()
	m.server, m.api = srv, api
	m.mu.Unlock()
	m.document.loaded()
	m.updated(srv)
}

// updated says that the lists of srv may have changed. What was counted of tools that are
// gone goes with them; resources are counted anew, since they may be gone, too.
func (m *apiMetrics) updated(srv *mcpmount.Server) {
	if m == nil {
		return
	}
	list, health, listed := srv.Tools(), srv.Health(), map[string]bool{}
	size, err := jsonSize(toolList{Tools: list})
	m.mu.Lock() // not before: calls wait
	defer m.mu.Unlock()
	if m.server != srv {
		return // another one has replaced it
	}
	for _, tool := range slices.Concat(list, srv.DeferredTools()) {
		listed[tool.Name] = true
		delete(m.listed, tool.Name)
	}
	for _, gone := range []map[string]bool{m.listed, m.read} {
		for name := range gone {
			m.calls.DeletePartialMatch(prometheus.Labels{"tool": name})
			m.durations.DeletePartialMatch(prometheus.Labels{"tool": name})
		}
	}
	m.listed, m.read = listed, map[string]bool{}
	m.tools.Set(float64(len(list)))
	m.deferred.Set(float64(health.DeferredTools))
	m.resources.Set(float64(health.Resources))
	m.templates.Set(float64(health.ResourceTemplates))
	if err == nil {
		m.listBytes.Set(float64(size))
	}
}

// documentReloaded counts an attempt to take over a changed document.
func (m *apiMetrics) documentReloaded(err error) {
	if m != nil {
		m.document.done(err)
	}
}
