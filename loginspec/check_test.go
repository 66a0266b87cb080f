package loginspec_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/loginspec"
)

// right is a description with a bit of everything. Each case of TestMistakes spoils one place of it.
const right = `
name: v
user: user
base: ${base_url}
hosts: ["*.v.example"]
inputs:
  - {name: base_url, url: true, default: "https://api.v.example"}
  - {name: user}
  - {name: password, secret: true}
  - {name: tenant, optional: true}
  - {name: region, default: eu}
make:
  nonce: {random: 8}
  stamp: {time: unix, offset: -30s}
  sign: {sha256: "${nonce}${password}"}
login:
  - url: https://${region}.v.example/login
    json: {user: "${user}", password: "${password}", tenant: "${tenant}", nonce: "${nonce}", stamp: "${stamp}", sign: "${sign}"}
    keep: {challenge: {json: challenge, maybe: true}, access: {json: token, maybe: true}, next: {json: next}}
    errors:
      - {status: [400], at: {json: error}, is: wrong, kind: credentials, message: {json: text}}
      - {status: [400], kind: invalid_request}
  - url: ${next}
    only: challenge
    code: totp
    form: {challenge: "${challenge}", code: "${code}"}
    keep: {access: {json: token}, refresh: {json: refresh}, expires: {json: expires, as: ms}}
refresh:
  - url: ${base_url}/refresh
    form: {refresh: "${refresh}"}
logout:
  - url: ${base_url}/logout
    form: {access: "${access}"}
errors:
  - {at: {json: error}, match: "^locked", kind: forbidden}
life: 1h
use:
  header: {X-Token: "${access}"}
rejected: {status: [403], at: {json: error}, is: expired}
`

func rightConfig() loginspec.Config {
	return loginspec.Config{
		Values:  map[string]string{"user": exampleUser},
		Secrets: map[string]vendorlogin.SecretFunc{"password": vendorlogin.SecretString(examplePassword)},
		OTP:     vendorlogin.OTPFunc(nil),
	}
}

func TestRight(t *testing.T) {
	t.Parallel()
	auth, err := loginspec.New(parseYAML(t, right), rightConfig())
	require.NoError(t, err)
	assert.Equal(t, vendorlogin.Account{Vendor: "v", Endpoint: "https://api.v.example", Principal: exampleUser, Scope: "region=eu"},
		auth.Account())
}

