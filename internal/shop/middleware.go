package shop

import (
	"crypto/subtle"
	"encoding/json"
	"log/slog"
	"net/http"
	"time"
)

// LogRequests returns app with an access log: one record for each request.
func LogRequests(app http.Handler, log *slog.Logger) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start, status := time.Now(), &statusRecorder{ResponseWriter: w, status: http.StatusOK}
		defer func() {
			log.InfoContext(r.Context(), "request", "remote", r.RemoteAddr, "method", r.Method,
				"path", r.URL.Path, "status", status.status, "took", time.Since(start).Round(time.Microsecond))
		}()
		app.ServeHTTP(status, r)
	})
}

// A statusRecorder remembers the status of a response.
type statusRecorder struct {
	http.ResponseWriter
	status int
}

func (w *statusRecorder) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap lets [http.ResponseController] flush.
func (w *statusRecorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// requireKey lets only requests with [AdminKey] through.
func requireKey(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if subtle.ConstantTimeCompare([]byte(r.Header.Get("X-API-Key")), []byte(AdminKey)) == 0 {
			writeProblem(w, http.StatusUnauthorized, "send the admin's key in the X-API-Key header")
			return
		}
		next.ServeHTTP(w, r)
	})
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(v)
}

// A Problem is the body of every error: RFC 9457.
type Problem struct {
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail"`
}

func writeProblem(w http.ResponseWriter, status int, detail string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(Problem{http.StatusText(status), status, detail})
}
