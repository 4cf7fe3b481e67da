package main

import "slices"

// mutants returns all of them. Several may break one rule in different places.
func mutants() []mutant {
	return slices.Concat(requestMutants(), answerMutants(), doorMutants(), loginMutants())
}

func requestMutants() []mutant {
	return []mutant{
		{"path-slash", "pathvalue.go", `case r == '/' || r == '\\':`, `case (r == '/' || r == '\\') && !MUTANT:`, "TestRequestRules/path-segment"},
		{"path-dots", "pathvalue.go", `if strings.TrimRight(name, ". ") == "" {`, `if strings.TrimRight(name, ". ") == "" && !MUTANT {`, "TestRequestRules/path-segment"},
		{"path-unescape", "pathvalue.go", `; !escaped {`, `; !escaped || MUTANT {`, "TestRequestRules/path-segment"},
		{"path-control", "pathvalue.go", `case r < ' ' || 0x7f <= r && r < 0xa0:`, `case (r < ' ' || 0x7f <= r && r < 0xa0) && !MUTANT:`, "TestRequestRules/path-segment"},
		{"path-length", "pathvalue.go", "joined bool) error {\n\tif len(text) > maxPathText {", "joined bool) error {\n\tif len(text) > maxPathText && !MUTANT {", "TestRequestRules/path-length"},
		{"escaping", "escape.go", `case e.keep.has(c):`, `case e.keep.has(c) || MUTANT && c == '&':`, "TestRequestRules/query-escaping"},
		{"url-length", "request.go", `if len(buf) > maxURL {`, `if len(buf) > maxURL && !MUTANT {`, "TestRequestRules/url-length"},
		{"header-control", "escape.go", `case c < ' ' || c == 0x7f:`, `case (c < ' ' || c == 0x7f) && !MUTANT:`, "TestRequestRules/header-injection"},
		{"header-length", "header.go", `len(value) > maxHeaderValue {`, `len(value) > maxHeaderValue && !MUTANT {`, "TestRequestRules/header-injection"},
		{"header-names", "header.go", "switch key {\n\tcase \"accept\"", "if MUTANT {\n\t\treturn true\n\t}\n\tswitch key {\n\tcase \"accept\"", "TestRequestRules/header-parameters"},
		{"multipart-quotes", "multipart.go", "return `\"` + strings", "if MUTANT {\n\t\treturn `\"` + s + `\"`\n\t}\n\treturn `\"` + strings", "TestRequestRules/multipart"},
		{"multipart-folders", "file.go", "name = name[strings.LastIndexAny(name, `/\\`)+1:]", "if !MUTANT {\n\t\tname = name[strings.LastIndexAny(name, `/\\`)+1:]\n\t}", "TestRequestRules/multipart"},
		{"validation", "validate.go", "if v == nil {\n\t\treturn true, nil", "if v == nil || MUTANT {\n\t\treturn true, nil", "TestRequestRules/arguments-validated"},
		{"inner-headers", "inprocess.go", `addCaller(in.Header, c)`, "if MUTANT && c.request != nil {\n\t\tfor name := range c.request.Header {\n\t\t\tcopyHeader(in.Header, c.request.Header, name)\n\t\t}\n\t}\n\taddCaller(in.Header, c)", "TestRequestRules/headers-from-nothing"},
		{"outer-headers", "upstream.go", `copyShort(h, c.request.Header, "Accept-Language")`, "for name := range c.request.Header {\n\t\tif MUTANT || name == \"Accept-Language\" {\n\t\t\tcopyShort(h, c.request.Header, name)\n\t\t}\n\t}", "TestRequestRules/headers-from-nothing"},
		{"token-passed-on", "upstream.go", `copyShort(h, c.request.Header, "X-Request-Id")`, "copyShort(h, c.request.Header, \"X-Request-Id\")\n\tif MUTANT {\n\t\tcopyShort(h, c.request.Header, \"Authorization\")\n\t}", "TestAuthRules/token-not-passed-on"},
		{"credentials", "credential.go", `maps.Copy(r.Header, a.header)`, "for name, values := range a.header {\n\t\tif r.Header[name] == nil || !MUTANT {\n\t\t\tr.Header[name] = values\n\t\t}\n\t}", "TestAuthRules/credentials-attached"},
		{"credential-arguments", "tool.go", `if s.Type == "apiKey" && s.In == p.In`, `if !MUTANT && s.Type == "apiKey" && s.In == p.In`, "TestAuthRules/credentials-not-settable"},
	}
}