// Each mistake is found by New, with its line, its key, and what was probably meant.
func TestMistakes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ from, to, want string }{
		{"name: v\n", "name: \"\"\n", "name is required"},
		{"name: v\n", "name: a${user}\n", "name is required, and is the plain name"},
		{"user: user\n", "user: usr\n", "line 3: user is no input; did you mean user?"},
		{"user: user\n", "user: password\n", "user is a secret, and errors and logs show it"},
		{"base: ${base_url}", "base: ${base_ur}", "line 4: base has ${base_ur}, which is unknown; did you mean base_url?"},
		{"base: ${base_url}", "base: ${password}", "base has ${password} in its host, which errors and logs show"},
		{"base: ${base_url}", "base: api.v.example", "base does not begin with \"https://\""},
		{"base: ${base_url}", "base: https://api.v.example?x=1", "base has a query"},
		{"base: ${base_url}", "base: ftp://api.v.example", "base does not begin with"},
		{"base: ${base_url}", "base: https://user@api.v.example", "base has a host that is none"},
		{"base: ${base_url}", "base: http://api.v.example", "base is plain http"},
		{`"*.v.example"`, `"*"`, "hosts[0] must be a host"},
		{`"*.v.example"`, `"*.example"`, "hosts[0] allows every host below .example"},
		{`"*.v.example"`, `"https://v.example"`, "hosts[0] must be a host"},
		{`"*.v.example"`, `"*v.example"`, "hosts[0] must be a host"},
		{`"*.v.example"`, `"${nobody}.v.example"`, "hosts[0] has ${nobody}, which is unknown"},
		{`"*.v.example"`, `"${password}.v.example"`, "hosts[0] must be known before the login"},
		{`"*.v.example"`, `"${challenge}.v.example"`, "hosts[0] has ${challenge} before a step has kept it"},
		{"{name: tenant, optional: true}", "{name: tenant, optional: true}\n  - {name: unused}", "line 11: inputs[4] unused is never used"},
		{"{name: tenant, optional: true}", "{name: user, optional: true}", "inputs[3].name is the name of something else too"},
		{"{name: tenant, optional: true}", "{name: te nant, optional: true}", "inputs[3].name is no name"},
		{"{name: password, secret: true}", "{name: password, secret: true, default: hunter2}", "default is a secret in a description"},
		{"{name: password, secret: true}", "{name: password}", "password is not secret: it belongs in Config.Values"},
		{"{name: user}", "{name: user, secret: true}", "user is a secret"},
		{"https://api.v.example\"}", "ftp://api.v.example\"}", "line 7: inputs[0].default does not begin with"},
		{"default: eu", "default: eu, number: true", "inputs[4].default is not a number"},
		{"{name: user}", "{name: user, once: true}", "inputs[1] says two things that exclude each other"},
		{"random: 8", "random: 8, uuid: true", "make.nonce must have one of"},
		{"random: 8", "random: 80000", "random must be 1 to 1024"},
		{"random: 8", "sha256: \"${sign}\"", "is made of itself"},
		{"time: unix", "time: unixx", "make.stamp.time is no form of a time"},
		{"{random: 8}", "{random: 8}\n  other: {uuid: true}", "make.other is never used"},
		{"offset: -30s", "as: hex", "make.stamp.as is no form of this value"},
		{"sha256: \"${nonce}${password}\"", "jwt: {alg: RS257, key: \"${password}\"}", "jwt.alg is unknown; did you mean RS256?"},
		{"sha256: \"${nonce}${password}\"", "jwt: {alg: RS256, key: \"${user}\"}", "jwt.key must be the name of a secret input"},
		{"sha256: \"${nonce}${password}\"", "sha256: \"${nonce}${pasword}\"",
			"line 15: make.sign.sha256 has ${pasword}, which is unknown; did you mean password?"},
		{"sha256: \"${nonce}${password}\"", "sha256: \"${nonce}${password\"", "line 15: make.sign.sha256 has \"${\" without a name"},
		{"sha256: \"${nonce}${password}\"", "sha256: \"${nonce}${challenge}\"",
			"login[0].json.sign has ${challenge} before a step has kept it"},
		{"https://${region}.v.example/login", "https://${region}.v.example/../login", `has "." or ".." in its path`},
		{"https://${region}.v.example/login", "https://${region}.v.example/lo gin", "has a character in its path"},
		{"https://${region}.v.example/login", "https://${region}.v.example/login#x", "has a fragment"},
		{"https://${region}.v.example/login", "https://${region}.v.example/{tenant}", "has a character in its path"},
		{"https://${region}.v.example/login", "https://${region.v.example/login", `has "${" without a name`},
		{"https://${region}.v.example/login", "https://${password}.v.example/${region}", "has ${password} in its host"},
		{"https://${region}.v.example/login", "https://${tenant}.v.example/${region}", "needs ${tenant}, which is optional"},
		{"https://${region}.v.example/login", "${base_url}login?r=${region}", `goes on without "/" after ${base_url}`},
		{"https://${region}.v.example/login", "https://${region}.v.example/login?a=1&a=2", "has a parameter that comes twice"},
		{"https://${region}.v.example/login", "http://${region}.v.example/login", "login[0].url is plain http"},
		{"json: {user:", "method: DEL\n    json: {user:", "method is unknown; did you mean DELETE?"},
		{"json: {user:", "method: FETCH\n    json: {user:", "method is unknown; did you mean PATCH?"},
		{"json: {user:", "form: {a: b}\n    json: {user:", "login[0] has more than one of json, form and xml"},
		{"json: {user:", "header: {Content-Type: text/xml}\n    json: {user:", "login[0].header.Content-Type contradicts the body"},
		{"json: {user:", "header: {Host: evil.example}\n    json: {user:", "login[0].header.Host is no header that can be set"},
		{"json: {user:", "header: {\"a b\": x}\n    json: {user:", "is no header that can be set"},
		{"json: {user:", "cookies: {\"a b\": x}\n    json: {user:", "is no name of a cookie"},
		{"json: {user:", "query: {\"${user}\": x}\n    json: {user:", "is no name of a field"},
		{"json: {user:", "json: {\"${user}\": 1, user:", "has ${} in a name"},
		{"json: {user:", "status: [500]\n    json: {user:", "status[0] means no success"},
		{"json: {user:", "basic: {user: a, password: b}\n    header: {Authorization: x}\n    json: {user:", "is there beside basic"},
		{"json: {user:", "when_configured: true\n    json: {user:", "belongs to a step with code"},
		{"json: {user:", "header: {X-A: a, x-a: b}\n    json: {user:", "is there twice"},
		{"/login\n    json: {user:", "/login?v=1\n    query: {v: \"2\"}\n    json: {user:", "login[0].query.v is in the url too"},
		{"code: totp", "code: when_configurd", "login[1].code is unknown; did you mean when_configured?"},
		{"code: totp", "code: ${code}", "login[1].code is how the code reaches the user, such as totp, email or sms"},
		{"json: {user:", "only: nonce\n    json: {user:", "login[0].only is made, and always there"},
		{"json: {user:", "unless: stamp\n    json: {user:", "login[0].unless is made, and always there"},
		{"- {status: [400], kind: invalid_request}", "- {status: [302], kind: invalid_request}\n    status: [302]",
			"login[0].errors[1] matches every success"},
		{"json: {user:", "header: {X-A: \"\", x-a: b}\n    json: {user:", "is there twice"},
		{"json: {user:", "basic: {user: a, password: b}\n    header: {Authorization: \"\"}\n    json: {user:", "is there beside basic"},
		{"is: expired", "is: \" \"", "rejected[0].is has an empty text"},
		{"/refresh\n", "/refresh\n    status: [401]\n", "refresh[0].status[0] means no success where the step keeps nothing without maybe"},
		{"json: {user:", "status: [429]\n    json: {user:", "status[0] means no success"},
		{"status: [403], at: {json: error}, is: expired", "status: [200, 403]", "rejected[0] matches every success"},
		{"is: expired", "is: [expired, \"\"]", "rejected[0].is has an empty text"},
		{"next: {json: next}", "next: {json: next}, subject: {json: token}", "login[0].keep.subject is where ${access} is, a secret"},
		{"next: {json: next}", "next: {json: next}, type: {json: challenge}", "login[0].keep.type is where ${challenge} is, a secret"},
		{"access: {json: token}, refresh", "access: {json: token}, challenge: {json: c, public: true}, refresh",
			"login[1].keep.challenge is public in one step and secret in another"},
		{"json: {user:", "code: totp\n    json: {user:", "login[0].code is asked for and never sent"},
		{"json: {user:", "resend: {url: \"https://v.example\"}\n    json: {user:", "login[0].resend belongs to a step with code"},
		{"json: {user:", "only: nothing\n    json: {user:", "login[0].only has ${nothing}, which is unknown"},
		{"json: {user:", "only: region\n    unless: region\n    json: {user:", "the step never runs"},
		{"json: {user:", "only: challenge\n    json: {user:", "login[0].only has ${challenge} before a step has kept it"},
		{"\"${user}\", password", "\"${usr}\", password", "login[0].json.user has ${usr}, which is unknown; did you mean user?"},
		{"\"${user}\", password", "\"${challenge}\", password", "has ${challenge} before a step has kept it"},
		{"\"${user}\", password", "\"${code}\", password", "has ${code}, and the step has no code"},
		{"\"${user}\", password", "\"${access}\", password", "has ${access} before a step has kept it"},
		{"{json: challenge, maybe: true}", "{json: challenge, header: x}", "must have one of json, xml, header, cookie, cookies and text"},
		{"{json: challenge, maybe: true}", "{}", "must have one of"},
		{"{json: challenge, maybe: true}", "{json: $.challenge}", "is no path"},
		{"{json: challenge, maybe: true}", "{json: \"challenge[0]\"}", "is no path"},
		{"{json: challenge, maybe: true}", "{json: /session/token}", "challenge.json is no path; did you mean session.token?"},
		{"{json: challenge, maybe: true}", "{json: a..b}", "is no path"},
		{"{json: challenge, maybe: true}", "{json: challenge, match: \"x\"}", "must have one group"},
		{"{json: challenge, maybe: true}", "{json: challenge, match: \"(x\"}", "is no regular expression: missing closing )"},
		{"{json: challenge, maybe: true}", "{json: challenge, as: ms}", "as is for times only"},
		{"access: {json: token, maybe: true}", "access: {json: token, public: true}", "would show the token in logs"},
		{"next: {json: next}", "next: {json: next}, idle: {json: idle}", "keep.idle is secret and never used"},
		{"next: {json: next}", "next: {json: next}, acess: {json: t}", "keep.acess is secret and never used; did you mean access?"},
		{"next: {json: next}", "user: {json: next}", "is the name of something else too"},
		{"as: ms", "as: mss", "as is unknown; did you mean ms?"},
		{"as: ms", "as: milliseconds", "as is unknown; did you mean ms?"},
		{"as: ms", "as: Secs", "as is unknown; did you mean seconds?"},
		{"as: ms", "as: s", "as is unknown; did you mean seconds?"},
		{"as: ms", "as: timestamp", "as is unknown; did you mean unix or unix_ms?"},
		{"as: ms", "as: xyzzyx", "as is unknown; known are a layout such as 2006-01-02 15:04:05, d:h:m, days"},
		{"kind: credentials", "kind: credential", "kind is unknown; did you mean credentials?"},
		{"kind: credentials, ", "", "kind is unknown"},
		{"message: {json: text}", "message: {json: token}", "is where ${access} is, a secret that would be shown"},
		{"next: {json: next}", "next: {json: next}, shown: {json: token, public: true}", "is where ${access} is, a secret that would be shown"},
		{"as: ms", "as: iso8601", "as is unknown; did you mean rfc3339?"},
		{"{status: [400], at: {json: error}, is: wrong", "{status: [], at: {json: error}, is: wrong", "can never match: a list is empty"},
		{"message: {json: text}", "message: {json: text, maybe: true}", "is kept nowhere"},
		{"{status: [400], at: {json: error}, is: wrong", "{status: [99], at: {json: error}, is: wrong", "is no status of a response"},
		{"{status: [400], at: {json: error}, is: wrong", "{status: [302], at: {json: error}, is: wrong", "can never match: a redirect"},
		{"{status: [400], at: {json: error}, is: wrong", "{status: [400], is: wrong", "has is, not or match without at"},
		{"{status: [400], at: {json: error}, is: wrong", "{status: [400], at: {json: error}, is: wrong, not: Wrong",
			"can never match: not excludes all of is"},
		{"{status: [400], at: {json: error}, is: wrong", "{status: [400], at: {json: error}, is: wrong, match: \"^x\"",
			"can never match: match excludes all of is"},
		{"{status: [400], at: {json: error}, is: wrong", "{status: [400]", "errors[1] can never match: login[0].errors[0] matches first"},
		{"{status: [400], at: {json: error}, is: wrong", "{kind: forbidden}\n      - {status: [400], at: {json: error}, is: wrong",
			"matches every response"},
		{"{status: [400], at: {json: error}, is: wrong", "{status: [200]", "matches every success"},
		{"{at: {json: error}, match: \"^locked\"", "{at: {json: error}, match: \"[\"", "is no regular expression: missing closing ]"},
		{"url: ${next}\n", "url: ${next}\n    form: {a: b}\n", "is there twice"},
		{"code: \"${code}\"", "code: \"1\"", "login[1].code is asked for and never sent"},
		{"refresh: \"${refresh}\"", "refresh: \"${refrsh}\"", "refresh[0].form.refresh has ${refrsh}, which is unknown; did you mean refresh?"},
		{"refresh: {json: refresh}, ", "", "has ${refresh}"},
		{"life: 1h", "life: -1h", "life must be between"},
		{"{X-Token: \"${access}\"}", "{X-Token: \"${user}\"}", "use does not use ${access}"},
		{"{X-Token: \"${access}\"}", "{X-Token: \"${acess}\"}", "use.header.X-Token has ${acess}, which is unknown; did you mean access?"},
		{"{X-Token: \"${access}\"}", "{X-Token: \"${access}\", Host: x}", "is no header that can be set"},
		{"{status: [403], at: {json: error}, is: expired}", "{status: [4030], at: {json: error}, is: expired}", "is no status of a response"},
		{"{status: [403], at: {json: error}, is: expired}", "{at: {json: error}, is: expired, kind: x}", "is unknown"},
		{"    keep: {access: {json: token}, refresh: {json: refresh}, expires: {json: expires, as: ms}}\n", "", "has ${refresh}"},
	} {
		spoiled := strings.Replace(right, c.from, c.to, 1)
		require.NotEqual(t, right, spoiled, c.from)
		got := mistakes(t, spoiled, rightConfig())
		assert.Contains(t, got, c.want, c.to)
		assert.NotContains(t, got, examplePassword)
	}
}

