package loginhttp_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/vendorlogin/vendorlogin/loginhttp"
)

func TestText(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		`"a b"`: "a b", `" a\n"`: "a", `"\u00e4"`: "ä", `""`: "", ` "x" `: "x",
		`12`: "12", `12345678901234567890`: "12345678901234567890", `1.50`: "1.50", `-1e3`: "-1e3", `0`: "0",
		`null`: "", `true`: "", `false`: "", `["a"]`: "", `{"a":1}`: "", ``: "", `x`: "", `"x`: "", `1 2`: "",
	} {
		assert.Equal(t, want, loginhttp.Text(json.RawMessage(raw)), raw)
	}
	assert.Empty(t, loginhttp.Text(nil))
}