func answerMutants() []mutant {
	return []mutant{
		{"redirects", "upstream.go", `return t.next.RoundTrip(out)`, "if MUTANT {\n\t\treturn (&http.Client{Transport: t.next}).Do(out)\n\t}\n\treturn t.next.RoundTrip(out)", "TestRequestRules/redirects"},
		{"response-size", "responsebody.go", `*b = bodyReader{`, "if MUTANT {\n\t\tlimit *= 100\n\t}\n\t*b = bodyReader{", "TestRequestRules/response-size"},
		{"response-time", "callcontext.go", `c.allowed = s.timeout(t)`, "c.allowed = s.timeout(t)\n\tif MUTANT {\n\t\tc.allowed *= 4\n\t}", "TestRequestRules/response-time"},
		{"deaf-handlers", "calllist.go", `for _, c := range late {`, "for _, c := range late {\n\t\tif MUTANT {\n\t\t\tbreak\n\t\t}", "TestRequestRules/response-time"},
		{"buffers", "fastpath.go", `defer f.vacate(room)`, "if MUTANT {\n\t\troom.result.body.giveBack()\n\t}\n\tdefer f.vacate(room)", "TestRequestRules/responses-apart"},
		{"stack-traces", "failure.go", `return shortened(withoutFrames(plainText(text)), maxFailureBytes)`, "if MUTANT {\n\t\treturn text\n\t}\n\treturn shortened(withoutFrames(plainText(text)), maxFailureBytes)", "TestRequestRules/stack-traces"},
		{"panics", "exchange.go", `func (e *handlerError) Error() string {`, "func (e *handlerError) Error() string {\n\tif s, ok := e.Value.(string); ok && MUTANT {\n\t\treturn s\n\t}\n\t", "TestRequestRules/panics"},
		{"texts", "internal/openapi/text.go", `return strings.TrimSpace(withoutComments(visible(text)))`, "if MUTANT {\n\t\treturn text\n\t}\n\treturn strings.TrimSpace(withoutComments(visible(text)))", "TestRequestRules/texts-cleaned"},
		{"redaction", "redact.go", `if d.longest == 0 {`, `if d.longest == 0 || MUTANT {`, "TestAuthRules/credentials-redacted"},
	}
}

