package loginspec_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/loginspec"
)

// Each mistake of a file is found with its line, its key and what was probably meant.
func TestReadMistakes(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"{\n \"nmae\": \"v\"}":                                        "line 2: nmae is unknown; did you mean name?",
		"{\"inputs\": [\n{\"name\": \"u\",\n\"sekret\": 1}]}":         "line 3: inputs[0].sekret is unknown; did you mean secret?",
		"{\"xyzzyxyzzy\": 1}":                                         "known are base, errors, hosts,",
		"{\"name\": 5}":                                               "line 1: name must be a text, and is a number",
		"{\"login\": {}}":                                             "login must be a list, and is an object",
		"{\"login\": [[]]}":                                           "login[0] must be an object, and is a list",
		"{\"use\": {\"header\": []}}":                                 "use.header must be an object, and is a list",
		"{\"login\": [{\"query\": {\"a\": {}}}]}":                     "login[0].query.a must be a text, and is an object",
		"{\"inputs\": [{\"secret\": \"true\"}]}":                      "inputs[0].secret must be true or false, and is a text",
		"{\"errors\": [{\"status\": [\"400\"]}]}":                     "errors[0].status[0] must be a whole number, and is a text",
		"{\"errors\": [{\"status\": 400.5}]}":                         "errors[0].status[0] must be a whole number, and is a number",
		"{\"life\": 3600}":                                            "life must be a duration",
		"{\"life\": \"1 hour\"}":                                      "life must be a duration",
		"{\"name\": \"a\",\n\"name\": \"b\"}":                         "name is there twice",
		"{\"login\": [{\"json\": {\"a\": 1, \"a\": 2}}]}":             "login[0].json.a is there twice",
		"{\"login\": [{\"json\": {\"a\": [{\"b\": 1,\n\"b\": 2}]}}]}": "line 2: login[0].json.a[0].b is there twice",
		"{\"login\": [{\"xml\": {\"a\": {\"b\": 1, \"b\": 2}}}]}":     "login[0].xml.a.b is there twice",
		"{\"rejected\": {\n\"status\": 302,\n\"att\": {}}}":           "line 3: rejected[0].att is unknown; did you mean at?",
		"{\n\"iputs\": \n\n[]}":                                       "line 2: iputs is unknown; did you mean inputs?",
		"{\"login\": [{\"xml\": []}]}":                                "login[0].xml must be an object of elements, and is a list",
		"{\"name\": null}":                                            "name must be a text, and is null",
		"{\n\"name\": \n}":                                            "line 3 is not JSON",
		"{} {}":                                                       "goes on after its end",
		"[]":                                                          "must be an object, and is a list",
		"":                                                            "ends too early",
		strings.Repeat("[", 1000):                                     "is nested too deeply",
		strings.Repeat(" ", 1<<20+1):                                  "is larger than 1 MiB",
	} {
		_, err := loginspec.Read(strings.NewReader(text))
		require.ErrorIs(t, err, vendorlogin.ErrInvalidRequest, text)
		assert.ErrorContains(t, err, want)
	}
}

// A file and the struct that it describes are the same.
func TestRead(t *testing.T) {
	t.Parallel()
	const text = `{
"name": "v", "user": "u", "life": "30d", "refresh_life": "90m", "hosts": "a.example",
"inputs": [{"name": "u", "default": 5}, {"name": "p", "secret": true}],
"make": {"t": {"time": "unix", "offset": "-30s"}},
"login": [{"url": "https://a.example", "status": 200, "form": {"n": 1, "b": true, "s": "x"},
  "keep": {"access": {"cookies": "c"}},
  "errors": [{"status": 400, "at": {"json": "e"}, "is": 5, "not": [true, "x"], "kind": "credentials"}]}],
"rejected": {"status": [403]}
}`
	spec, err := loginspec.Read(strings.NewReader(text))
	require.NoError(t, err)
	assert.Equal(t, 30*24*time.Hour, spec.Life)
	assert.Equal(t, 90*time.Minute, spec.RefreshLife)
	assert.Equal(t, []string{"a.example"}, spec.Hosts)
	assert.Equal(t, []loginspec.Input{{Name: "u", Default: "5"}, {Name: "p", Secret: true}}, spec.Inputs)
	assert.Equal(t, loginspec.Make{Time: "unix", Offset: -30 * time.Second}, spec.Make["t"])
	step := spec.Login[0]
	assert.Equal(t, []int{200}, step.Status)
	assert.Equal(t, map[string]string{"n": "1", "b": "true", "s": "x"}, step.Form)
	assert.Equal(t, []string{"c"}, step.Keep["access"].Cookies)
	assert.Equal(t, []string{"5"}, step.Errors[0].Is)
	assert.Equal(t, []string{"true", "x"}, step.Errors[0].Not)
	assert.Equal(t, []loginspec.Condition{{Status: []int{403}}}, spec.Rejected)
}
