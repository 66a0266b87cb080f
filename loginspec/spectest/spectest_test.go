package spectest

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/vendorlogin/vendorlogin/loginspec"
	"github.com/vendorlogin/vendorlogin/loginspec/specyaml"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func readSpec(t *testing.T, name string) *loginspec.Spec {
	file, err := os.Open("../testdata/" + name + ".yaml")
	require.NoError(t, err)
	defer file.Close()
	spec, err := specyaml.Read(file)
	require.NoError(t, err)
	return spec
}

func TestRun(t *testing.T) {
	t.Parallel()
	Run(t, readSpec(t, "gcore"), loginspec.Config{}, "../testdata/gcore")
	Run(t, readSpec(t, "gmicloud"), loginspec.Config{}, "../testdata/gmicloud")
}

// A response without a body needs no empty line after its header, and lines may end as on Windows.
func TestReplayWithoutBody(t *testing.T) {
	t.Parallel()
	spec, err := specyaml.Read(strings.NewReader(`
name: v
login:
  - url: https://v.example/form
  - {url: "https://v.example/login", status: [302], keep: {access: {cookie: SESSION}}}
`))
	require.NoError(t, err)
	for _, end := range []string{"", "\n", "\n\n"} {
		text := "# want: token\n# access: example\n# sends: GET /form\n# sends: GET /login\n" +
			"HTTP/1.1 200 OK\nServer: v" + end + "\n---\nHTTP/1.1 302 Found\nLocation: /home\nSet-Cookie: SESSION=example" + end
		assert.Empty(t, replay(t.Context(), spec, loginspec.Config{}, text))
		assert.Empty(t, replay(t.Context(), spec, loginspec.Config{}, strings.ReplaceAll(text, "\n", "\r\n")))
	}
}

// A URL that an earlier login kept is said by the case.
func TestKept(t *testing.T) {
	t.Parallel()
	spec, err := specyaml.Read(strings.NewReader(`
name: v
base: ${inst}
hosts: ["*.v.example"]
login:
  - {url: "https://login.v.example/login", keep: {access: {json: t}, inst: {json: inst, public: true}, id: {json: id}}}
refresh:
  - {url: "${inst}/refresh", json: {t: "${access}", id: "${id}"}}
`))
	require.NoError(t, err)
	const response = "HTTP/1.1 200 OK\n\n{\"t\": \"t-2\"}\n"
	const kept = "# run: refresh\n# want: token\n# kept.inst: https://eu.v.example\n"
	assert.Empty(t, replay(t.Context(), spec, loginspec.Config{}, kept+"# kept.id: 7\n# access: t-2\n# sends: POST /refresh\n"+response))
	spec.Logout = []loginspec.Step{{URL: "https://login.v.example/users/${subject}/${refresh}"}}
	spec.Login[0].Keep["subject"] = loginspec.Source{JSON: "sub", Maybe: true}
	spec.Login[0].Keep["refresh"] = loginspec.Source{JSON: "r", Maybe: true}
	const logout = "# run: logout\n# want: done\n# kept.subject: 7\n# kept.refresh: r-1\n# sends: GET /users/7/r-1\n"
	assert.Empty(t, replay(t.Context(), spec, loginspec.Config{}, logout+response))
	for text, want := range map[string]string{
		kept + "# kept.isnt: 7\n" + response:         `the line "# kept.isnt" means nothing`,
		"# want: token\n# kept.id: 7\n" + response:   `the line "# kept.id" means nothing`,
		"# run: refresh\n# want: token\n" + response: "got invalid_request, want token",
	} {
		problems := replay(t.Context(), spec, loginspec.Config{}, text)
		require.Len(t, problems, 1, text)
		assert.Contains(t, problems[0], want)
	}
}

// A case that says something else than what happens fails, and says why.
func TestReplayFails(t *testing.T) {
	t.Parallel()
	const response = "HTTP/1.1 200 OK\n\n{\"access\": \"example-access-token\"}\n"
	for text, want := range map[string]string{
		"# want: credentials\n" + response:                    "got token, want credentials",
		"# want: token\n# access: another\n" + response:       `access is "example-access-token", want "another"`,
		"# want: token\n# expires: 2h\n" + response:           `expires is "1h0m0s", want "2h0m0s"`,
		"# want: token\n# sends: GET /elsewhere\n" + response: "sent POST /iam/auth/jwt/login, want GET /elsewhere",
		"# want: token\n" + response + "---\n" + response:     "1 responses were not asked for",
		"# want: token\n# acces: example\n" + response:        `the line "# acces" means nothing in a case that wants token`,
		"# want: credentials\n# access: a\n" + response:       `the line "# access" means nothing in a case that wants credentials`,
		"# want: token\n":                          "got unavailable, want token",
		"# run: logout\n# want: done\n" + response: "got another error, want done",
		response: "does not say what it wants",
		"# want: token\nHTTP/1.1 401 Unauthorized\n\n{\"a\": 1}\n": "got credentials, want token",
	} {
		problems := replay(t.Context(), readSpec(t, "gcore"), loginspec.Config{}, text)
		require.Len(t, problems, 1, text)
		assert.Contains(t, problems[0], want)
	}
}