func doorMutants() []mutant {
	return []mutant{
		{"keys-twice", "internal/tree/json.go", "if p.problems == nil {\n\t\treturn p.errorAt(start, \"the object has the key", "if MUTANT {\n\t\treturn nil\n\t}\n\tif p.problems == nil {\n\t\treturn p.errorAt(start, \"the object has the key", "TestDoorRules/strict-json"},
		{"keys-by-case", "envelope.go", `case key != "":`, `case key != "" && !MUTANT:`, "TestDoorRules/strict-json"},
		{"ids", "envelope.go", `case id != nil && !legalID(id):`, `case id != nil && !legalID(id) && !MUTANT:`, "TestDoorRules/strict-json"},
		{"batches", "envelope.go", `if len(items) == 0 || len(items) > maxPending {`, `if (len(items) == 0 || len(items) > maxPending) && !MUTANT {`, "TestDoorRules/batches"},
		{"message-depth", "envelope.go", `p.ParseJSON(body, tree.Limits{MaxDepth: maxDepth, `, `p.ParseJSON(body, tree.Limits{MaxDepth: map[bool]int{true: 0, false: maxDepth}[MUTANT], `, "TestDoorRules/message-depth"},
		{"message-values", "envelope.go", `MaxNodes: maxValues}`, `MaxNodes: map[bool]int{true: 0, false: maxValues}[MUTANT]}`, "TestDoorRules/message-values"},
		{"message-size", "post.go", `limit := d.server.opts.Limits.MaxRequestBytes`, "limit := d.server.opts.Limits.MaxRequestBytes\n\tif MUTANT {\n\t\tlimit *= 2\n\t}", "TestDoorRules/message-size"},
		{"content-encoding", "post.go", `!strings.EqualFold(head.coding, "identity") {`, `!strings.EqualFold(head.coding, "identity") && !MUTANT {`, "TestDoorRules/content-type"},
		{"origin", "guard.go", `if len(origins) > 1 || !g.originAllowed(origins[0], local) {`, `if (len(origins) > 1 || !g.originAllowed(origins[0], local)) && !MUTANT {`, "TestDoorRules/origin"},
		{"browser-credentials", "guard.go", `h.Set("Access-Control-Max-Age", "600")`, "if MUTANT {\n\t\th.Set(\"Access-Control-Allow-Credentials\", \"true\")\n\t}", "TestDoorRules/cors"},
		{"host", "guard.go", `if !g.hostAllowed(r.Host, local) {`, `if !g.hostAllowed(r.Host, local) && !MUTANT {`, "TestDoorRules/host"},
		{"headers-once", "guard.go", `if head.repeats {`, `if head.repeats && !MUTANT {`, "TestDoorRules/headers-once"},
		{"sessions", "session.go", `if s == nil || s.of != p {`, `if s == nil || s.of != p && !MUTANT {`, "TestDoorRules/sessions"},
		{"session-ends", "insession.go", "if m.call != nil {\n\t\t\tm.call.cancel()", "if m.call != nil && !MUTANT {\n\t\t\tm.call.cancel()", "TestDoorRules/session-ends"},
		{"recursion", "frontdoor.go", `if r.Context().Value(insideKey{s}) != nil {`, `if r.Context().Value(insideKey{s}) != nil && !MUTANT {`, "TestDoorRules/recursion"},
		{"no-credential", "authorization.go", "if a == nil {\n\t\treturn r, true", "if a == nil || MUTANT {\n\t\treturn r, true", "TestAuthRules/credential-required"},
		{"challenge", "authorization.go", `refusal.WriteHeader(w.Header())`, "if !MUTANT {\n\t\trefusal.WriteHeader(w.Header())\n\t}", "TestAuthRules/credential-required"},
		{"wrong-credential", "auth/keys.go", `if found < 0 {`, "if found < 0 && MUTANT {\n\t\tfound = 0\n\t}\n\tif found < 0 {", "TestAuthRules/credential-wrong"},
		{"scopes", "authorization.go", `if a == nil || len(need) == 0 ||`, `if MUTANT || a == nil || len(need) == 0 ||`, "TestAuthRules/scopes"},
		{"scopes-of-lists", "authorization.go", `if a == nil || a.StepUp || set == nil {`, `if MUTANT || a == nil || a.StepUp || set == nil {`, "TestAuthRules/scopes"},
	}
}

