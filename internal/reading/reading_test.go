package reading_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/vendorlogin/vendorlogin/internal/reading"
	"github.com/vendorlogin/vendorlogin/loginhttp"
)

func response(body string, headers ...string) *reading.Response {
	h := http.Header{}
	for i := 0; i+1 < len(headers); i += 2 {
		h.Add(headers[i], headers[i+1])
	}
	return &reading.Response{Answer: &loginhttp.Answer{Status: 200, Header: h, Body: []byte(body), SentAt: time.Unix(1e9, 0)}}
}

// A cookie whose end is past, by the vendor's clock, deletes one.
func TestCookie(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]string{
		"c=v": "v", `c="v"`: "v", "c=v; Max-Age=0": "", "c=; Path=/": "", "c=v; Expires=Thu, 01 Jan 1970 00:00:00 GMT": "",
		"c=v; Expires=Fri, 01 Jan 2027 00:00:00 GMT": "v", "d=v": "",
	} {
		r := response("", "Set-Cookie", header, "Date", "Thu, 26 Nov 2026 00:00:00 GMT")
		place := reading.Place{Cookie: "c"}
		value, ok := place.Find(r)
		assert.Equal(t, want, value, header)
		assert.Equal(t, want != "", ok)
	}
}

func TestIsData(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]bool{
		"": false, " ": false, "<html></html>": false, "text": false, "null": false, "{}": true, `"x"`: true, "<a/>": true, "\ufeff[1]": true,
	} {
		assert.Equal(t, want, response(body).IsData(), body)
	}
	assert.True(t, response("{}", "Content-Type", "text/HTML").IsData())
	assert.False(t, response("a page", "Content-Type", "text/HTML").IsData())
}

func TestExpiryField(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ value, as, want string }{
		{"90", "", `"90"`}, {"90", "seconds", "90"}, {"1500", "ms", "1.5"}, {"-1", "seconds", ""}, {"x", "ms", ""},
		{"30", "minutes", "1800"}, {"1.5", "hours", "5400"}, {"2", "days", "172800"}, {"36500", "days", "1000000000"},
		{"1000000000", "unix", `"2001-09-09T01:46:40Z"`}, {"1000000000000", "unix_ms", `"2001-09-09T01:46:40Z"`},
		{"2001-09-09T03:46:40+02:00", "rfc3339", `"2001-09-09T03:46:40+02:00"`}, {"2026-11-28T03:20:09", "rfc3339", `"2026-11-28T03:20:09"`},
		{"2026-11-28 03:20:09Z", "rfc3339", `"2026-11-28 03:20:09Z"`}, {"3600", "rfc3339", ""}, {"1h", "rfc3339", ""},
		{"2026-11-28", "rfc3339", ""}, {"soon", "rfc3339", ""}, {"3600", "http_date", ""}, {"soon", "http_date", ""},
		{"Sun, 09 Sep 2001 01:46:40 GMT", "http_date", `"2001-09-09T01:46:40Z"`},
		{"Sunday, 09-Sep-01 01:46:40 GMT", "http_date", `"2001-09-09T01:46:40Z"`},
		{"Sun Sep  9 01:46:40 2001", "http_date", `"2001-09-09T01:46:40Z"`}, {"Sunday, 09-Sep-01 01:46:40 EST", "http_date", ""},
		{"09.09.2001", "layout 02.01.2006", `"2001-09-09T00:00:00Z"`}, {"9 Sep", "02.01.2006", ""}, {"1:2:3", "d:h:m", `"1:2:3"`},
		{"119:59:30", "h:m:s", "431970"}, {"1:2", "h:m:s", ""}, {"1:2:x", "h:m:s", ""}, {"::", "h:m:s", ""}, {"0:0:0", "h:m:s", ""},
		{"1000000000000000", "unix_us", `"2001-09-09T01:46:40Z"`}, {"x", "unix_us", ""},
	} {
		assert.Equal(t, c.want, string(reading.ExpiryField(c.value, c.as)), "%+v", c)
	}
}

