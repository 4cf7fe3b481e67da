package main

import (
	"context"
	"log/slog"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/go-logr/logr"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// scope is the name of what makes the spans, and the default name of the service.
const scope = "mcpmount"

// lastTraces is how long sending what is left may take where calls have used up the time
// to shut down.
const lastTraces = time.Second

// traces are what is sent to a collector of OpenTelemetry. A nil *traces is none.
// It is safe for concurrent use.
type traces struct {
	provider *sdktrace.TracerProvider
	tracer   trace.Tracer
	log      *slog.Logger
	ended    atomic.Pointer[time.Time] // when the process was told to end
}

// newTraces returns the traces that the environment asks for (OpenTelemetry, "Environment Variable
// Specification" and "OTLP Exporter Configuration"), nil if it asks for none. What is
// missing is the SDK's default; what cannot be meant is an error, and says no header. ctx ends
// when the process is told to.
func newTraces(ctx context.Context, env func(string) (string, bool), log *slog.Logger) (*traces, error) {
	e := traceEnv(env)
	if on, err := e.asked(); err != nil || !on {
		return nil, err
	}
	if err := e.check(); err != nil {
		return nil, err
	}
	// The SDK has one logger for a process, and so has the command.
	otel.SetLogger(logr.FromSlogHandler(log.Handler()))
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { log.Warn("traces", "error", err) }))
	exporter, err := otlptracehttp.New(context.WithoutCancel(ctx))
	if err != nil {
		return nil, fail("see the variables OTEL_EXPORTER_OTLP_…", "traces: %w", err)
	}
	of, err := resource.New(ctx, resource.WithTelemetrySDK(), resource.WithAttributes(
		attribute.String("service.name", scope),
		attribute.String("service.version", thisBuild().version),
	), resource.WithFromEnv())
	if err != nil {
		return nil, fail("OTEL_RESOURCE_ATTRIBUTES=name=value,name=value", "OTEL_RESOURCE_ATTRIBUTES: %w", err)
	}
	t := &traces{log: log, provider: sdktrace.NewTracerProvider(sdktrace.WithBatcher(exporter), sdktrace.WithResource(of))}
	t.tracer = t.provider.Tracer(scope)
	context.AfterFunc(ctx, func() { now := time.Now(); t.ended.Store(&now) })
	return t, nil
}

// close sends what is left. It takes until patience has passed since the process was
// told to end, or a little longer, as calls do that were cut off.
func (t *traces) close(patience time.Duration) {
	if t == nil {
		return
	}
	now := time.Now()
	deadline := now.Add(patience)
	if ended := t.ended.Load(); ended != nil {
		deadline = ended.Add(patience)
	}
	if least := now.Add(lastTraces); deadline.Before(least) {
		deadline = least
	}
	ctx, cancel := context.WithDeadline(context.Background(), deadline)
	defer cancel()
	if err := t.provider.Shutdown(ctx); err != nil {
		t.log.Warn("traces were lost", "error", err)
	}
}

// A traceEnv has the environment variables of OpenTelemetry.
type traceEnv func(string) (string, bool)

// get returns the first of several variables that is not empty, and its name.
func (e traceEnv) get(names ...string) (name, value string) {
	for _, name := range names {
		if value, _ := e(name); strings.TrimSpace(value) != "" {
			return name, strings.TrimSpace(value)
		}
	}
	return names[0], ""
}

// of is get for a variable of the exporter: what is said of traces comes first.
func (e traceEnv) of(what string) (name, value string) {
	return e.get("OTEL_EXPORTER_OTLP_TRACES_"+what, "OTEL_EXPORTER_OTLP_"+what)
}

// asked reports whether there are to be traces.
func (e traceEnv) asked() (bool, error) {
	if _, disabled := e.get("OTEL_SDK_DISABLED"); strings.EqualFold(disabled, "true") {
		return false, nil
	}
	_, endpoint := e.of("ENDPOINT")
	switch name, exporter := e.get("OTEL_TRACES_EXPORTER"); exporter {
	case "":
		return endpoint != "", nil
	case "otlp":
		return true, nil
	case "none":
		return false, nil
	default:
		return false, fail(name+"=otlp, or none", "%s=%s: traces are sent by OTLP only", name, exporter)
	}
}

// check refuses what the SDK would take for something else, or log with what may be
// a secret.
func (e traceEnv) check() error {
	const protocols = "http/protobuf, to the port that a collector has for HTTP, 4318 as a rule"
	switch name, protocol := e.of("PROTOCOL"); protocol {
	case "", "http/protobuf", "http/json":
	case "grpc":
		return fail(name+"="+protocols, "%s=grpc: traces are sent over HTTP only", name)
	default:
		return fail(name+"="+protocols, "%s=%s: there is no such protocol", name, protocol)
	}
	if name, endpoint := e.of("ENDPOINT"); endpoint != "" {
		u, err := url.Parse(endpoint)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
			return fail(name+"=http://localhost:4318", "%s is no URL with http:// or https:// and a host", name)
		}
	}
	for _, name := range []string{"OTEL_EXPORTER_OTLP_HEADERS", "OTEL_EXPORTER_OTLP_TRACES_HEADERS"} {
		_, list := e.get(name)
		for pair := range strings.SplitSeq(list, ",") {
			key, value, found := strings.Cut(pair, "=")
			if _, err := url.PathUnescape(value); list != "" && (!found || err != nil || !isToken(strings.TrimSpace(key))) {
				return fail(name+"='api-key=…,name=value', with %2C for a comma", "%s is no list of names and values", name)
			}
		}
	}
	if err := e.checkFiles(); err != nil {
		return err
	}
	if name, timeout := e.of("TIMEOUT"); timeout != "" {
		if n, err := strconv.Atoi(timeout); err != nil || n < 0 {
			return fail(name+"=10000", "%s=%s is no number of milliseconds", name, timeout)
		}
	}
	return e.checkSampler()
}

// checkFiles refuses certificates and keys that cannot be read, without which the SDK would
// go on.
func (e traceEnv) checkFiles() error {
	for _, what := range []string{"CERTIFICATE", "CLIENT_CERTIFICATE", "CLIENT_KEY"} {
		name, file := e.of(what)
		if file == "" {
			continue
		}
		if _, err := readSmall(file, maxCertificateFile); err != nil {
			return fail(name+"=FILE, in PEM", "%s: %w", name, err)
		}
	}
	return nil
}

// checkSampler refuses samplers that the SDK does not have, for which it would
// take others.
func (e traceEnv) checkSampler() error {
	name, sampler := e.get("OTEL_TRACES_SAMPLER")
	known := []string{"always_on", "always_off", "traceidratio", "parentbased_always_on", "parentbased_always_off", "parentbased_traceidratio"}
	if sampler != "" && !slices.Contains(known, strings.ToLower(sampler)) {
		return fail("it is one of "+strings.Join(known, ", "), "%s=%s: there is no such sampler", name, sampler)
	}
	name, ratio := e.get("OTEL_TRACES_SAMPLER_ARG")
	if ratio == "" || !strings.HasSuffix(strings.ToLower(sampler), "traceidratio") {
		return nil
	}
	if n, err := strconv.ParseFloat(ratio, 64); err != nil || !(n >= 0 && n <= 1) {
		return fail(name+"=0.1", "%s=%s is no number between 0 and 1", name, ratio)
	}
	return nil
}
