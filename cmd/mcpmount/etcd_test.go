package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// etcdDocument describes what is called of etcd's gateway from HTTP to gRPC, which has
// keys and values in base64, and 64-bit numbers as texts.
const etcdDocument = `openapi: 3.1.0
info: {title: etcd, version: "3"}
servers: [{url: "http://127.0.0.1:2379"}]
paths:
  /v3/kv/put:
    post:
      operationId: KV_Put
      requestBody:
        required: true
        content:
          application/json:
            schema:
              type: object
              required: [key, value]
              properties:
                key: {$ref: "#/components/schemas/Bytes"}
                value: {$ref: "#/components/schemas/Bytes"}
                lease: {$ref: "#/components/schemas/Int64"}
                prev_kv: {type: boolean, description: Answer with what was there before.}
      responses: {"200": {$ref: "#/components/responses/Any"}}
  /v3/kv/range:
    post:
      operationId: KV_Range
      requestBody:
        required: true
        content:
          application/json:
            schema: {$ref: "#/components/schemas/Keys"}
      responses:
        "200":
          description: the keys
          content:
            application/json:
              schema:
                type: object
                properties:
                  count: {$ref: "#/components/schemas/Int64"}
                  kvs:
                    type: array
                    items:
                      type: object
                      properties:
                        key: {$ref: "#/components/schemas/Bytes"}
                        value: {$ref: "#/components/schemas/Bytes"}
                        version: {$ref: "#/components/schemas/Int64"}
  /v3/kv/deleterange:
    post:
      operationId: KV_DeleteRange
      requestBody:
        required: true
        content:
          application/json:
            schema: {$ref: "#/components/schemas/Keys"}
      responses: {"200": {$ref: "#/components/responses/Any"}}
components:
  schemas:
    Bytes: {type: string, contentEncoding: base64}
    Int64: {type: string, pattern: "^-?[0-9]+$"}
    Keys:
      type: object
      required: [key]
      properties:
        key: {$ref: "#/components/schemas/Bytes"}
        range_end: {$ref: "#/components/schemas/Bytes", description: "All keys from key up to this one, without it."}
        limit: {$ref: "#/components/schemas/Int64"}
  responses:
    Any: {description: ok, content: {application/json: {schema: {type: object}}}}
`

// Two real servers behind one configuration: what is done to them through MCP, they tell
// over their own interface. Each has its own tools; one of them may be down.
func TestTwoRealServers(t *testing.T) {
	manager, err := exec.LookPath("prometheus-alertmanager")
	if err != nil {
		t.Skip("prometheus-alertmanager is not installed")
	}
	store, err := exec.LookPath("etcd")
	if err != nil {
		t.Skip("etcd is not installed")
	}
	alerts := filepath.Join(specsDir(t), "alertmanager.yaml")
	alertsAPI, stopAlerts := startAlertmanager(t, manager)
	keysAPI := startEtcd(t, store)
	file := writeConfig(t, fmt.Sprintf(`listen: 127.0.0.1:0
access-log: false
apis:
  alerts: {document: %q, upstream: %q}
  keys: {document: etcd.yaml, upstream: %q, rename: {KV_DeleteRange: delete_keys}}
`, absolute(t, alerts), alertsAPI, keysAPI))
	replaceFile(t, filepath.Join(filepath.Dir(file), "etcd.yaml"), etcdDocument)
	endpoint := serveUntilEnd(t, "serve", "--config", file)
	silencing := connect(t, endpoint)
	keeping := connect(t, strings.TrimSuffix(endpoint, "alerts")+"keys")

	silence(t, silencing, alertsAPI)
	keep(t, keeping, keysAPI)

	res, err := keeping.CallTool(t.Context(), &mcp.CallToolParams{Name: "getSilences"})
	if err == nil && !res.IsError {
		t.Errorf("the tool of another API was called: %s", resultText(res))
	}
	stopAlerts()
	if dead := callTool(t, silencing, "getStatus", nil); !dead.IsError || !strings.Contains(resultText(dead), "refused") {
		t.Errorf("with Alertmanager stopped: %s", resultText(dead))
	}
	if put := callTool(t, keeping, "KV_Put", map[string]any{"key": inBase64("b"), "value": inBase64("2")}); put.IsError {
		t.Errorf("with Alertmanager stopped, etcd: %s", resultText(put))
	}
}

