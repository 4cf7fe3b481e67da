package main

import (
	"bytes"
	"fmt"
	"strconv"
)

// An era is a way to speak to a server.
type era string

const (
	rest      era = "REST"
	stateless era = "2025-11-25" // without a session
	modern    era = "2026-07-28"
	session   era = "2025-11-25, in a session"
)

// initialize and initialized open a session.
const (
	initialize  = `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"bench","version":"1"}}}`
	initialized = `{"jsonrpc":"2.0","method":"notifications/initialized"}`
)

// modernMeta is what each message of 2026-07-28 says of its client.
const modernMeta = `,"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"bench","version":"1"},"io.modelcontextprotocol/clientCapabilities":{}}`

// A message is what a server is asked to do: the call of a tool, or a list of
// them.
type message struct {
	tool      string // "" for tools/list
	arguments string // JSON
}

func (m message) method() string {
	if m.tool == "" {
		return "tools/list"
	}
	return "tools/call"
}

// body returns the JSON-RPC request.
func (m message) body(e era) string {
	params := ""
	if m.tool != "" {
		params = fmt.Sprintf(`,"name":%q,"arguments":%s`, m.tool, m.arguments)
	}
	if e == modern {
		params += modernMeta
	}
	if params != "" {
		params = params[1:]
	}
	return fmt.Sprintf(`{"jsonrpc":"2.0","id":7,"method":%q,"params":{%s}}`, m.method(), params)
}

// header returns the fields that the message has in an era, name by value.
func (m message) header(e era, session string) [][2]string {
	fields := [][2]string{{"Content-Type", "application/json"}, {"Accept", "application/json, text/event-stream"}}
	if e == modern {
		fields = append(fields, [][2]string{{"MCP-Protocol-Version", "2026-07-28"}, {"Mcp-Method", m.method()}}...)
		if m.tool != "" {
			fields = append(fields, [2]string{"Mcp-Name", m.tool})
		}
	} else {
		fields = append(fields, [2]string{"MCP-Protocol-Version", "2025-11-25"})
	}
	if session != "" {
		fields = append(fields, [2]string{"Mcp-Session-Id", session})
	}
	return fields
}

// wire returns a request as it is sent.
func wire(method, host, path string, header [][2]string, body string) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nHost: %s\r\n", method, path, host)
	for _, field := range header {
		b.WriteString(field[0] + ": " + field[1] + "\r\n")
	}
	if body != "" {
		b.WriteString("Content-Length: " + strconv.Itoa(len(body)) + "\r\n")
	}
	b.WriteString("\r\n" + body)
	return b.Bytes()
}
