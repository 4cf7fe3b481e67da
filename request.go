package mcpmount

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/mcpmount/mcpmount/internal/tree"
)

// maxURL bounds the path and the query of a request. Servers refuse longer ones,
// most of them much earlier.
const maxURL = 16 << 10

// userAgent is the User-Agent of requests whose operation has no parameter for
// it.
const userAgent = "mcpmount"

// An argumentError says what is wrong with the arguments of a call, for a model
// to correct them.
type argumentError struct {
	Argument string // the name of the argument, "" if it is not one alone
	Message  string // a predicate: "must not …"
}

// Error returns the message with the name of the argument.
func (e *argumentError) Error() string {
	if e.Argument == "" {
		return e.Message
	}
	return "argument " + quoteShort(e.Argument) + " " + e.Message
}

// A requestPlan builds the requests of one operation. It is compiled once and is
// safe for concurrent use.
type requestPlan struct {
	method      string
	path        *pathTemplate
	fixed       *fixedQuery
	query       parameterList
	querystring *querystringPlan // nil unless there is one
	headers     []headerPlan
	cookies     parameterList
	body        *bodyPlan // nil if there is none
	accept      string
	contentType string  // of a request without a body, "" for none
	literal     byteSet // what is literal in a base path
}

// newRequestPlan compiles op for the arguments of its tool. body is the media
// type chosen for the request, nil if none. An error says what of the operation
// cannot be sent.
func newRequestPlan(op *Operation, args []argument, body *MediaType) (*requestPlan, error) {
	if !isToken(op.Method) || op.Method == http.MethodConnect {
		return nil, fmt.Errorf("method %q cannot be sent", op.Method)
	}
	p := &requestPlan{
		method:  op.Method,
		query:   parameterList{separator: "&"},
		cookies: parameterList{separator: "; "},
		accept:  acceptOf(op),
		literal: newByteSet(pathLiteral),
	}
	bound, err := p.compilePath(op, args)
	if err != nil {
		return nil, err
	}
	if err := p.compileParameters(args, bound); err != nil {
		return nil, err
	}
	p.contentType = bodilessType(op)
	p.body, err = newBodyPlan(op.RequestBody, args, body)
	return p, err
}

// compilePath compiles the template of op. It returns the parameters that fill
// a placeholder.
func (p *requestPlan) compilePath(op *Operation, args []argument) (map[*Parameter]bool, error) {
	bound := make(map[*Parameter]bool)
	path, query := splitTemplate(op.Path)
	var err error
	p.path, err = newPathTemplate(path, func(name string, followed bool) (*parameterPlan, error) {
		a := findParameter(args, InPath, name)
		if a == nil {
			return nil, fmt.Errorf("no path parameter fills {%s} in %q", name, op.Path)
		}
		bound[a.param] = true
		return newPathValue(a, followed)
	})
	if err != nil {
		return nil, err
	}
	p.fixed, err = newFixedQuery(query, func(name string, _ bool) (*parameterPlan, error) {
		a := findParameter(args, InPath, name)
		if a == nil {
			a = findParameter(args, InQuery, name)
		}
		if a == nil {
			return nil, fmt.Errorf("no parameter fills {%s} in %q", name, op.Path)
		}
		bound[a.param] = true
		return newQueryValue(a)
	})
	return bound, err
}

func findParameter(args []argument, in, name string) *argument {
	i := slices.IndexFunc(args, func(a argument) bool {
		return a.place == placeParameter && a.param.In == in && a.param.Name == name
	})
	if i < 0 {
		return nil
	}
	return &args[i]
}

// newPathValue compiles a parameter for a placeholder in the path.
func newPathValue(a *argument, followed bool) (*parameterPlan, error) {
	v, err := newParameterPlan(a)
	if err == nil && followed {
		v.lone.check, v.item.check, v.key.check = checkJoinedPathText, checkJoinedPathText, checkJoinedPathText
	}
	return v, err
}

