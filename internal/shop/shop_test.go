package shop

import (
	"bytes"
	"encoding/json"
	"image/png"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func newApp() http.Handler {
	mux := http.NewServeMux()
	New().Register(mux)
	return mux
}

func do(t *testing.T, app http.Handler, method, target, body string, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	app.ServeHTTP(w, r)
	return w
}

func TestRoutes(t *testing.T) {
	const order = `{"customer":"bob@example.com","items":[{"product_id":"kite","quantity":2}]}`
	tests := []struct {
		name, method, target, body string
		status                     int
		want                       string // part of the body
	}{
		{"all products", "GET", "/products", "", 200, `"id":"tent"`},
		{"search ignores case", "GET", "/products?q=GOPHER", "", 200, `[{"id":"mug",`},
		{"nothing found is an empty array", "GET", "/products?q=submarine", "", 200, `[]`},
		{"limit", "GET", "/products?limit=1&category=office", "", 200, `"price":49.9}]`},
		{"price", "GET", "/products?max_price=10", "", 200, `[{"id":"notebook"`},
		{"unknown category", "GET", "/products?category=pets", "", 400, "kitchen, office, outdoor"},
		{"limit of zero", "GET", "/products?limit=0", "", 400, "from 1 to 100"},
		{"limit in words", "GET", "/products?limit=ten", "", 400, "from 1 to 100"},
		{"price that is no number", "GET", "/products?max_price=NaN", "", 400, "above 0"},
		{"one product", "GET", "/products/teapot", "", 200, `"name":"Teapot"`},
		{"no such product", "GET", "/products/none", "", 404, `no product \"none\"`},
		{"no such picture", "GET", "/products/none/image", "", 404, "no product"},
		{"photo of nothing", "POST", "/products/none/photos", "", 404, "no product"},
		{"photo without a form", "POST", "/products/mug/photos", "x", 400, "multipart form"},
		{"orders", "GET", "/orders", "", 200, `"total":25`},
		{"orders of somebody else", "GET", "/orders?customer=bob@example.com", "", 200, `[]`},
		{"one order", "GET", "/orders/1", "", 200, `"customer":"ada@example.com"`},
		{"no such order", "GET", "/orders/2", "", 404, "no order"},
		{"place an order", "POST", "/orders", order, 201, `"id":"2"`},
		{"order that is not JSON", "POST", "/orders", "{", 400, "unexpected EOF"},
		{"order with a typo", "POST", "/orders", `{"costumer":"bob"}`, 400, "costumer"},
		{"order of nobody", "POST", "/orders", `{"items":[]}`, 422, "email address"},
		{"order of nothing", "POST", "/orders", `{"customer":"bob@example.com"}`, 422, "1 to 20"},
		{"order of what is not sold", "POST", "/orders", strings.Replace(order, "kite", "car", 1), 422, `items[0].product_id`},
		{"order of none", "POST", "/orders", strings.Replace(order, "2", "0", 1), 422, `items[0].quantity`},
		{"cancel an order", "DELETE", "/orders/1", "", 204, ""},
		{"cancel what is not there", "DELETE", "/orders/7", "", 404, "no order"},
		{"stats without the key", "GET", "/admin/stats", "", 401, "X-API-Key"},
		{"health", "GET", "/health", "", 200, `"ok"`},
		{"document", "GET", "/openapi.yaml", "", 200, "openapi: 3.1.0"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := do(t, newApp(), tt.method, tt.target, tt.body)
			if w.Code != tt.status {
				t.Errorf("status = %d, want %d", w.Code, tt.status)
			}
			if !strings.Contains(w.Body.String(), tt.want) {
				t.Errorf("body = %s, want it to contain %s", w.Body, tt.want)
			}
			if got := w.Header().Get("Content-Type"); w.Code >= 400 && got != "application/problem+json" {
				t.Errorf("Content-Type = %q, want application/problem+json", got)
			}
		})
	}
}