// What is wrong with a configuration is found by New, without its values.
func TestConfig(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		change func(*loginspec.Config)
		want   string
	}{
		{func(c *loginspec.Config) { c.Values["tennant"] = "x" }, "tennant is configured and is no input; did you mean tenant?"},
		{func(c *loginspec.Config) { c.Secrets["pasword"] = vendorlogin.SecretString("x") },
			"pasword is configured and is no input; did you mean password?"},
		{func(c *loginspec.Config) { delete(c.Values, "user") }, "request: user is required: it belongs in Config.Values"},
		{func(c *loginspec.Config) { delete(c.Secrets, "password") }, "request: password is required: it belongs in Config.Secrets"},
		{func(c *loginspec.Config) { c.Secrets["password"] = nil }, "password is required"},
		{func(c *loginspec.Config) { c.Values["password"] = "canary-value" }, "password is secret: it belongs in Config.Secrets"},
		{func(c *loginspec.Config) { c.Secrets["user"] = vendorlogin.SecretString("canary-value") }, "user is not secret: it " +
			"belongs in Config.Values, or line 8: inputs[1] lacks secret: true"},
		{func(c *loginspec.Config) { c.Values["user"] = " canary-value" }, "user has blanks around it"},
		{func(c *loginspec.Config) { c.Values["user"] = "canary-value\r\nX: y" }, "user holds a control character"},
		{func(c *loginspec.Config) { c.Values["base_url"] = "https://u:canary-value@v.example" }, "base_url holds a user name or a password"},
		{func(c *loginspec.Config) { c.Values["base_url"] = "http://canary-value.example" }, "base_url is plain http"},
		{func(c *loginspec.Config) { c.Values["base_url"] = "canary-value" }, "base_url"},
		{func(c *loginspec.Config) { c.Values["region"] = "canary-value.example/#" }, "is no part of a host's name"},
		{func(c *loginspec.Config) {
			c.Made = map[string]vendorlogin.SecretFunc{"saml": vendorlogin.SecretString("x")}
		}, "Made.saml is never used"},
		{func(c *loginspec.Config) {
			c.Made = map[string]vendorlogin.SecretFunc{"user": vendorlogin.SecretString("x")}
		}, "Made.user is the name of something else"},
	} {
		config := rightConfig()
		c.change(&config)
		got := mistakes(t, right, config)
		assert.Contains(t, got, c.want)
		assert.NotContains(t, got, "canary-value")
	}
	_, err := loginspec.New(nil, rightConfig())
	require.ErrorIs(t, err, vendorlogin.ErrInvalidRequest)
}

