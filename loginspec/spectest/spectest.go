// Package spectest tests a description of a login with recorded responses, without a line of Go beyond the call.
package spectest

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/loginspec"
)

// Run runs every case in dir, a file with the name <case>.http, as a subtest. A case says what is to come out, and then holds one raw
// HTTP response per request, with a line "---" between them:
//
//	# want: token
//	# access: example-access-token
//	# expires: 1h
//	# sends: POST /iam/auth/jwt/login
//	HTTP/1.1 200 OK
//	Content-Type: application/json
//
//	{"access": "example-access-token", "refresh": "example-refresh-token"}
//
// The lines before the first response are
//
//	# run: login, refresh or logout; default login
//	# want: token, done for a logout, or the kind of the error in the words of a rule, or bad_response
//	# access, refresh, subject, type: what the token is to have
//	# expires, refresh_expires: how long after the request, to the second; unknown for none
//	# extra.NAME: what Token.Extra is to have
//	# kept.NAME: what an earlier login has kept, for refresh and logout; default "example-" and the name
//	# sends: method and path of a request, one line per request
//
// Inputs that c does not have are "example-" and their name, or the URL https://vendor.example; a code is 000000. c.HTTPClient is not
// used. A key that signs a JWT must be in c.
func Run(t *testing.T, s *loginspec.Spec, c loginspec.Config, dir string) {
	files, err := filepath.Glob(filepath.Join(dir, "*.http"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%s has no *.http file", dir)
	}
	for _, name := range files {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".http"), func(t *testing.T) {
			data, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			for _, problem := range replay(t.Context(), s, c, string(data)) {
				t.Error(problem)
			}
		})
	}
}

// replay runs one case and returns what is not as it says.
func replay(ctx context.Context, s *loginspec.Spec, c loginspec.Config, text string) (problems []string) {
	r, err := parse(text)
	if err != nil {
		return []string{err.Error()}
	}
	c = filled(s, c)
	c.HTTPClient = &http.Client{Transport: r}
	auth, err := loginspec.New(s, c)
	if err != nil {
		return []string{err.Error()}
	}
	for name := range r.kept {
		if r.want["run"] == "login" || !slices.ContainsFunc(s.Login, func(step loginspec.Step) bool { _, ok := step.Keep[name]; return ok }) {
			return []string{fmt.Sprintf("the line %q means nothing: it is for what login keeps, before a refresh or a logout", "# kept."+name)}
		}
	}
	token, err := r.run(ctx, auth, s)
	if got := outcome(r.want["run"], err); got != r.want["want"] {
		return []string{fmt.Sprintf("got %s, want %s: %v", got, r.want["want"], err)}
	}
	if token != nil {
		problems = r.compare(token)
	}
	if len(r.sends) > 0 && strings.Join(r.sends, ", ") != strings.Join(r.sent, ", ") {
		problems = append(problems, fmt.Sprintf("sent %s, want %s", strings.Join(r.sent, ", "), strings.Join(r.sends, ", ")))
	}
	if len(r.responses) > 0 {
		problems = append(problems, fmt.Sprintf("%d responses were not asked for", len(r.responses)))
	}
	return problems
}

// A recording is one case. It returns its responses, in their order.
type recording struct {
	want      map[string]string
	kept      map[string]string // by an earlier login
	sends     []string
	responses []string
	sent      []string
}

// fields are those of a token, beside extra.NAME.
var fields = []string{"access", "refresh", "subject", "type", "expires", "refresh_expires"}

func parse(text string) (*recording, error) {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	r := &recording{want: map[string]string{"run": "login"}, kept: map[string]string{}}
	for strings.HasPrefix(text, "#") || strings.HasPrefix(text, "\n") {
		var line string
		line, text, _ = strings.Cut(text, "\n")
		key, value, _ := strings.Cut(strings.TrimPrefix(strings.TrimSpace(line), "#"), ":")
		if key, value = strings.TrimSpace(key), strings.TrimSpace(value); key == "sends" {
			r.sends = append(r.sends, value)
		} else if name, ok := strings.CutPrefix(key, "kept."); ok {
			r.kept[name] = value
		} else if value != "" {
			r.want[key] = value
		}
	}
	if r.want["want"] == "" {
		return nil, errors.New("the case does not say what it wants")
	}
	for key := range r.want {
		field := strings.HasPrefix(key, "extra.") || slices.Contains(fields, key)
		if !field && key != "run" && key != "want" || field && r.want["want"] != "token" {
			return nil, fmt.Errorf("the line %q means nothing in a case that wants %s", "# "+key, r.want["want"])
		}
	}
	for response := range strings.SplitSeq(text, "\n---\n") {
		if strings.TrimSpace(response) != "" {
			r.responses = append(r.responses, strings.TrimLeft(response, "\n"))
		}
	}
	return r, nil
}

