package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// Each line is a URL and the addresses that its host leads to, one after the
// other; only the last one may be refused.
func TestFetchAddresses(t *testing.T) {
	for _, tt := range []struct {
		url, addresses, err string
	}{
		{"https://api.example.com/", "93.184.216.34", ""},
		{"https://api.example.com/", "10.0.0.5", ""},
		{"https://api.example.com/", "10.0.0.5 93.184.216.34", ""},
		{"https://api.example.com/", "93.184.216.34 10.0.0.5", "was public"},
		{"https://api.example.com/", "93.184.216.34 127.0.0.1", "was public"},
		{"https://api.example.com/", "93.184.216.34 ::1", "was public"},
		{"https://api.example.com/", "93.184.216.34 ::ffff:192.168.1.1", "was public"},
		{"https://api.example.com/", "2606:2800::1 fd00::1", "was public"},
		{"https://api.example.com/", "93.184.216.34 100.64.1.1", "was public"},
		{"https://api.example.com/", "169.254.169.254", "where no document is"},
		{"https://api.example.com/", "fe80::1", "where no document is"},
		{"https://api.example.com/", "0.0.0.0", "where no document is"},
		{"https://169.254.7.7/", "169.254.7.7", ""},
		{"https://192.168.1.1/", "192.168.1.1", ""},
		{"https://[fd00::1]/", "fd00::1", ""},
		{"http://localhost/", "127.0.0.1", ""},
		{"http://localhost/", "::1", ""},
		{"http://localhost/", "93.184.216.34", "not this machine"},
		{"https://localhost/", "10.0.0.5", "not this machine"},
	} {
		f := &urlFeed{url: mustParse(t, tt.url)}
		addresses := strings.Fields(tt.addresses)
		for i, ip := range addresses {
			if strings.Contains(ip, ":") {
				ip = "[" + ip + "]"
			}
			err := f.checkAddress(t.Context(), "tcp", ip+":443", nil)
			if i < len(addresses)-1 {
				checkError(t, err, "")
			} else if tt.err == "" && err != nil || tt.err != "" && (err == nil || !strings.Contains(err.Error(), tt.err)) {
				t.Errorf("%s leads to %s: %v, want %q", tt.url, tt.addresses, err, tt.err)
			}
		}
	}
}

// An address is checked when it is dialed, each time.
func TestFetchChecksWhatItDials(t *testing.T) {
	asked := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		io.WriteString(w, minimal)
	}))
	defer server.Close()
	f := &urlFeed{url: mustParse(t, strings.Replace(server.URL, "127.0.0.1", "localhost", 1))}
	if _, err := f.next(t.Context(), true); err != nil {
		t.Fatal(err)
	}
	f.public.Store(true)
	_, err := f.next(t.Context(), true)
	checkError(t, err, "was public")
	if asked != 1 {
		t.Errorf("it was asked %d times", asked)
	}
}
