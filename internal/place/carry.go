package place

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strings"
)

// A Carry is what API requests carry, by name: a loginspec.Use.
type Carry struct {
	Header, Query, Cookies, Body map[string]string
}

// Apply puts it on a request: all of it, or nothing. The header, the URL and the body are the request's own afterwards.
func (c Carry) Apply(req *http.Request, get Values) error {
	ctx := req.Context()
	own, err := Header(ctx, c.Header, nil, nil, get)
	if err != nil {
		return err
	}
	cookies, err := Fields(ctx, c.Cookies, get)
	if err != nil {
		return err
	}
	query, err := Fields(ctx, c.Query, get)
	if err != nil {
		return err
	}
	body, err := Fields(ctx, c.Body, get)
	if err != nil {
		return err
	}
	header := req.Header.Clone()
	maps.Copy(header, own)
	if err := addCookies(header, cookies); err != nil {
		return err
	}
	if err := addToBody(req, header, body); err != nil {
		return err
	}
	req.Header = header
	addQuery(req, query)
	return nil
}

// maxUseBody bounds a body that a token is put into.
const maxUseBody = 1 << 20

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
	if len(fields) == 0 {
		return nil
	}
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

func quoted(s string) json.RawMessage {
	data, _ := json.Marshal(s)
	return data
}