// RoundTrip returns the next response.
func (r *recording) RoundTrip(req *http.Request) (*http.Response, error) {
	r.sent = append(r.sent, req.Method+" "+req.URL.Path)
	if req.Body != nil {
		_, _ = io.Copy(io.Discard, req.Body)
		_ = req.Body.Close()
	}
	if len(r.responses) == 0 {
		return nil, errors.New("the case has no further response")
	}
	next := strings.TrimSuffix(r.responses[0], "\n")
	r.responses = r.responses[1:]
	if !strings.Contains(next, "\n\n") { // without a body, editors and "---" take the empty line away
		next = strings.TrimSuffix(next, "\n") + "\n\n"
	}
	return http.ReadResponse(bufio.NewReader(strings.NewReader(next)), req)
}

// run runs the operation of the case, with a token from an earlier login where it needs one.
func (r *recording) run(ctx context.Context, auth vendorlogin.Authenticator, s *loginspec.Spec) (*vendorlogin.Token, error) {
	old := &vendorlogin.Token{
		Access:  vendorlogin.NewSecret(cmp.Or(r.kept["access"], "example-access")),
		Refresh: vendorlogin.NewSecret(cmp.Or(r.kept["refresh"], "example-refresh")),
		Subject: cmp.Or(r.kept["subject"], "example-subject"), Type: r.kept["type"],
		Extra: map[string]string{}, Secrets: map[string]vendorlogin.Secret{},
	}
	for _, step := range s.Login {
		for name, source := range step.Keep {
			value := cmp.Or(r.kept[name], "example-"+name)
			if source.Public {
				old.Extra[name] = value
			} else {
				old.Secrets[name] = vendorlogin.NewSecret(value)
			}
		}
	}
	refresher, refreshes := auth.(vendorlogin.Refresher)
	revoker, revokes := auth.(vendorlogin.Revoker)
	switch run := r.want["run"]; {
	case run == "login":
		return auth.Login(ctx)
	case run == "refresh" && refreshes:
		return refresher.Refresh(ctx, old)
	case run == "logout" && revokes:
		return nil, revoker.Revoke(ctx, old)
	}
	return nil, errors.New("the description has no such steps: " + r.want["run"])
}

var kinds = map[error]string{
	vendorlogin.ErrInvalidCredentials: "credentials", vendorlogin.ErrForbidden: "forbidden", vendorlogin.ErrOTPRequired: "otp_required",
	vendorlogin.ErrOTPRejected: "otp_rejected", vendorlogin.ErrRateLimited: "rate_limited", vendorlogin.ErrUnavailable: "unavailable",
	vendorlogin.ErrRefreshRejected: "refresh_rejected", vendorlogin.ErrInvalidRequest: "invalid_request",
	vendorlogin.ErrBadResponse: "bad_response",
}

func outcome(run string, err error) string {
	if err == nil {
		return map[bool]string{true: "done", false: "token"}[run == "logout"]
	}
	e, _ := errors.AsType[*vendorlogin.Error](err)
	if e == nil {
		return "another error"
	}
	return kinds[e.Kind]
}

// compare returns what of the token is not as the case says.
func (r *recording) compare(t *vendorlogin.Token) (problems []string) {
	after := func(at time.Time) string {
		if at.IsZero() {
			return "unknown"
		}
		return at.Sub(t.IssuedAt).Round(time.Second).String()
	}
	got := map[string]string{
		"access": t.Access.Reveal(), "refresh": t.Refresh.Reveal(), "subject": t.Subject, "type": t.Type,
		"expires": after(t.ExpiresAt), "refresh_expires": after(t.RefreshExpiresAt),
	}
	for name, value := range t.Extra {
		got["extra."+name] = value
	}
	for key, want := range r.want {
		if d, err := time.ParseDuration(want); err == nil && strings.HasSuffix(key, "expires") {
			want = d.String()
		}
		if key != "run" && key != "want" && got[key] != want {
			problems = append(problems, fmt.Sprintf("%s is %q, want %q", key, got[key], want))
		}
	}
	return problems
}

// filled is c with examples for what it lacks.
func filled(s *loginspec.Spec, c loginspec.Config) loginspec.Config {
	values, secrets := map[string]string{}, map[string]vendorlogin.SecretFunc{}
	for _, in := range s.Inputs {
		example := "example-" + in.Name
		switch {
		case in.Secret:
			secrets[in.Name] = vendorlogin.SecretString(example)
		case in.Optional:
		case in.Number:
			example = "1"
		case in.Bool:
			example = "true"
		case in.Host:
			example = "vendor.example"
		case in.URL || strings.Contains(in.Name, "url"):
			example = "https://vendor.example"
		}
		if !in.Secret && !in.Optional {
			values[in.Name] = cmp.Or(in.Default, example)
		}
	}
	maps.Copy(values, c.Values)
	maps.Copy(secrets, c.Secrets)
	c.Values, c.Secrets = values, secrets
	if c.OTP == nil {
		c.OTP = codes{}
	}
	return c
}

// codes is a source that needs no person.
type codes struct{}

func (codes) OTP(context.Context, vendorlogin.Challenge) (string, error) { return "000000", nil }

// NonInteractive is true: a rejected code is not asked for again.
func (codes) NonInteractive() bool { return true }