// A wrong name in a made value is said once, where it stands.
func TestMistakeInAMadeValueIsSaidOnce(t *testing.T) {
	t.Parallel()
	for from, to := range map[string]string{"${nonce}${password}": "${nonce}${pasword}", "random: 8": "sha256: \"${sign}\""} {
		said := mistakes(t, strings.Replace(right, from, to, 1), rightConfig())
		assert.NotContains(t, said, "login[0]", to)
	}
}

// A place is that of a secret only in the same response, and whole.
func TestShownIsOfOneResponse(t *testing.T) {
	t.Parallel()
	for _, keeps := range [][2]string{
		{"{access: {json: id}}", "{subject: {json: id}}"},
		{"{subject: {json: id}}", "{access: {json: id}}"},
		{"{access: {xml: R.T}, subject: {xml: R.ST}}", "{}"},
		{"{access: {cookie: S}, subject: {cookie: U}}", "{}"},
		{`{access: {cookie: S}, subject: {header: Set-Cookie, match: "U=([^;]+)"}}`, "{}"},
		{"{access: {header: X-T}, subject: {header: X-U}}", "{}"},
		{`{access: {json: t, match: "\\|(.+)"}, subject: {json: t, match: "^(.+)\\|"}}`, "{}"},
	} {
		spec := parseYAML(t, accounts+"login:\n"+
			`  - {url: "https://api.v.example/1", json: {p: "${password}"}, keep: `+keeps[0]+"}\n"+
			`  - {url: "https://api.v.example/2", keep: `+keeps[1]+"}\n")
		_, err := loginspec.New(spec, config(spec, &wire{}, nil))
		require.NoError(t, err, keeps)
	}
	for _, keeps := range [][2]string{
		{"{access: {json: t}, subject: {json: t}}", "{access: {json: u}}"},
		{`{access: {json: t}, subject: {json: t, match: "(.+)"}}`, "{}"},
		{"{access: {text: true}, subject: {text: true}}", "{}"},
		{`{access: {json: t, match: "(x.+)"}, subject: {json: t}}`, "{}"},
		{"{access: {xml: R.T}, subject: {xml: T}}", "{}"},
		{"{access: {xml: T}, subject: {xml: R/T}}", "{}"},
		{"{access: {cookie: S}, subject: {header: Set-Cookie}}", "{}"},
		{"{access: {cookies: [S, R]}, subject: {cookie: S}}", "{}"},
		{"{access: {cookie: S}, sids: {cookies: [R, S], public: true}}", "{}"},
		{"{access: {header: Set-Cookie}, subject: {cookie: S}}", "{}"},
	} {
		assert.Contains(t, mistakes(t, accounts+"login:\n"+
			`  - {url: "https://api.v.example/1", json: {p: "${password}"}, keep: `+keeps[0]+"}\n"+
			`  - {url: "https://api.v.example/2", keep: `+keeps[1]+"}\n", rightConfig()), "a secret that would be shown", keeps)
	}
}