// silence creates, reads and expires a silence.
func silence(t *testing.T, session *mcp.ClientSession, api string) {
	t.Helper()
	posted := callTool(t, session, "postSilences", map[string]any{
		"matchers":  []any{map[string]any{"name": "job", "value": "nightly", "isRegex": false}},
		"startsAt":  time.Now().UTC().Format(time.RFC3339),
		"endsAt":    time.Now().Add(time.Hour).UTC().Format(time.RFC3339),
		"createdBy": "a test", "comment": "one of two servers",
	})
	var created struct {
		SilenceID string `json:"silenceID"`
	}
	if err := json.Unmarshal([]byte(resultText(posted)), &created); err != nil || posted.IsError || created.SilenceID == "" {
		t.Fatalf("postSilences answered %s", resultText(posted))
	}
	state := func() string {
		var read struct {
			Comment string
			Status  struct{ State string }
		}
		text := getText(t, api+"/api/v2/silence/"+created.SilenceID)
		if err := json.Unmarshal([]byte(text), &read); err != nil || read.Comment != "one of two servers" {
			t.Errorf("Alertmanager has %s, %v", text, err)
		}
		return read.Status.State
	}
	if got := state(); got != "active" {
		t.Errorf("a new silence is %s", got)
	}
	if got := callTool(t, session, "getSilence", map[string]any{"silenceID": created.SilenceID}); !strings.Contains(resultText(got), "one of two servers") {
		t.Errorf("getSilence: %s", resultText(got))
	}
	if res := callTool(t, session, "deleteSilence", map[string]any{"silenceID": created.SilenceID}); res.IsError {
		t.Errorf("deleteSilence: %s", resultText(res))
	}
	if got := state(); got != "expired" {
		t.Errorf("an expired silence is %s", got)
	}
}

// keep puts, reads and deletes keys.
func keep(t *testing.T, session *mcp.ClientSession, api string) {
	t.Helper()
	const key, value = "shop/ø/colour", "blue\x00\xff?"
	if put := callTool(t, session, "KV_Put", map[string]any{"key": inBase64(key), "value": inBase64(value)}); put.IsError {
		t.Fatalf("KV_Put: %s", resultText(put))
	}
	stored := func() string { return etcdValue(t, api, key) }
	if got := stored(); got != value {
		t.Errorf("etcd has %q, want %q", got, value)
	}
	read := callTool(t, session, "KV_Range", map[string]any{"key": inBase64("shop/"), "range_end": inBase64("shop0"), "limit": "10"})
	var found struct {
		Count string
		Kvs   []struct{ Key, Value []byte }
	}
	data, err := json.Marshal(read.StructuredContent)
	if err == nil {
		err = json.Unmarshal(data, &found)
	}
	if err != nil || found.Count != "1" || len(found.Kvs) != 1 || string(found.Kvs[0].Key) != key || string(found.Kvs[0].Value) != value {
		t.Errorf("KV_Range: %v %s", err, resultText(read))
	}
	if wrong := callTool(t, session, "KV_Put", map[string]any{"key": inBase64(key)}); !wrong.IsError || !strings.Contains(resultText(wrong), `"value"`) {
		t.Errorf("KV_Put without a value: %s", resultText(wrong))
	}
	if gone := callTool(t, session, "delete_keys", map[string]any{"key": inBase64(key)}); !strings.Contains(resultText(gone), `"deleted":"1"`) {
		t.Errorf("delete_keys: %s", resultText(gone))
	}
	if got := stored(); got != "" {
		t.Errorf("after its deletion, etcd has %q", got)
	}
}

func inBase64(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }

// etcdValue asks etcd itself for the value of a key, "" if there is none.
func etcdValue(t *testing.T, api, key string) string {
	t.Helper()
	res, err := http.Post(api+"/v3/kv/range", "application/json", strings.NewReader(`{"key":"`+inBase64(key)+`"}`))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var found struct{ Kvs []struct{ Value []byte } }
	if err := json.NewDecoder(io.LimitReader(res.Body, 1<<20)).Decode(&found); err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("etcd answered %s, %v", res.Status, err)
	}
	if len(found.Kvs) == 0 {
		return ""
	}
	return string(found.Kvs[0].Value)
}

// startEtcd starts etcd on free ports of loopback, with its data in a folder of the test.
func startEtcd(t *testing.T, program string) (api string) {
	t.Helper()
	api, peers := "http://"+freeAddress(t), "http://"+freeAddress(t)
	startProgram(t, api+"/health", program, "--name=test", "--data-dir="+t.TempDir(), "--log-level=error", "--logger=zap",
		"--listen-client-urls="+api, "--advertise-client-urls="+api,
		"--listen-peer-urls="+peers, "--initial-advertise-peer-urls="+peers, "--initial-cluster=test="+peers)
	return api
}

func absolute(t *testing.T, name string) string {
	t.Helper()
	path, err := filepath.Abs(name)
	if err != nil {
		t.Fatal(err)
	}
	return path
}
