package resilient

import (
	"net/http"
	"testing"
)

// What a request costs beyond the transport when nothing is wrong.
func BenchmarkTransport(b *testing.B) {
	res := &http.Response{StatusCode: 200, Header: http.Header{}}
	next := roundTripper(func(*http.Request) (*http.Response, error) {
		res.Body = readOnce{}
		return res, nil
	})
	r, err := http.NewRequestWithContext(b.Context(), "GET", "http://api.example.com/", nil)
	if err != nil {
		b.Fatal(err)
	}
	for _, bb := range []struct {
		name string
		rt   http.RoundTripper
	}{{"without", next}, {"with", &Transport{Next: next}}, {"places", &Transport{Next: next, MaxRequests: 8}}} {
		b.Run(bb.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				res, err := bb.rt.RoundTrip(r)
				if err != nil {
					b.Fatal(err)
				}
				_ = res.Body.Close()
			}
		})
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

type readOnce struct{}

func (readOnce) Read([]byte) (int, error) { return 0, nil }
func (readOnce) Close() error             { return nil }
