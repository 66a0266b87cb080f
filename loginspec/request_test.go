package loginspec_test

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A document may stand in any place for a text, and in what is made: a value stays in its place there too.
func TestDocumentInAText(t *testing.T) {
	t.Parallel()
	const text = `
name: v
user: user
inputs: [{name: user}]
make: {made: {base64: '{"u":"${user}"}'}, sum: {sha256: '{"u":"${user}"}'}}
login:
  - url: https://api.v.example/1?u={"u":"${user}"}
    header: {X-U: '{"u":"${user}"}', X-Made: "${made}", X-Sum: "${sum}"}
    form: {u: '{"u":"${user}"}'}
  - {url: "https://api.v.example/2", json: {u: '{"u":"${user}"}'}}
  - {url: "https://api.v.example/3", xml: {R: {U: '<u a="${user}">1</u>'}}, keep: {access: {json: t}}}
`
	const user, json = `u","admin":"1`, `{"u":"u\",\"admin\":\"1"}`
	_, w, err := login(t, text, map[string]string{"user": user}, respond(200, `{"t": "t-1"}`))
	require.NoError(t, err)
	first := w.requests()[0]
	require.NoError(t, first.ParseForm())
	made, err := base64.StdEncoding.DecodeString(first.Header.Get("X-Made"))
	require.NoError(t, err)
	assert.Equal(t, []string{json, json, json, json}, []string{
		first.URL.Query().Get("u"), first.Header.Get("X-U"), first.PostForm.Get("u"), string(made),
	})
	assert.Equal(t, fmt.Sprintf("%x", sha256.Sum256([]byte(json))), first.Header.Get("X-Sum"))
	assert.Equal(t, `{"u":`+strconv.Quote(json)+`}`, w.requests()[1].body)
	assert.Contains(t, w.requests()[2].body, "&lt;u a=&#34;u&amp;#34;,&amp;#34;admin&amp;#34;:&amp;#34;1&#34;&gt;1&lt;/u&gt;")
}

// A vendor that speaks XML or text is asked for that, unless the description says otherwise.
func TestAccept(t *testing.T) {
	t.Parallel()
	for keep, want := range map[string]string{
		"{json: t}": "application/json", "{xml: t}": "application/xml, text/xml, */*", "{text: true}": "application/xml, text/xml, */*",
		"{text: true}}\n    header: {Accept: text/plain": "text/plain",
	} {
		_, w, _ := login(t, "name: v\nlogin:\n  - url: https://api.v.example\n    keep: {access: "+keep+"}\n", nil, respond(200, "x"))
		assert.Equal(t, want, w.requests()[0].Header.Get("Accept"))
	}
}
