package main

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"io"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"sync"
	"time"
)

// An api is the HTTP API that is given a second interface. It knows nothing of
// MCP.
type api struct {
	http.Handler

	// grow adds an operation to what is served and returns its name.
	grow func() (string, error)

	mu    sync.Mutex
	waits map[string]string // what became of them, by id
}

func newAPI() *api {
	a := &api{waits: map[string]string{}}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /echo", echo)
	mux.HandleFunc("GET /slow", lines)
	mux.HandleFunc("POST /operations", a.addOperation)
	mux.HandleFunc("POST /waits/{id}", a.wait)
	mux.HandleFunc("GET /waits/{id}", a.waited)
	mux.HandleFunc("GET /motd", content("text/plain", []byte("All is well.")))
	mux.HandleFunc("GET /notes/{id}", note)

	mux.HandleFunc("GET /suite/text", content("text/plain", []byte("Some text.")))
	mux.HandleFunc("GET /suite/image", content("image/png", pixel()))
	mux.HandleFunc("GET /suite/audio", content("audio/wav", silence()))
	mux.HandleFunc("GET /suite/file", content("application/pdf", []byte("%PDF-1.4\n")))
	mux.HandleFunc("GET /suite/mixed", mixed)
	mux.HandleFunc("GET /suite/failure", failure)
	mux.HandleFunc("GET /suite/progress", lines)
	mux.HandleFunc("GET /suite/stream", lines)
	mux.HandleFunc("POST /suite/jobs", job)
	mux.HandleFunc("GET /suite/log", job)
	mux.HandleFunc("GET /suite/region", region)
	mux.HandleFunc("POST /suite/operations", a.addOperation)
	mux.HandleFunc("GET /suite/static-text", content("text/plain", []byte("A text that stays.")))
	mux.HandleFunc("GET /suite/static-binary", content("image/png", pixel()))
	mux.HandleFunc("GET /suite/watched", content("text/plain", []byte("A text that changes.")))
	mux.HandleFunc("GET /suite/templates/{id}/data", template)
	a.Handler = mux
	return a
}

// content answers always the same.
func content(mediaType string, body []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", mediaType)
		w.Write(body)
	}
}

func writeJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v)
}

// echo answers with the text it got.
func echo(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Text string `json:"text"`
	}
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	writeJSON(w, in)
}

// lines streams three of them. Clients that get a result together with the
// progress that came before it may drop the latter.
func lines(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/x-ndjson")
	for i := range 3 {
		fmt.Fprintf(w, "{\"line\":%d}\n", i+1)
		_ = http.NewResponseController(w).Flush()
		time.Sleep(50 * time.Millisecond)
	}
}

// job streams its log.
func job(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/x-ndjson")
	for _, message := range []string{"begun", "half done", "done"} {
		fmt.Fprintf(w, "{\"level\":\"info\",\"message\":%q}\n", message)
		_ = http.NewResponseController(w).Flush()
	}
}

func (a *api) addOperation(w http.ResponseWriter, _ *http.Request) {
	name, err := a.grow()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	content("text/plain", []byte(name))(w, nil)
}

// wait waits until the caller has gone, or long enough to see that it was not
// told.
func (a *api) wait(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	a.note(id, "waiting")
	select {
	case <-r.Context().Done():
		a.note(id, "canceled")
	case <-time.After(10 * time.Second):
		w.WriteHeader(http.StatusNoContent)
	}
}

func (a *api) note(id, what string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.waits[id] = what
}

func (a *api) waited(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	what, ok := a.waits[r.PathValue("id")]
	a.mu.Unlock()
	if !ok {
		what = "unknown"
	}
	content("text/plain", []byte(what))(w, r)
}

func note(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	writeJSON(w, map[string]string{"id": id, "text": "This is note " + id + "."})
}

func template(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	writeJSON(w, map[string]any{"id": id, "templateTest": true, "data": "Data for ID: " + id})
}

func region(w http.ResponseWriter, r *http.Request) {
	content("text/plain", []byte("the region is "+r.FormValue("region")))(w, r)
}

func failure(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(http.StatusServiceUnavailable)
	io.WriteString(w, `{"title":"Out of order","detail":"This operation always fails."}`)
}

// mixed answers with three parts.
func mixed(w http.ResponseWriter, _ *http.Request) {
	var body bytes.Buffer
	parts := multipart.NewWriter(&body)
	for _, part := range []struct {
		mediaType string
		data      []byte
	}{{"text/plain", []byte("A text.")}, {"image/png", pixel()}, {"application/pdf", []byte("%PDF-1.4\n")}} {
		p, err := parts.CreatePart(textproto.MIMEHeader{"Content-Type": {part.mediaType}})
		if err == nil {
			_, err = p.Write(part.data)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
	}
	_ = parts.Close() // to memory
	content("multipart/mixed; boundary="+parts.Boundary(), body.Bytes())(w, nil)
}

// pixel returns an image of one.
func pixel() []byte {
	var b bytes.Buffer
	_ = png.Encode(&b, image.NewGray(image.Rect(0, 0, 1, 1)))
	return b.Bytes()
}

// silence returns a sound of one sample: 8 bits, 8 kHz.
func silence() []byte {
	le := binary.LittleEndian
	b := append([]byte("RIFF"), le.AppendUint32(nil, 38)...)
	b = le.AppendUint32(append(b, "WAVEfmt "...), 16)
	for _, v := range []uint16{1, 1} { // PCM, one channel
		b = le.AppendUint16(b, v)
	}
	b = le.AppendUint32(le.AppendUint32(b, 8000), 8000)
	b = le.AppendUint16(le.AppendUint16(b, 1), 8)
	return append(le.AppendUint32(append(b, "data"...), 1), 0x80, 0)
}