// newQueryValue compiles a parameter for a placeholder in the query of a
// template, where it has no name of its own.
func newQueryValue(a *argument) (*parameterPlan, error) {
	v, err := newParameterPlan(&argument{name: a.name, param: &Parameter{Name: a.param.Name, In: InHeader}})
	if err == nil {
		e := escaping{keep: newByteSet(unreserved)}
		v.lone, v.item, v.key = e, e, e
	}
	return v, err
}

// compileParameters compiles what is not in the path. bound has the parameters
// that are sent already.
func (p *requestPlan) compileParameters(args []argument, bound map[*Parameter]bool) error {
	sent := make(map[string]bool)
	for i := range args {
		a := &args[i]
		if a.place != placeParameter || bound[a.param] {
			continue
		}
		name := a.param.Name
		if a.param.In == InHeader {
			name = http.CanonicalHeaderKey(name)
		}
		key := a.param.In + " " + name
		if sent[key] {
			return fmt.Errorf("%s parameter %q is there twice", a.param.In, a.param.Name)
		}
		sent[key] = true
		if err := p.addParameter(a); err != nil {
			return err
		}
	}
	if p.querystring != nil && len(p.query.params) > 0 {
		return errors.New("a querystring parameter excludes query parameters")
	}
	p.query.reserve(p.fixed.names)
	p.cookies.reserve(nil)
	return nil
}

// reserve keeps the members of objects from being taken for parameters with
// these names: those that carry credentials.
func (p *requestPlan) reserve(query, cookies []string) {
	names := slices.Clone(p.fixed.names)
	for _, name := range query {
		names = append(names, queryName(escapeText(name, newByteSet(unreserved))))
	}
	p.query.reserve(names)
	if p.querystring != nil {
		p.querystring.fixed = names
	}
	p.cookies.reserve(cookies)
}

func (p *requestPlan) addParameter(a *argument) error {
	switch a.param.In {
	case InHeader:
		h, err := newHeaderPlan(a)
		p.headers = append(p.headers, h)
		return err
	case InQuery:
		// What the document wrote behind the path stands.
		if slices.Contains(p.fixed.names, queryName(escapeText(a.param.Name, newByteSet(unreserved)))) {
			return nil
		}
		v, err := newParameterPlan(a)
		p.query.params = append(p.query.params, v)
		return err
	case InCookie:
		v, err := newParameterPlan(a)
		p.cookies.params = append(p.cookies.params, v)
		return err
	case inQuerystring:
		p.querystring = newQuerystringPlan(a, p.fixed.names)
		return nil
	case InPath:
		return fmt.Errorf("path parameter %q is not in the path", a.param.Name)
	}
	return fmt.Errorf("parameter %q is in %q, which is no place of a request", a.param.Name, a.param.In)
}

// build makes the request for values, the object of arguments, which must be
// valid against the input schema. basePath precedes the path. The URL is
// "http://localhost" + basePath + path + query; a transport completes it. An
// error that arguments cause is an *argumentError.
func (p *requestPlan) build(ctx context.Context, basePath string, values *tree.Node) (*http.Request, error) {
	t := targetFrom(ctx)
	if t == nil {
		t = new(target)
		ctx = withTarget(ctx, t)
	}
	u, err := p.buildURL(t, basePath, values)
	if err != nil {
		return nil, err
	}
	r := &t.request
	*r = *(&http.Request{
		Method:     p.method,
		URL:        u,
		Proto:      "HTTP/1.1",
		ProtoMajor: 1,
		ProtoMinor: 1,
		Host:       u.Host,
		Body:       http.NoBody,
		GetBody:    noBody,
	}).WithContext(ctx)
	w := newFieldWriter(t.values[:0:fixedFields], p.fields())
	if err := p.setHeader(&w, values); err != nil {
		return nil, err
	}
	if p.body != nil {
		if err := p.setBody(r, &w, values); err != nil {
			return nil, err
		}
	}
	if p.contentType != "" && w.header["Content-Type"] == nil {
		w.set("Content-Type", p.contentType)
	}
	r.Header = w.header
	return r, nil
}