// The abbreviation of a zone says nothing for sure, wherever this runs: an offset beside it does.
func TestZones(t *testing.T) {
	t.Parallel()
	const layout = "2006-01-02 15:04:05 MST"
	for value, want := range map[string]string{
		"2001-09-09 01:46:40 UTC": `"2001-09-09T01:46:40Z"`, "2001-09-09 01:46:40 GMT": `"2001-09-09T01:46:40Z"`,
		"2001-09-09 03:46:40 GMT+2": "", "2001-09-09 01:46:40 CST": "", "2001-09-09 01:46:40 CDT": "",
		"2001-09-09 01:46:40 EST": "", "2001-09-09 01:46:40 CET": "", "2001-09-09 01:46:40 +03": "",
	} {
		assert.Equal(t, want, string(reading.ExpiryField(value, layout)), value)
	}
	for value, as := range map[string]string{
		"2001-09-08 20:46:40 -0500 CDT": "2006-01-02 15:04:05 -0700 MST", "2001-09-09 01:46:40 +0000 UTC": "2006-01-02 15:04:05 -0700 MST",
		"2001-09-08 20:46:40 -0500": "2006-01-02 15:04:05 -0700", "2001-09-09 01:46:40": "2006-01-02 15:04:05",
	} {
		assert.Equal(t, `"2001-09-09T01:46:40Z"`, string(reading.ExpiryField(value, as)), value)
	}
}

// A path of other notations is no path.
func TestPaths(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"a.0.b": "", "0": "", `a\.b`: "", "/session/token": "is no path; did you mean session.token?",
		"$.a": `is no path: names and numbers with dots between them, such as "data.0.token"`,
	} {
		_, reason := (&reading.Place{JSON: path}).Check()
		assert.Equal(t, want, reason, path)
	}
	_, reason := (&reading.Place{XML: "/R/T"}).Check()
	assert.Empty(t, reason)
}

func TestCovers(t *testing.T) {
	t.Parallel()
	at := func(path string) *reading.Place { return &reading.Place{JSON: path} }
	for _, c := range []struct {
		first, second reading.Condition
		want          bool
	}{
		{reading.Condition{Status: []int{400, 401}}, reading.Condition{Status: []int{400}, At: at("e")}, true},
		{reading.Condition{Status: []int{400}}, reading.Condition{Status: []int{400, 401}}, false},
		{reading.Condition{Status: []int{400}}, reading.Condition{At: at("e")}, false},
		{reading.Condition{At: at("e")}, reading.Condition{Status: []int{400}, At: at("e"), Is: []string{"x"}}, true},
		{reading.Condition{At: at("e")}, reading.Condition{At: at("e"), Is: []string{"false"}}, false},
		{reading.Condition{At: at("e")}, reading.Condition{At: at("f")}, false},
		{reading.Condition{At: at("e"), Is: []string{"x"}}, reading.Condition{At: at("e"), Is: []string{"x"}}, true},
		{reading.Condition{At: at("e"), Is: []string{"x"}}, reading.Condition{At: at("e"), Is: []string{"y"}}, false},
	} {
		assert.Equal(t, c.want, c.first.Covers(&c.second), "%+v", c)
	}
}

func TestUnescape(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]string{"c=a%3Db%2Fc+d": "a=b/c+d", "c=100%": "100%", "c=plain": "plain"} {
		place := reading.Place{Cookie: "c", Unescape: true}
		value, ok := place.Find(response("", "Set-Cookie", header))
		assert.True(t, ok)
		assert.Equal(t, want, value)
	}
}

// A place whose match does not fit is not there, whatever elements are beside the text.
func TestMatchOfAPlaceWithOthersInIt(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]bool{
		"<R><Error>Wrong password<Trace>7</Trace></Error></R>": true,
		"<R><Error>Server busy<Trace>7</Trace></Error></R>":    false,
		"<R><Error><Trace>7</Trace></Error></R>":               false,
	} {
		c := &reading.Condition{At: &reading.Place{XML: "Error", Match: "(Wrong password)"}}
		assert.Equal(t, want, c.Matches(response(body)), body)
	}
	c := &reading.Condition{At: &reading.Place{JSON: "error", Match: "(Wrong password)"}}
	assert.False(t, c.Matches(response(`{"error": {"trace": 7}}`)))
}