func TestOrderIsKept(t *testing.T) {
	app := newApp()
	w := do(t, app, "POST", "/orders", `{"customer":"bob@example.com","items":[{"product_id":"kite","quantity":2}]}`)
	created, place := w.Body.String(), w.Header().Get("Location")
	if got := do(t, app, "GET", place, "").Body.String(); got != created {
		t.Errorf("GET %s = %s, want %s", place, got, created)
	}
	do(t, app, "DELETE", place, "")
	if got := do(t, app, "GET", place, "").Code; got != http.StatusNotFound {
		t.Errorf("status after DELETE = %d, want 404", got)
	}
}

func TestOldestOrderMakesRoom(t *testing.T) {
	s := New()
	for range 1000 {
		s.place(NewOrder{}, time.Now())
	}
	if got, first := len(s.orders), s.orders[0].ID; got != 1000 || first != "2" {
		t.Errorf("kept %d orders from %s, want 1000 from 2", got, first)
	}
}

func TestStats(t *testing.T) {
	w := do(t, newApp(), "GET", "/admin/stats", "", "X-API-Key", AdminKey)
	const want = `{"products":6,"orders":1,"photos":0,"revenue":25}`
	if got := strings.TrimSpace(w.Body.String()); got != want {
		t.Errorf("stats = %s, want %s", got, want)
	}
}

func TestImage(t *testing.T) {
	w := do(t, newApp(), "GET", "/products/mug/image", "")
	img, err := png.Decode(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	if got := img.Bounds().Dx(); got != 64 {
		t.Errorf("width = %d, want 64", got)
	}
	if img.At(0, 0) == img.At(32, 32) {
		t.Errorf("frame and inside have the same colour %v", img.At(0, 0))
	}
}

func TestPhoto(t *testing.T) {
	tests := []struct {
		name, field string
		size        int
		status      int
	}{
		{"a photo", "photo", 10, http.StatusCreated},
		{"too large", "photo", maxPhotoBytes + 1, http.StatusRequestEntityTooLarge},
		{"another field", "file", 10, http.StatusBadRequest},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var body bytes.Buffer
			form := multipart.NewWriter(&body)
			form.WriteField("caption", "at work")
			part, err := form.CreateFormFile(tt.field, "mug.png")
			if err != nil {
				t.Fatal(err)
			}
			part.Write(make([]byte, tt.size))
			form.Close()

			w := do(t, newApp(), "POST", "/products/mug/photos", body.String(), "Content-Type", form.FormDataContentType())
			if w.Code != tt.status {
				t.Fatalf("status = %d, want %d: %s", w.Code, tt.status, w.Body)
			}
			const want = `{"filename":"mug.png","media_type":"application/octet-stream","bytes":10,"caption":"at work"}`
			if got := strings.TrimSpace(w.Body.String()); w.Code == http.StatusCreated && got != want {
				t.Errorf("photo = %s, want %s", got, want)
			}
		})
	}
}

func TestExport(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		w := do(t, newApp(), "GET", "/export", "")
		if took := time.Since(start); took != time.Second { // on the clock of the bubble
			t.Errorf("export took %v, want 1s", took)
		}
		if !w.Flushed {
			t.Error("the lines were not flushed")
		}
		lines := json.NewDecoder(w.Body)
		for n := 1; n <= 20; n++ {
			var line struct{ Line int }
			if err := lines.Decode(&line); err != nil || line.Line != n {
				t.Fatalf("line = %d, %v, want %d", line.Line, err, n)
			}
		}
	})
}

func TestLogRequests(t *testing.T) {
	var log bytes.Buffer
	app := LogRequests(newApp(), slog.New(slog.NewTextHandler(&log, nil)))
	do(t, app, "GET", "/orders/9", "")
	for _, want := range []string{"remote=192.0.2.1:1234", "method=GET", "path=/orders/9", "status=404"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("log = %s, want it to contain %s", &log, want)
		}
	}
}
