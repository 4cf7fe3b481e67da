package mcpmount_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/mcpmount/mcpmount"
)

// A statusWriter is what access logs put around a ResponseWriter. Most forget Unwrap.
type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

type unwrappingWriter struct{ statusWriter }

func (w *unwrappingWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// Middleware whose ResponseWriter cannot be flushed costs streams, which the log says, and
// nothing else: a client that opens one does not wait for it.
func TestWrappedResponseWriter(t *testing.T) {
	plain := func(w http.ResponseWriter) http.ResponseWriter { return &statusWriter{ResponseWriter: w} }
	good := func(w http.ResponseWriter) http.ResponseWriter {
		return &unwrappingWriter{statusWriter{ResponseWriter: w}}
	}
	for _, e := range eras {
		t.Run(e.name, func(t *testing.T) {
			log, err := callWrapped(t, e, plain)
			if needsStream := strings.Contains(e.name, "SSE"); (err != nil) != needsStream {
				t.Errorf("calling: %v", err)
			}
			if strings.Count(log, "no streams of events") != 1 || !strings.Contains(log, "type=*mcpmount_test.statusWriter") {
				t.Errorf("the log has %q", log)
			}
			if log, err := callWrapped(t, e, good); err != nil || strings.Contains(log, "no streams of events") {
				t.Errorf("with Unwrap: %v, the log has %q", err, log)
			}
		})
	}
}

// callWrapped connects to a server behind middleware, as a client that wants to hear of
// changes, calls a tool twice, and returns what was logged.
func callWrapped(t *testing.T, e era, wrap func(http.ResponseWriter) http.ResponseWriter) (string, error) {
	var log bytes.Buffer
	app := newNotesAPI()
	srv, err := mcpmount.New(parse(t, notesSpec), mcpmount.InProcess(app), &mcpmount.Options{Logger: slog.New(slog.NewTextHandler(&log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	if err := srv.Mount(app.mux, "/mcp"); err != nil {
		t.Fatal(err)
	}
	ts := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { app.ServeHTTP(wrap(w), r) }))
	defer time.AfterFunc(10*time.Second, ts.CloseClientConnections).Stop() // of who waits for a header that does not come
	err = callTwice(t, e, ts.URL+"/mcp")
	if err := srv.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	ts.Close()
	return log.String(), err
}

func callTwice(t *testing.T, e era, url string) error {
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	client := mcp.NewClient(&mcp.Implementation{Name: "test", Version: "1"}, &mcp.ClientOptions{
		ToolListChangedHandler: func(context.Context, *mcp.ToolListChangedRequest) {},
	})
	var opts mcp.ClientSessionOptions
	if e.versions != nil {
		opts.ProtocolVersion = e.versions[0]
	}
	session, err := client.Connect(ctx, e.transport(url, nil), &opts)
	if err != nil {
		return err
	}
	defer session.Close()
	for range 2 {
		if _, err := session.CallTool(ctx, &mcp.CallToolParams{Name: "getNote", Arguments: map[string]any{"id": "1"}}); err != nil {
			return err
		}
	}
	return nil
}
