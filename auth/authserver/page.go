package authserver

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"html/template"
	"net/http"
)

const style = `body{font:16px/1.5 system-ui,sans-serif;max-width:34rem;margin:3rem auto;padding:0 1rem;color:#1a1a1a;background:#fff}
code{background:#f0f0f0;padding:.1em .3em;overflow-wrap:anywhere}.warn{border-left:4px solid #b45309;padding-left:1rem}
button{font:inherit;padding:.4rem 1.4rem;margin:1rem 1rem 0 0}`

const pages = `
{{define "head"}}<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="robots" content="noindex">
<title>{{.}}</title><style>` + style + `</style></head><body><h1>{{.}}</h1>{{end}}

{{define "consent"}}{{template "head" "Let an app use this server?"}}
{{if .Client.Host}}<p>An app of <code>{{.Client.Host}}</code>{{with .Client.Name}}, which calls itself “{{.}}”,{{end}} wants to act for you.</p>
{{else}}<p>An app{{with .Client.Name}} that calls itself “{{.}}”{{end}} wants to act for you. Nobody has checked who made it.</p>{{end}}
<ul>
<li>It will use <code>{{.Resource}}</code>.</li>
{{if .Scopes}}<li>It asks for: {{range .Scopes}}<code>{{.}}</code> {{end}}</li>{{end}}
<li>You will sign in at <code>{{.Provider}}</code>.</li>
<li>Then you are sent to <code>{{.Redirect}}</code>.</li>
</ul>
{{if not .Assured}}<p class="warn">Any program there could ask for this. Go on only if you have just started it yourself.</p>{{end}}
<p>If you did not expect this page, choose Deny.</p>
<form method="post" action="{{.Action}}"><input type="hidden" name="request" value="{{.Request}}">
<button name="answer" value="allow">Allow</button><button name="answer" value="deny">Deny</button></form></body></html>{{end}}

{{define "proceed"}}{{template "head" "One moment"}}<p><a href="{{.To}}">Continue</a> if nothing happens. You can close this page then.</p></body></html>{{end}}

{{define "return"}}{{template "head" "This did not work"}}<p>The app that sent you here did not ask as it should. Nobody has checked who made it.
<a rel="noreferrer" href="{{.To}}">Go back to {{.Host}}</a></p></body></html>{{end}}

{{define "failure"}}{{template "head" "This did not work"}}<p>{{.}}</p></body></html>{{end}}
`

// policy is the Content-Security-Policy of all pages: no scripts, no frames around them,
// and forms that go nowhere else.
func policy() string {
	sum := sha256.Sum256([]byte(style))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) +
		"'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
}

func newPages() *template.Template { return template.Must(template.New("").Parse(pages)) }

// safeURL marks a URL that was checked as one that a link may have, as templates
// allow no schemes of apps otherwise.
func safeURL(checked string) template.URL { return template.URL(checked) }

// page answers with a page.
func (s *Server) page(w http.ResponseWriter, status int, name string, data any) {
	var body bytes.Buffer
	if err := s.pages.ExecuteTemplate(&body, name, data); err != nil {
		s.log.Error("page cannot be made", "error", err)
		http.Error(w, "the page cannot be shown", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", s.policy)
	h.Set("X-Frame-Options", "DENY")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin") // with no-referrer, browsers would hide the origin of the form
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	w.Write(body.Bytes())
}

// fail tells a person what went wrong. There is nowhere to send them.
func (s *Server) fail(w http.ResponseWriter, status int, text string) {
	s.page(w, status, "failure", text)
}
