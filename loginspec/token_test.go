package loginspec_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
)

// A token that is missing is missing where the step that ran keeps it, with the names that are there in that response.
func TestMissingTokenIsThatOfTheStepThatRan(t *testing.T) {
	t.Parallel()
	const text = accounts + `
login:
  - url: https://api.v.example/1
    json: {p: "${password}"}
    keep: {access: {json: first, maybe: true}, more: {json: more, maybe: true, public: true}}
  - {url: "https://api.v.example/2", only: more, keep: {access: {json: second, maybe: true}}}
  - {url: "https://api.v.example/3", keep: {subject: {json: id, maybe: true}}}
`
	for body, want := range map[string]string{
		`{"a": 1}`:            "POST api.v.example/1): access at json first: is missing; there is: a",
		`{"a": 1, "more": 1}`: "GET api.v.example/2): access at json second: is missing; there is: a, more",
	} {
		_, _, err := login(t, text, nil, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/3" {
				body = `{"c": 1}`
			}
			respond(200, body)(w, r)
		})
		require.ErrorIs(t, err, vendorlogin.ErrBadResponse)
		assert.ErrorContains(t, err, want)
	}
	_, _, err := login(t, accounts+`
login:
  - {url: "https://api.v.example/1", json: {p: "${password}"}, keep: {more: {json: more, maybe: true, public: true}}}
  - {url: "https://api.v.example/2", only: more, keep: {access: {json: second}}}
`, nil, respond(200, `{"a": 1}`))
	require.ErrorIs(t, err, vendorlogin.ErrBadResponse)
	assert.ErrorContains(t, err, "POST api.v.example/1): no step that keeps access has run")
}
