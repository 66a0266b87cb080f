package vendortest

import (
	"cmp"
	"encoding/json"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// genRow is a row of pydantic's 422, which echoes what was sent.
type genRow struct {
	Type  string         `json:"type"`
	Loc   []any          `json:"loc"`
	Msg   string         `json:"msg"`
	Input any            `json:"input"`
	Ctx   map[string]any `json:"ctx,omitempty"`
}

func genDetail(status int, detail any) reply {
	return jsonReply(status, map[string]any{"detail": detail})
}

func genMissing(input any, loc ...any) genRow {
	return genRow{Type: "missing", Loc: loc, Msg: "Field required", Input: input}
}

func genShort(loc ...any) genRow {
	return genRow{
		Type: "string_too_short", Loc: loc, Msg: "String should have at least 1 character", Input: "", Ctx: map[string]any{"min_length": 1},
	}
}

func genExtra(input any, loc ...any) genRow {
	return genRow{Type: "extra_forbidden", Loc: loc, Msg: "Extra inputs are not permitted", Input: input}
}

func (v *genLogs) failure(status int, _ string) reply {
	if status >= http.StatusInternalServerError {
		return jsonReply(status, map[string]any{"message": cmp.Or(http.StatusText(status), "Error"), "code": status})
	}
	if status == http.StatusForbidden || status == http.StatusTooManyRequests {
		return jsonReply(status, map[string]any{"message": http.StatusText(status)})
	}
	return genDetail(status, cmp.Or(http.StatusText(status), "Error"))
}

func (v *genLogs) unknown(c *call) reply {
	c.broke("there is no such call")
	return genDetail(http.StatusNotFound, "Not Found")
}

// slash redirects as Starlette does: to http, behind a proxy that ends TLS, and
// with the query.
func (v *genLogs) slash(c *call) reply {
	c.broke("the path ends in a slash")
	to := url.URL{Scheme: "http", Host: c.Host, Path: strings.TrimSuffix(c.URL.Path, "/"), RawQuery: c.URL.RawQuery}
	return reply{status: http.StatusTemporaryRedirect, header: http.Header{"Location": {to.String()}}}
}

// gateway checks what every call needs.
func (v *genLogs) gateway(c *call) *reply {
	keys := c.Header.Values("x-api-key")
	if len(keys) == 1 && keys[0] == v.st.opts.APIKey {
		return nil
	}
	if len(keys) == 1 && keys[0] != "" {
		v.st.counts.WrongAPIKeys++
	} else {
		c.broke("x-api-key is missing or empty, or there are several")
	}
	return new(v.failure(http.StatusForbidden, ""))
}

// accepts checks the accept header, which the vendor requires.
func (v *genLogs) accepts(c *call) []genRow {
	for _, value := range c.Header.Values("Accept") {
		for part := range strings.SplitSeq(value, ",") {
			if kind, _, err := mime.ParseMediaType(part); err == nil && kind == "application/json" {
				return nil
			}
		}
	}
	c.broke("accept is not application/json")
	return []genRow{genMissing(nil, "header", "accept")}
}

// query takes the query apart: the names wanted, once each, and no others.
func (v *genLogs) query(c *call, want ...string) (map[string]string, []genRow) {
	if len(c.body) > 0 {
		c.broke("a body does not belong here")
	}
	in, err := url.ParseQuery(c.URL.RawQuery)
	if err != nil {
		c.broke("the query is not URL-encoded")
	}
	values := map[string]string{}
	var rows []genRow
	for _, name := range want {
		switch got := in[name]; {
		case len(got) == 0:
			c.broke("the query has no %s", name)
			rows = append(rows, genMissing(nil, "query", name))
		case len(got) > 1:
			c.broke("the query has %s %d times", name, len(got))
			rows = append(rows, genExtra(got, "query", name))
		case got[0] == "":
			c.broke("%s is empty in the query", name)
			rows = append(rows, genShort("query", name))
		default:
			values[name] = got[0]
		}
	}
	for _, name := range slices.Sorted(maps.Keys(in)) {
		if !slices.Contains(want, name) {
			c.broke("the query has an unknown parameter %s", c.safe(name))
			rows = append(rows, genExtra(in.Get(name), "query", name))
		}
	}
	return values, rows
}

// bodyFields does for a JSON body what query does for the query.
func (v *genLogs) bodyFields(c *call, want ...string) (map[string]string, []genRow) {
	c.noQuery()
	jsonType := c.isJSON()
	o := c.object(want...)
	if o.empty {
		return nil, []genRow{genMissing(nil, "body")}
	}
	if o.syntax != nil || !jsonType {
		return nil, []genRow{{
			Type: "json_invalid", Loc: []any{"body", 0}, Msg: "JSON decode error", Input: map[string]any{}, Ctx: map[string]any{
				"error": "Expecting value",
			},
		}}
	}
	values, flaws := c.texts(o, want)
	var rows []genRow
	for _, f := range flaws {
		switch {
		case f.extra:
			rows = append(rows, genExtra(f.raw, "body", f.field))
		case f.is == absent:
			rows = append(rows, genMissing(json.RawMessage(c.body), "body", f.field))
		case f.is == text:
			rows = append(rows, genShort("body", f.field))
		default:
			rows = append(rows, genRow{Type: "string_type", Loc: []any{"body", f.field}, Msg: "Input should be a valid string", Input: f.raw})
		}
	}
	return values, rows
}