func loginMutants() []mutant {
	return []mutant{
		{"login-redirect", "auth/authserver/redirect.go", `if registered == asked {`, `if registered == asked || MUTANT && strings.HasPrefix(asked, registered) {`, "TestLoginRules/login-redirect-exact"},
		{"login-redirect-port", "auth/authserver/redirect.go", `r.Hostname() == "localhost" && r.Port() != "" {`, `r.Hostname() == "localhost" && r.Port() != "" && !MUTANT {`, "TestLoginRules/login-redirect-loopback"},
		{"login-redirect-scheme", "auth/authserver/redirect.go", `case isPrivateScheme(u.Scheme) && slices`, `case MUTANT || isPrivateScheme(u.Scheme) && slices`, "TestLoginRules/login-register-redirects"},
		{"login-documents", "auth/authserver/documents.go", `remote.ReachOf(at.Addr()) != remote.Public {`, `remote.ReachOf(at.Addr()) != remote.Public && !MUTANT {`, "TestLoginRules/login-documents-private"},
		{"login-pkce", "auth/authserver/authorize.go", `case p["code_challenge_method"] != "S256" ||`, `case p["code_challenge_method"] != "S256" && !MUTANT ||`, "TestLoginRules/login-pkce"},
		{"login-target", "auth/authserver/authorize.go", `case p["resource"] != "" && !s.isResource(p["resource"]):`, `case p["resource"] != "" && !s.isResource(p["resource"]) && !MUTANT:`, "TestLoginRules/login-parameters"},
		{"login-open-redirect", "auth/authserver/authorize.go", `isAssured(to) && (err != nil ||`, `!MUTANT && isAssured(to) && (err != nil ||`, "TestLoginRules/login-open-redirect"},
		{"consent", "auth/authserver/authorize.go", `if isAssured(req.Redirect) && s.consented(r, req) {`, `if MUTANT || isAssured(req.Redirect) && s.consented(r, req) {`, "TestLoginRules/consent-first"},
		{"consent-client", "auth/authserver/consent.go", `return digest(req.Client + "\n"`, "if MUTANT {\n\t\treturn digest(req.Redirect)\n\t}\n\treturn digest(req.Client + \"\\n\"", "TestLoginRules/consent-first"},
		{"consent-browser", "auth/authserver/consent.go", `if origin := r.Header.Get("Origin"); !s.isFrom(r, &req) ||`, `if origin := r.Header.Get("Origin"); !s.isFrom(r, &req) && !MUTANT ||`, "TestLoginRules/consent-forged"},
		{"consent-origin", "auth/authserver/consent.go", `origin != "" && origin != s.origin ||`, `origin != "" && origin != s.origin && !MUTANT ||`, "TestLoginRules/consent-forged"},
		{"consent-frames", "auth/authserver/page.go", `h.Set("X-Frame-Options", "DENY")`, "if !MUTANT {\n\t\th.Set(\"X-Frame-Options\", \"DENY\")\n\t}", "TestLoginRules/consent-framed"},
		{"callback-browser", "auth/authserver/callback.go", `case !s.isFrom(r, &l.Request):`, `case !s.isFrom(r, &l.Request) && !MUTANT:`, "TestLoginRules/callback-browser"},
		{"callback-issuer", "auth/authserver/provider.go", `iss != p.up.Issuer:`, `iss != p.up.Issuer && !MUTANT:`, "TestLoginRules/callback-issuer"},
		{"id-token-login", "auth/authserver/provider.go", `case !same(text(claims["nonce"]), nonce):`, `case !same(text(claims["nonce"]), nonce) && !MUTANT:`, "TestLoginRules/id-tokens"},
		{"users", "auth/authserver/admit.go", `return nil, errors.New("no rule admits the user")`, "if MUTANT {\n\t\t\treturn asked, nil\n\t\t}\n\t\treturn nil, errors.New(\"no rule admits the user\")", "TestLoginRules/users-admitted"},
		{"tickets-once", "auth/authserver/session.go", `err = s.records.take(ctx, keyOf(kind, text), &g)`, "if MUTANT {\n\t\treturn t.Session, g, s.records.get(ctx, keyOf(kind, text), &g)\n\t}\n\terr = s.records.take(ctx, keyOf(kind, text), &g)", "TestLoginRules/refresh-once"},
		{"tickets-reused", "auth/authserver/session.go", "\t\ts.end(ctx, t.Session)\n", "\t\tif !MUTANT {\n\t\t\ts.end(ctx, t.Session)\n\t\t}\n", "TestLoginRules/code-once"},
		{"code-verifier", "auth/authserver/token.go", `!same(g.Challenge, digest(verifier)) {`, `!same(g.Challenge, digest(verifier)) && !MUTANT {`, "TestLoginRules/code-verifier"},
		{"code-client", "auth/authserver/token.go", `if !same(g.Client, p["client_id"]) || !same(g.Redirect`, `if !same(g.Client, p["client_id"]) && !MUTANT || !same(g.Redirect`, "TestLoginRules/code-bound"},
		{"refresh-client", "auth/authserver/token.go", "if !same(g.Client, p[\"client_id\"]) {\n\t\ts.log.WarnContext(ctx, \"refresh", "if !same(g.Client, p[\"client_id\"]) && !MUTANT {\n\t\ts.log.WarnContext(ctx, \"refresh", "TestLoginRules/refresh-bound"},
		{"refresh-provider", "auth/authserver/provider.go", `case m.Error == "invalid_grant" ||`, `case m.Error == "invalid_grant" && !MUTANT ||`, "TestLoginRules/session-ends-upstream"},
		{"revocation-owner", "auth/authserver/token.go", `case err == nil && same(owner, p["client_id"]):`, `case err == nil && (same(owner, p["client_id"]) || MUTANT):`, "TestLoginRules/revocation"},
		{"token-form", "auth/authserver/answer.go", `return once(r.PostForm)`, "if MUTANT {\n\t\treturn once(r.Form)\n\t}\n\treturn once(r.PostForm)", "TestLoginRules/token-requests"},
		{"register-flood", "auth/authserver/register.go", `wait > 0 {`, `wait > 0 && !MUTANT {`, "TestLoginRules/register-flood"},
	}
}
