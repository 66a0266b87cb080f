package loginhttp_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
)

// XML and text are read as they are.
func TestBodyAsBytes(t *testing.T) {
	t.Parallel()
	for _, body := range []string{"<token>a</token>", "", "plain", `"quoted"`} {
		var out []byte
		answer, err := endpoint(responding(200, body)).Do(t.Context(), login(), &out)
		require.NoError(t, err)
		assert.Equal(t, body, string(out))
		assert.Equal(t, body, string(answer.Body))
	}
}

func TestDoWithoutOutTakesAnySuccess(t *testing.T) {
	t.Parallel()
	for _, v := range []*vendor{responding(204, ""), responding(201, ""), responding(200, "OK"), responding(202, "<html>sent</html>")} {
		answer, err := endpoint(v).Do(t.Context(), login(), nil)
		require.NoError(t, err)
		assert.Equal(t, 1, v.count())
		assert.NotZero(t, answer.Status)
	}
}

func TestDoKnowsJSONByItsContent(t *testing.T) {
	t.Parallel()
	for _, contentType := range []string{"", "text/plain", "text/html; charset=utf-8", "application/problem+json", "?"} {
		var out struct{ Access string }
		_, err := endpoint(responding(200, "\n{\"access\":\"a\"} ", "Content-Type", contentType)).Do(t.Context(), login(), &out)
		require.NoError(t, err, contentType)
		assert.Equal(t, "a", out.Access)
	}
}

// A response that is no JSON is described, never quoted.
func TestUndecodable(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ body, contentType, want string }{
		{"", "", "an empty body"},
		{" \n", "application/json", "an empty body"},
		{"<!DOCTYPE html><b>secret-token</b>", "", "an HTML page"},
		{"\n<HTML>secret-token", "application/json", "an HTML page"},
		{"secret-token", "text/html; charset=utf-8", "an HTML page"},
		{"secret-token", "text/plain", "not JSON at byte 1 of 12"},
		{`{"access":"secret-tok`, "", "not JSON at byte 21 of 21"},
		{`{"access":"secret-token"} secret`, "", "not JSON at byte 27 of 32"},
		{`{"access":987654321}`, "", "JSON of another shape: a wrong number at byte 19 of 20"},
		{`{"access":{"secret-token":1}}`, "", "JSON of another shape: a wrong object at byte 11 of 29"},
		{`["secret-token"]`, "", "JSON of another shape: a wrong array at byte 1 of 16"},
		{`"secret-token"`, "", "JSON of another shape: a wrong string at byte 14 of 14"},
		{`{"own":"secret-token"}`, "", "JSON of another shape"},
		{strings.Repeat("[", 20_000), "", "not JSON at byte 10001 of 20000"},
	} {
		var out struct {
			Access string
			Own    failingUnmarshaler
		}
		answer, err := endpoint(responding(200, test.body, "Content-Type", test.contentType)).Do(t.Context(), login(), &out)
		assertKind(t, vendorlogin.ErrBadResponse, err)
		assert.EqualError(t, failure(t, err).Err, test.want, test.body)
		assert.Equal(t, 200, failure(t, err).Status)
		assert.Equal(t, test.body, string(answer.Body))
		assertHides(t, err, "secret", "987654321")
	}
}

type failingUnmarshaler struct{}

func (failingUnmarshaler) UnmarshalJSON(data []byte) error { return fmt.Errorf("cannot read %s", data) }
