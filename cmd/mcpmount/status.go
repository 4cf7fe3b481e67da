package main

import (
	"encoding/json"
	"net/http"

	"github.com/mcpmount/mcpmount"
)

// Where a server tells how it is. Nobody needs a credential for it, and it names
// no tool.
const (
	healthPath = "/healthz" // 200 if the tools of all APIs can be called, else 503; with their numbers
	readyPath  = "/readyz"  // the same
	alivePath  = "/livez"   // 200 as long as anything is answered
)

func statusPaths() []string { return []string{healthPath, readyPath, alivePath} }

// An apiHealth is what is known of how an API is. That the API itself fails does not
// make the server less ready: a restart or another replica would not change it.
type apiHealth struct {
	mcpmount.Health
	Degraded bool `json:"degraded,omitempty"` // the API failed lately, and is left alone
}

// A status is the health of all APIs together, and of each one that has a name.
type status struct {
	apiHealth
	APIs map[string]apiHealth `json:"apis,omitempty"`
}

// handleStatus registers with mux what tells how the APIs of list are.
func handleStatus(mux *http.ServeMux, list []*api) {
	health := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		s := newStatus(list)
		code := http.StatusOK
		if !s.OK {
			code = http.StatusServiceUnavailable
		}
		answerStatus(w, code, s)
	})
	mux.Handle("GET "+healthPath, health)
	mux.Handle("GET "+readyPath, health)
	mux.HandleFunc("GET "+alivePath, func(w http.ResponseWriter, _ *http.Request) {
		answerStatus(w, http.StatusOK, struct {
			OK bool `json:"ok"`
		}{true})
	})
}

func newStatus(list []*api) status {
	s := status{apiHealth: apiHealth{Health: mcpmount.Health{OK: true}}, APIs: map[string]apiHealth{}}
	for _, a := range list {
		h := apiHealth{a.srv.Health(), a.upstream.stats().Open}
		s.OK = s.OK && h.OK
		s.Degraded = s.Degraded || h.Degraded
		s.Tools += h.Tools
		s.Resources += h.Resources
		s.ResourceTemplates += h.ResourceTemplates
		if a.name != "" {
			s.APIs[a.name] = h
		}
	}
	return s
}

func answerStatus(w http.ResponseWriter, code int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(code)
	json.NewEncoder(w).Encode(body)
}