// fixedFields is how many header fields all requests have.
const fixedFields = 2

// fields returns how many header fields a request has at most.
func (p *requestPlan) fields() int {
	n := fixedFields + len(p.headers)
	if len(p.cookies.params) > 0 {
		n++
	}
	if p.body != nil || p.contentType != "" {
		n++
	}
	return n
}

func noBody() (io.ReadCloser, error) { return http.NoBody, nil }

func (p *requestPlan) setHeader(w *fieldWriter, values *tree.Node) error {
	w.set("Accept", p.accept)
	w.set("User-Agent", userAgent)
	for i := range p.headers {
		value, ok, err := p.headers[i].value(values)
		if err != nil {
			return err
		}
		if ok {
			w.set(p.headers[i].key, value)
		}
	}
	cookie, err := p.cookies.append(nil, 0, values)
	if err != nil {
		return err
	}
	if len(cookie) > maxHeaderValue {
		return &argumentError{Message: fmt.Sprintf("the cookies must not be longer than %d bytes together", maxHeaderValue)}
	}
	if len(cookie) > 0 {
		w.set("Cookie", string(cookie))
	}
	return nil
}

func (p *requestPlan) setBody(r *http.Request, w *fieldWriter, values *tree.Node) error {
	content, contentType, err := p.body.encode(values)
	if err != nil || contentType == "" {
		return err
	}
	w.set("Content-Type", contentType)
	if len(content) == 0 {
		return nil
	}
	r.ContentLength = int64(len(content))
	r.GetBody = func() (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(content)), nil
	}
	r.Body, err = r.GetBody()
	return err
}

// buildURL returns the URL, and notes in t what of it no transport may change.
func (p *requestPlan) buildURL(t *target, basePath string, values *tree.Node) (*url.URL, error) {
	var scratch [128]byte
	buf := appendLiteral(scratch[:0], basePath, p.literal)
	base := len(buf)
	buf, err := p.path.append(buf, values)
	if err != nil {
		return nil, err
	}
	path := len(buf)
	if buf, err = p.appendQuery(append(buf, '?'), values); err != nil {
		return nil, err
	}
	if len(buf) > maxURL {
		return nil, &argumentError{Message: fmt.Sprintf("the arguments make the URL %d bytes long; at most %d are sent", len(buf), maxURL)}
	}
	text := string(buf)
	t.url = url.URL{Scheme: "http", Host: "localhost", RawQuery: text[path+1:]}
	if err := p.setPath(&t.url, text[:path], text[base:path]); err != nil {
		return nil, err
	}
	t.basePath, t.path, t.uri = text[:base], text[base:path], strings.TrimSuffix(text, "?")
	return &t.url, nil
}

func (p *requestPlan) appendQuery(buf []byte, values *tree.Node) ([]byte, error) {
	start := len(buf)
	buf, err := p.fixed.append(buf, start, values)
	if err != nil {
		return buf, err
	}
	if p.querystring != nil {
		return p.querystring.append(buf, start, values)
	}
	return p.query.append(buf, start, values)
}

// setPath makes escaped the path of u, and checks that it has the segments of
// the template and none that leads elsewhere. own is the part of the operation.
func (p *requestPlan) setPath(u *url.URL, escaped, own string) error {
	path, err := url.PathUnescape(escaped)
	if err != nil {
		return fmt.Errorf("path %q: %w", escaped, err)
	}
	// net/url leaves RawPath empty where the default escaping of Path is the
	// one that was meant, and routers look at RawPath first.
	u.Path = path
	is := hasPath(u, escaped)
	if !is {
		u.RawPath = escaped
		is = hasPath(u, escaped)
	}
	switch {
	case !is, !strings.HasPrefix(path, "/"):
		return fmt.Errorf("path %q is not a path", escaped)
	case hasDotSegment(path), strings.Count(own, "/") != p.path.slashes:
		return fmt.Errorf("path %q is not one of the operation", escaped)
	}
	return nil
}
