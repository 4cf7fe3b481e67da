package main

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"io"
	"net/http"
	"strconv"
)

// warehouse describes the API that is measured.
//
//go:embed openapi.json
var warehouse []byte

type item struct {
	ID    int      `json:"id"`
	Name  string   `json:"name"`
	Price float64  `json:"price"`
	View  string   `json:"view"`
	Tags  []string `json:"tags"`
}

// newAPI returns the API: handlers that do what those of an app do at least,
// so that whatever is put in front of them shows.
func newAPI() *http.ServeMux {
	report := struct {
		Items []item `json:"items"`
	}{make([]item, 1000)}
	for i := range report.Items {
		report.Items[i] = newItem(i+1, "full")
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /items/{id}", func(w http.ResponseWriter, r *http.Request) {
		id, err := strconv.Atoi(r.PathValue("id"))
		if err != nil || id < 1 {
			http.Error(w, "id must be a positive number", http.StatusBadRequest)
			return
		}
		writeJSON(w, newItem(id, r.URL.Query().Get("view")))
	})
	mux.HandleFunc("GET /report", func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, report) })
	mux.HandleFunc("POST /files", func(w http.ResponseWriter, r *http.Request) {
		sum := crc32.NewIEEE()
		n, err := io.Copy(sum, http.MaxBytesReader(w, r.Body, 8<<20))
		if err != nil {
			http.Error(w, "the file could not be read", http.StatusBadRequest)
			return
		}
		writeJSON(w, map[string]int64{"bytes": n, "crc32": int64(sum.Sum32())})
	})
	return mux
}

// newItem returns an item of about 100 bytes as JSON.
func newItem(id int, view string) item {
	return item{id, "walnut shelf, oiled", 129.5, view, []string{"walnut", "wood", "furniture"}}
}

func writeJSON(w http.ResponseWriter, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.Write(body)
}

// generateDocument returns an OpenAPI document with n operations, each of which
// becomes a tool of about 1 KB. The edition shows in each of them.
func generateDocument(n int, edition string) ([]byte, error) {
	paths := make(map[string]any, n)
	for i := range n {
		name := "thing" + strconv.Itoa(i)
		paths["/"+name+"/{id}"] = map[string]any{"post": map[string]any{
			"operationId": name,
			"summary":     fmt.Sprintf("Change %s, %s edition", name, edition),
			"parameters": []any{
				map[string]any{"name": "id", "in": "path", "required": true, "description": "Which one to change.", "schema": map[string]any{"type": "string"}},
			},
			"requestBody": map[string]any{"content": map[string]any{"application/json": map[string]any{
				"schema": map[string]any{"$ref": "#/components/schemas/Change"},
			}}},
			"responses": map[string]any{"204": map[string]any{"description": "Changed."}},
		}}
	}
	properties := map[string]any{}
	for _, name := range []string{"name", "color", "material", "width", "height", "weight"} {
		properties[name] = map[string]any{"type": []string{"string", "null"}, "maxLength": 100,
			"description": "The new " + name + ", as it is shown to customers; null removes it."}
	}
	return json.Marshal(map[string]any{
		"openapi":    "3.1.0",
		"info":       map[string]any{"title": "Things", "version": "1.0.0"},
		"paths":      paths,
		"components": map[string]any{"schemas": map[string]any{"Change": map[string]any{"type": "object", "properties": properties}}},
	})
}
