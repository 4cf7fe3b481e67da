package mcpmount_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mcpmount/mcpmount"
)

// callOverHTTP makes a call of whoami over a connection of its own, and returns the
// answer when all of it is there.
func callOverHTTP(t *testing.T, srv http.Handler) (*http.Response, string) {
	t.Helper()
	return callToolOverHTTP(t, srv, "whoami")
}

func callToolOverHTTP(t *testing.T, srv http.Handler, tool string) (*http.Response, string) {
	t.Helper()
	site := httptest.NewServer(srv)
	t.Cleanup(site.Close)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, site.URL, strings.NewReader(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"`+tool+`"}}`))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Mcp-Protocol-Version", "2025-11-25")
	res, err := site.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(body)
}

// A handler that does not hear that its call is over does not keep the answer back,
// and what it does later is of no consequence.
func TestDeafHandler(t *testing.T) {
	released := make(chan struct{})
	over := make(chan mcpmount.Call, 1)
	wrote := make(chan error, 1)
	srv := newNotesServer(t, func(w http.ResponseWriter, _ *http.Request) {
		<-released
		_, err := io.WriteString(w, "too late")
		wrote <- err
	}, &mcpmount.Options{
		Limits:  mcpmount.Limits{CallTimeout: 20 * time.Millisecond},
		Observe: func(_ context.Context, c mcpmount.Call) { over <- c },
	})
	res, body := callOverHTTP(t, srv)
	if res.StatusCode != http.StatusOK || res.Close != hasFastPath || !strings.Contains(body, `"isError":true`) || !strings.Contains(body, "did not answer within 20ms") {
		t.Errorf("the answer is %d, last on its connection: %t, %s", res.StatusCode, res.Close, body)
	}
	close(released)
	if err := <-wrote; err == nil {
		t.Error("the handler can write after its call")
	}
	if c := <-over; c.Status != mcpmount.CallError || c.Reason != mcpmount.ReasonTimeout {
		t.Errorf("observed as %s, %s", c.Status, c.Reason)
	}
}

// Of a stream that the document promises, what came in time is the answer, whether its
// handler hears of the end or sleeps between events.
func TestStreamOfDeafHandler(t *testing.T) {
	released := make(chan struct{})
	defer close(released)
	srv := newNotesServer(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/x-ndjson")
		io.WriteString(w, "{\"n\":1}\n")
		w.(http.Flusher).Flush()
		<-released
	}, &mcpmount.Options{Limits: mcpmount.Limits{CallTimeout: 20 * time.Millisecond}})
	_, body := callToolOverHTTP(t, srv, "stream")
	if !strings.Contains(body, `{\"n\":1}`) || !strings.Contains(body, "the stream was cut after 20ms") || strings.Contains(body, `"isError":true`) {
		t.Errorf("the answer is %s", body)
	}
}

// When Shutdown waits no longer, calls are answered whose handlers do not return.
func TestShutdownUnderDeafHandler(t *testing.T) {
	began, released := make(chan struct{}), make(chan struct{})
	srv := newNotesServer(t, func(http.ResponseWriter, *http.Request) {
		close(began)
		<-released
	}, nil)
	defer close(released)
	go func() {
		<-began
		ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
		defer cancel()
		_ = srv.Shutdown(ctx)
	}()
	if _, body := callOverHTTP(t, srv); !strings.Contains(body, "the server is shutting down") {
		t.Errorf("the answer is %s", body)
	}
}

// A handler that ends its goroutine ends that of the connection, after the answer.
func TestHandlerExits(t *testing.T) {
	srv := newNotesServer(t, func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, "half")
		runtime.Goexit()
	}, nil)
	if _, body := callOverHTTP(t, srv); !strings.Contains(body, `"isError":true`) || strings.Contains(body, "half") || !strings.Contains(body, "API failed") {
		t.Errorf("the answer is %s", body)
	}
}

// What a handler writes beyond the limit is refused, its context ends, and what
// there is becomes the answer.
func TestHandlerWritesTooMuch(t *testing.T) {
	const most = 300_000
	srv := newNotesServer(t, func(w http.ResponseWriter, r *http.Request) {
		line := strings.Repeat("x", 999) + "\n"
		written := 0
		for {
			n, err := io.WriteString(w, line)
			if written += n; err != nil {
				break
			}
		}
		if written > most+len(line) {
			panic(fmt.Sprintf("%d bytes were taken", written))
		}
		<-r.Context().Done()
	}, &mcpmount.Options{Limits: mcpmount.Limits{MaxResponseBytes: most}})
	if _, body := callOverHTTP(t, srv); strings.Contains(body, `"isError":true`) || strings.Count(body, "x") < most*9/10 || !strings.Contains(body, "was cut after 300000 bytes") {
		t.Errorf("the answer has %d bytes, and ends in %s", len(body), body[max(0, len(body)-200):])
	}
}

