package loginspec

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strings"

	"github.com/vendorlogin/vendorlogin"
)

// maxUseBody bounds a body that a token is put into.
const maxUseBody = 1 << 20

// authorize puts on a request what use says: all of it, or nothing.
func (a *account) authorize(req *http.Request, t *vendorlogin.Token) error {
	ctx, r := req.Context(), a.newRun("authorize", t)
	header := req.Header.Clone()
	if err := t.SetAuthHeader(&http.Request{Header: http.Header{}}); err != nil { // for its check of the token
		return err
	}
	fields, err := fillFields(ctx, a.spec.Use.Header, r)
	for name, values := range fields {
		if !validHeader(values[0]) {
			return r.unfit(name)
		}
		if http.CanonicalHeaderKey(name) == "Authorization" && strings.Contains(a.spec.Use.Header[name], "${access}") {
			values[0] = onceScheme(values[0])
		}
		header.Set(name, values[0])
	}
	if err != nil {
		return r.asError("authorize", err)
	}
	cookies, err := fillFields(ctx, a.spec.Use.Cookies, r)
	if err == nil {
		err = addCookies(header, cookies)
	}
	if err != nil {
		return r.asError("authorize", err)
	}
	query, err := fillFields(ctx, a.spec.Use.Query, r)
	if err != nil {
		return r.asError("authorize", err)
	}
	body, err := fillFields(ctx, a.spec.Use.Body, r)
	if err != nil {
		return r.asError("authorize", err)
	}
	if len(body) > 0 {
		if err := addToBody(req, header, body); err != nil {
			return r.asError("authorize", err)
		}
	}
	req.Header = header
	addQuery(req, query)
	return nil
}

func (r *run) unfit(name string) error {
	return &vendorlogin.Error{Account: r.endpoint.Account, Op: "authorize", Kind: vendorlogin.ErrInvalidRequest, Unprocessed: true,
		Fields: []vendorlogin.FieldError{{Field: name, Reason: "holds a control character"}}}
}

func validHeader(value string) bool {
	return !strings.ContainsFunc(value, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f })
}

// onceScheme takes out the scheme that a token begins with where the description says it too.
func onceScheme(value string) string {
	scheme, token, _ := strings.Cut(value, " ")
	if rest := strings.TrimPrefix(token, token[:min(len(token), len(scheme))]); strings.HasPrefix(rest, " ") &&
		strings.EqualFold(token[:min(len(token), len(scheme))], scheme) {
		return scheme + rest
	}
	return value
}

// addQuery sets parameters, on a URL of the request's own. What else is in the query stays as it was written.
func addQuery(req *http.Request, query url.Values) {
	if len(query) == 0 {
		return
	}
	var kept []string
	for pair := range strings.SplitSeq(req.URL.RawQuery, "&") {
		name, _, _ := strings.Cut(pair, "=")
		if name, err := url.QueryUnescape(name); pair != "" && (err != nil || !query.Has(name)) {
			kept = append(kept, pair)
		}
	}
	u := *req.URL
	u.RawQuery = strings.Join(append(kept, query.Encode()), "&")
	req.URL = &u
}

// addToBody adds fields to the JSON object or form that the body is, or makes one.
func addToBody(req *http.Request, header http.Header, fields url.Values) error {
	var data []byte
	if req.Body != nil && req.Body != http.NoBody {
		var err error
		data, err = io.ReadAll(io.LimitReader(req.Body, maxUseBody+1))
		_ = req.Body.Close()
		if err != nil || len(data) > maxUseBody {
			return errors.New("the body that the token goes into cannot be read, or is larger than 1 MiB")
		}
	} else if req.Method == http.MethodGet || req.Method == http.MethodHead || req.Method == "" {
		return nil
	}
	data, err := withFields(data, header, fields)
	if err != nil {
		return err
	}
	req.Body = io.NopCloser(bytes.NewReader(data))
	req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data)), nil }
	req.ContentLength = int64(len(data))
	return nil
}

func withFields(data []byte, header http.Header, fields url.Values) ([]byte, error) {
	kind := strings.ToLower(header.Get("Content-Type"))
	switch {
	case strings.HasPrefix(kind, "application/x-www-form-urlencoded"):
		form, err := url.ParseQuery(string(data))
		if err != nil {
			return nil, errors.New("the body is no form")
		}
		maps.Copy(form, fields)
		return []byte(form.Encode()), nil
	case strings.Contains(kind, "json"), kind == "" && len(data) == 0:
		object := map[string]json.RawMessage{}
		if len(data) > 0 && (json.Unmarshal(data, &object) != nil || object == nil) {
			return nil, errors.New("the body is no JSON object")
		}
		for name := range fields {
			object[name] = quoted(fields.Get(name))
		}
		header.Set("Content-Type", "application/json")
		return json.Marshal(object)
	}
	return nil, errors.New("the body that the token goes into is neither JSON nor a form")
}

// tokenType is what stands before the access token in an Authorization header: what the response said, or what use does.
func (s *Spec) tokenType(said string) string {
	if said != "" {
		return said
	}
	if s.Use == nil {
		return "Bearer"
	}
	for name, template := range s.Use.Header {
		scheme, rest, _ := strings.Cut(template, " ")
		if http.CanonicalHeaderKey(name) == "Authorization" && rest == "${access}" && !strings.Contains(scheme, "$") {
			return scheme
		}
	}
	return ""
}