// What is wrong with Config.Made is in no line of the description.
func TestMadeHasNoLine(t *testing.T) {
	t.Parallel()
	c := rightConfig()
	c.Made = map[string]vendorlogin.SecretFunc{"other": vendorlogin.SecretString("x")}
	assert.Contains(t, mistakes(t, right, c), "invalid request: Made.other is never used")
}

// A failure shows nothing of a refresh that keeps what the login keeps.
func TestShownOfARefresh(t *testing.T) {
	t.Parallel()
	text := strings.Replace(right, "form: {refresh: \"${refresh}\"}",
		"form: {refresh: \"${refresh}\"}\n    errors: [{status: [400], at: {json: e}, kind: forbidden, message: {json: refresh}}]", 1)
	assert.Contains(t, mistakes(t, text, rightConfig()), "refresh[0].errors[0].message is where ${refresh} is, a secret that would be shown")
}

// A key that is no input is said once.
func TestKeyThatIsNoInput(t *testing.T) {
	t.Parallel()
	text := strings.Replace(right, `sha256: "${nonce}${password}"`, "jwt: {alg: RS256, key: nobody, claims: {n: \"${nonce}\"}}", 1)
	said := mistakes(t, text, rightConfig())
	assert.Contains(t, said, "make.sign.jwt.key must be the name of a secret input")
	assert.NotContains(t, said, "make.sign.jwt.key has ${nobody}")
}