// A stream that the end of the call cuts is answered with what there was of it.
func TestHandlerStreamsToTheEnd(t *testing.T) {
	srv := newNotesServer(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		io.WriteString(w, "data: one\n\n")
		w.(http.Flusher).Flush()
		w.Header().Set("Content-Type", "text/html") // too late
		io.WriteString(w, "data: two\n\n")
		<-r.Context().Done()
	}, &mcpmount.Options{Limits: mcpmount.Limits{CallTimeout: 20 * time.Millisecond}})
	if _, body := callOverHTTP(t, srv); !strings.Contains(body, "one") || !strings.Contains(body, "two") || !strings.Contains(body, "the stream was cut after 20ms") {
		t.Errorf("the answer is %s", body)
	}
}

// What a handler that breaks off at the limit has written is the answer, and none of it is a
// part of a secret.
func TestHandlerEchoesTooMuch(t *testing.T) {
	const secret, most = "a-very-secret-key", 20_000
	spec := strings.Replace(notesSpec, "paths:", "components: {securitySchemes: {key: {type: apiKey, in: header, name: X-Key}}}\nsecurity: [{key: []}]\npaths:", 1)
	spec = strings.Replace(spec, "\ncomponents:\n  schemas:", "\nx-rest:\n  schemas:", 1)
	spec = strings.ReplaceAll(spec, `{$ref: "#/components/schemas/Note"}`, "{}")
	for _, slow := range []bool{false, true} {
		for before := range len(secret) + 2 {
			api := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "text/plain")
				key := r.Header.Get("X-Key")
				text := key + strings.Repeat(".", most-before-len(key)) + key
				if before%2 == 0 { // nothing is left out before
					text = strings.Repeat(".", most-before) + key
				}
				if _, err := io.WriteString(w, text+strings.Repeat("!", 100_000)); err != nil {
					panic(err)
				}
			})
			srv, err := mcpmount.New(parse(t, spec), mcpmount.InProcess(api), &mcpmount.Options{
				Logger: slog.New(slog.DiscardHandler), NoFastPath: slow, Limits: mcpmount.Limits{MaxResponseBytes: most},
				Credentials: mcpmount.StaticCredentials(map[string]mcpmount.Credential{"key": {Secret: secret}}),
			})
			if err != nil {
				t.Fatal(err)
			}
			got := send(t.Context(), srv, `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"whoami"}}`, nil).Body.String()
			if strings.Contains(got, "a-") || strings.Contains(got, `.a"`) || strings.Contains(got, `"isError":true`) || !strings.Contains(got, "was cut after 20000 bytes") {
				t.Errorf("%d bytes before the limit, without the fast path %t: …%s", before, slow, got[max(0, len(got)-400):])
			}
			srv.Shutdown(t.Context())
		}
	}
}

// Each call ends when its own time is up, whichever others are under way.
func TestCallsEndInTime(t *testing.T) {
	if !hasFastPath {
		t.Skip("the SDK waits no longer for a handler than a call may take")
	}
	for seed := range uint64(20) {
		synctest.Test(t, func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 0))
			doc := parse(t, benchSpec)
			timeouts := map[string]time.Duration{"getItem": time.Duration(random.IntN(2000)+1) * time.Millisecond, "other": time.Duration(random.IntN(9000)+1) * time.Millisecond, "endless": -1}
			one := *doc.Operation("getItem")
			doc.Operations = nil
			for name, timeout := range timeouts {
				one.Name, one.Timeout = name, timeout
				doc.Operations = append(doc.Operations, one)
			}
			srv, err := mcpmount.New(doc, mcpmount.InProcess(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				takes, _ := time.ParseDuration(strings.TrimPrefix(r.URL.Path, "/items/"))
				time.Sleep(takes)
			})), &mcpmount.Options{Logger: slog.New(slog.DiscardHandler)})
			if err != nil {
				t.Fatal(err)
			}
			session := openAs(t, srv, nil)
			var calls sync.WaitGroup
			for i := range 12 {
				name := []string{"getItem", "other", "endless"}[random.IntN(3)]
				after, takes := time.Duration(random.IntN(15_000))*time.Millisecond, time.Duration(random.IntN(10_000))*time.Millisecond
				var h http.Header
				if random.IntN(2) == 0 {
					h = session
				}
				calls.Go(func() {
					time.Sleep(after)
					r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/mcp", strings.NewReader(fmt.Sprintf(
						`{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":{"name":%q,"arguments":{"id":%q}}}`, i+7, name, takes)))
					r.Header = with(h, "Content-Type", "application/json")
					w := &answerWatch{ResponseRecorder: httptest.NewRecorder(), start: time.Now()}
					srv.ServeHTTP(w, r)
					want, most := takes, timeouts[name]+graceOfHandlers
					if timeouts[name] > 0 && takes > most {
						want = most
					}
					if w.answered != want {
						t.Errorf("seed %d: %s takes %v of %v, and is answered after %v: %s", seed, name, takes, timeouts[name], w.answered, w.Body)
					}
				})
			}
			calls.Wait()
			srv.Shutdown(t.Context())
		})
	}
}

// graceOfHandlers is how long a handler has to return when its call is over.
const graceOfHandlers = 100 * time.Millisecond

// An answerWatch knows when it got an answer.
type answerWatch struct {
	*httptest.ResponseRecorder
	start    time.Time
	answered time.Duration
}

func (w *answerWatch) Write(p []byte) (int, error) {
	if strings.Contains(string(p), "jsonrpc") {
		w.answered = time.Since(w.start)
	}
	return w.ResponseRecorder.Write(p)
}
