package main

import (
	"bufio"
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/vendortest"
)

// A terminal is where a test's runs of the tool print.
type terminal struct {
	tool
	server       *vendortest.Server
	headers, ask bytes.Buffer
}

func newTerminal(t *testing.T, dir string) *terminal {
	t.Helper()
	server := vendortest.NewGMICloud(&vendortest.Options{
		Users: []vendortest.User{{Email: vendortest.DefaultEmail, Password: vendortest.DefaultPassword, EmailCode: true}},
	}).Start()
	t.Cleanup(server.Close)
	term := &terminal{server: server, tool: tool{
		email: vendortest.DefaultEmail, password: vendorlogin.SecretString(vendortest.DefaultPassword), baseURL: server.URL, dir: dir,
	}}
	term.tool.out, term.tool.ask = &term.headers, &term.ask
	return term
}

// start is one run. What earlier ones printed is gone.
func (term *terminal) start(t *testing.T) error {
	t.Helper()
	term.headers.Reset()
	term.ask.Reset()
	term.in = bufio.NewReader(&mailReader{server: term.server, echo: &term.ask, typed: 1})
	return term.run(t.Context())
}

func TestTokenIsKeptUntilLogout(t *testing.T) {
	t.Parallel()
	term := newTerminal(t, filepath.Join(t.TempDir(), "new"))
	for _, run := range []struct {
		logout bool
		logins int
	}{{false, 1}, {false, 1}, {true, 1}, {false, 2}} {
		term.logout = run.logout
		require.NoError(t, term.start(t))
		assert.Equal(t, run.logins, term.server.Counts().Logins)
		assert.Equal(t, !run.logout, strings.Contains(term.headers.String(), `header = "Authorization: Bearer `))
		assert.NotContains(t, term.ask.String(), "cli:")
	}
}

// Modes do not keep root from writing, so files are where directories would have to be made.
func TestWhereNothingIsKept(t *testing.T) {
	t.Parallel()
	for name, prepare := range map[string]func(dir string) (inTheWay string){
		"the directory cannot be made": func(dir string) string { return dir },
		"the key cannot be read":       func(dir string) string { return filepath.Join(dir, "key") },
		"the store fails":              func(dir string) string { return filepath.Join(dir, "tokens") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "home")
			file := prepare(dir)
			require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o700))
			require.NoError(t, os.WriteFile(file, []byte("in the way"), 0o600))

			term := newTerminal(t, dir)
			for range 2 {
				require.NoError(t, term.start(t))
				assert.Contains(t, term.headers.String(), "Authorization: Bearer ", "it works all the same")
				_, line, found := strings.Cut(term.ask.String(), "cli: nothing is kept, so the next run asks for a code again: ")
				require.True(t, found, term.ask.String())
				assert.Equal(t, 1, strings.Count(line, "\n"), "one line: %s", line)
				assert.Regexp(t, "home|key", line, "why")
				assert.NotContains(t, line, vendortest.DefaultPassword)
			}
			assert.Equal(t, 2, term.server.Counts().Logins)
		})
	}
}

func TestDamagedFileIsReplaced(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	term := newTerminal(t, dir)
	for run := range 3 {
		if run == 1 {
			files, err := filepath.Glob(filepath.Join(dir, "tokens", "*gmicloud-*"))
			require.NoError(t, err)
			require.NotEmpty(t, files)
			for _, file := range files {
				require.NoError(t, os.WriteFile(file, []byte("damaged"), 0o600))
			}
		}
		require.NoError(t, term.start(t))
		assert.NotContains(t, term.ask.String(), "nothing is kept")
	}
	assert.Equal(t, 2, term.server.Counts().Logins, "the third run has the second one's token")
}

func TestWrongPasswordIsAnErrorAndSentOnce(t *testing.T) {
	t.Parallel()
	term := newTerminal(t, t.TempDir())
	term.password = vendorlogin.SecretString("not-the-password")
	for range 3 { // the hold is kept with the token
		require.ErrorIs(t, term.start(t), vendorlogin.ErrInvalidCredentials)
	}
	assert.Equal(t, 1, term.server.Counts().WrongPasswords)
	assert.Empty(t, term.headers.String())
	assert.Empty(t, term.ask.String())
}

func TestConfigurationIsChecked(t *testing.T) {
	t.Parallel()
	term := newTerminal(t, t.TempDir())
	term.email = ""
	err := term.start(t)
	require.ErrorIs(t, err, vendorlogin.ErrInvalidRequest)
	assert.ErrorContains(t, err, "Email")
}

func TestOneLine(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "it failed; again", oneLine(errors.Join(errors.New("it failed"), errors.New("again"))))
}
