package loginspec_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin/loginspec"
)

// The value of a name in the notation of another tool is a mistake, and so is a name as a word where a value is computed.
func TestOtherNotations(t *testing.T) {
	t.Parallel()
	const at = "user: \"${user}\", password"
	for _, c := range []struct{ from, to, want string }{
		{at, `user: "{user}", password`, "login[0].json.user has {user} as a plain text; did you mean ${user}?"},
		{at, `user: $user, password`, "login[0].json.user has $user as a plain text; did you mean ${user}?"},
		{at, `user: "{{ user }}", password`, "has {{ user }} as a plain text; did you mean ${user}?"},
		{at, `user: "${{user}}", password`, "login[0].json.user has \"${\" without a name"},
		{at, `user: $(user), password`, "has $(user) as a plain text; did you mean ${user}?"},
		{at, `user: "%user%", password`, "has %user% as a plain text; did you mean ${user}?"},
		{at, `user: <user>, password`, "has <user> as a plain text; did you mean ${user}?"},
		{at, `user: Bearer $user, password`, "has Bearer $user as a plain text; did you mean ${user}?"},
		{at, `user: {user}, password`, "line 18: login[0].json.user has {user}, an object; did you mean ${user}?"},
		{at, `user: "<a><![CDATA[${user}]]></a>", password`, "login[0].json.user has CDATA: leave it out, since values are escaped"},
		{at, `user: [{x: {user}}], password`, "login[0].json.user[0].x has {user}, an object; did you mean ${user}?"},
		{at, `user: {{user}}, password`, "line 18: a key must be a text; the value of a name is written \"${name}\""},
		{"/login\n", "/:region/login\n", "login[0].url has :region as a plain text; did you mean ${region}?"},
		{"/login\n", "/$region/login\n", "login[0].url has $region as a plain text; did you mean ${region}?"},
		{"/login\n", "/{region}\n", "has a character in its path that no path has; the value of a name is written ${name}"},
		{"//${region}.v", "//{region}.v", "has a host that is none; the value of a name is written ${name}"},
		{"{X-Token: \"${access}\"}", "{X-Token: $access}", "use.header.X-Token has $access as a plain text; did you mean ${access}?"},
		{"{sha256: \"${nonce}${password}\"}", "{sha256: stamp}", "make.sign is made of the word stamp; did you mean ${stamp}?"},
		{"{sha256: \"${nonce}${password}\"}", "{base64: stamp}", "make.sign is made of the word stamp; did you mean ${stamp}?"},
	} {
		spoiled := strings.Replace(right, c.from, c.to, 1)
		require.NotEqual(t, right, spoiled, c.from)
		assert.Contains(t, mistakes(t, spoiled, rightConfig()), c.want, c.to)
	}
}

// What is no known name, or has a name in it, is a text.
func TestTextsThatLookAlike(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"$other", "{other}", "<other>", "user", "$${user}", "a b $user", "$user ${user}", "$5"} {
		spec := parseYAML(t, strings.Replace(right, "json: {user: \"${user}\"", "json: {text: \""+text+"\", user: \"${user}\"", 1))
		_, err := loginspec.New(spec, rightConfig())
		require.NoError(t, err, text)
	}
	for _, json := range []string{"{other}", "{user: ~, x: ~}"} {
		spec := parseYAML(t, strings.Replace(right, "json: {user: \"${user}\"", "json: {o: "+json+", user: \"${user}\"", 1))
		_, err := loginspec.New(spec, rightConfig())
		require.NoError(t, err, json)
	}
}
