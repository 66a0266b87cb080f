package vendortest

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"slices"
	"strings"
	"time"
)

// call is one request, read, on its way through a vendor's handler.
type call struct {
	*http.Request
	body    []byte
	st      *state
	now     time.Time // the server's clock
	flagged bool
}

func (c *call) prepare(st *state) { c.st, c.now = st, st.now() }

const maxProblems = 1000

// broke notes that the request breaks the vendor's contract. The sentence may
// hold names, never values.
func (c *call) broke(format string, args ...any) {
	if !c.flagged {
		c.flagged = true
		c.st.counts.Invalid++
	}
	if len(c.st.problems) < maxProblems {
		c.st.problems = append(c.st.problems, c.Method+" "+c.safePath()+": "+fmt.Sprintf(format, args...))
	}
}

// safePath keeps what looks like a path of an API, and no token in it.
func (c *call) safePath() string {
	parts := strings.Split(c.URL.Path, "/")
	for i, p := range parts {
		parts[i] = c.safe(p)
	}
	return strings.Join(parts, "/")
}

// safe is a name fit for a problem: short, plain, and nobody's secret.
func (c *call) safe(name string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("_-.:", r)
	}
	odd := len(name) > 32 || strings.ContainsFunc(name, func(r rune) bool { return !plain(r) }) || name != "" && name == c.st.opts.APIKey
	for _, a := range c.st.accounts {
		secrets := append([]string{a.Password, a.TOTP, a.mailed, a.IdPCode}, a.RecoveryCodes...)
		odd = odd || name != "" && slices.Contains(secrets, name)
	}
	if odd {
		return "(hidden)"
	}
	return name
}

// onlyOwnHeaders notes credentials of other calls that came along. Servers
// ignore them; a client that sends them leaks them.
func (c *call) onlyOwnHeaders(others ...string) {
	for _, name := range append(others, "Authorization", "Cookie") {
		if len(c.Header.Values(name)) > 0 {
			c.broke("the header %s does not belong here", name)
		}
	}
}

// isJSON checks the Content-Type.
func (c *call) isJSON() bool {
	kind, params, err := mime.ParseMediaType(c.Header.Get("Content-Type"))
	charset := strings.ToLower(params["charset"])
	if err == nil && kind == "application/json" && (charset == "" || charset == "utf-8") && len(c.Header.Values("Content-Type")) == 1 {
		return true
	}
	c.broke("Content-Type is not application/json")
	return false
}

// noQuery notes a query where there is none.
func (c *call) noQuery() {
	if c.URL.RawQuery != "" {
		c.broke("a query does not belong here")
	}
}

// bearer is the token of an Authorization header of that scheme.
func (c *call) bearer() (string, bool) {
	values := c.Header.Values("Authorization")
	if len(values) != 1 {
		return "", false
	}
	scheme, token, ok := strings.Cut(values[0], " ")
	if !ok || scheme != "Bearer" || token == "" || strings.Contains(token, " ") {
		return "", false
	}
	return token, true
}

// echo responds to an API call with what arrived.
func (c *call) echo() reply {
	sum := sha256.Sum256(c.body)
	return jsonReply(http.StatusOK, map[string]any{
		"method": c.Method,
		"path":   c.URL.Path,
		"bytes":  len(c.body),
		"sha256": hex.EncodeToString(sum[:]),
	})
}

// isAPI says whether the path is the resource or below it.
func (c *call) isAPI(resource string) bool {
	return c.URL.Path == resource || strings.HasPrefix(c.URL.Path, resource+"/")
}

// object is a JSON request body, taken apart without judging its values.
type object struct {
	fields map[string]field
	empty  bool     // there is no body
	syntax error    // it is not one JSON object
	extra  []string // names that the call does not know, in order
	twice  []string // names that come more than once
}

type field struct {
	raw json.RawMessage
	end int64 // where in the body the value ends
}

// kind is what a field holds.
type kind int

const (
	absent kind = iota
	null
	text
	other
)

// object reads the body and notes what no vendor wants in it.
func (c *call) object(known ...string) object {
	o := parseObject(c.body, known)
	switch {
	case o.empty:
		c.broke("the body is missing")
	case o.syntax != nil:
		c.broke("the body is not one JSON object")
	}
	for _, name := range o.extra {
		c.broke("the body has an unknown field %s", c.safe(name))
	}
	for _, name := range o.twice {
		c.broke("the body has the field %s twice", c.safe(name))
	}
	return o
}

func parseObject(data []byte, known []string) object {
	o := object{fields: map[string]field{}}
	if len(bytes.TrimSpace(data)) == 0 {
		o.empty = true
		return o
	}
	var members map[string]json.RawMessage
	if o.syntax = json.Unmarshal(data, &members); o.syntax == nil && members == nil {
		o.syntax = errors.New("null is not an object")
	}
	if o.syntax == nil {
		o.read(json.NewDecoder(bytes.NewReader(data)), known)
	}
	return o
}

// read goes through the members of what is known to be an object: a map would
// hide doubled names and their order.
func (o *object) read(dec *json.Decoder, known []string) {
	_, _ = dec.Token()
	for dec.More() {
		name, _ := dec.Token()
		var f field
		_ = dec.Decode(&f.raw)
		f.end = dec.InputOffset()
		o.add(name.(string), f, known)
	}
}

func (o *object) add(name string, f field, known []string) {
	if !slices.Contains(known, name) {
		o.extra = append(o.extra, name)
	}
	if _, seen := o.fields[name]; seen {
		o.twice = append(o.twice, name)
	}
	o.fields[name] = f
}

// isSet says whether the field is there and not null.
func (o object) isSet(name string) bool {
	f, ok := o.fields[name]
	return ok && string(f.raw) != "null"
}

// text is the field's value when it holds a string.
func (o object) text(name string) (string, kind) {
	f, ok := o.fields[name]
	switch {
	case !ok:
		return "", absent
	case string(f.raw) == "null":
		return "", null
	case f.raw[0] != '"':
		return "", other
	}
	var s string
	_ = json.Unmarshal(f.raw, &s) // checked when the object was read
	return s, text
}
