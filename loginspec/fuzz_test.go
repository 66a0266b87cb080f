package loginspec_test

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/loginspec"
	"github.com/vendorlogin/vendorlogin/loginspec/specyaml"
)

// Whatever a file says: it is a mistake, or it logs in at hosts that it names, and nothing panics.
func FuzzNew(f *testing.F) {
	files, _ := filepath.Glob("testdata/*.yaml")
	more, _ := filepath.Glob("../examples/describe/*.yaml")
	for _, name := range append(files, more...) {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(data), `{"token": "t", "access": "t", "place": "https://evil.example"}`)
	}
	f.Add(right, `{"token": "t", "next": "//evil.example"}`)
	f.Add(stepped, `<a b="c">d</a>`)
	f.Fuzz(func(t *testing.T, text, response string) {
		spec, err := specyaml.Read(strings.NewReader(text))
		if err != nil {
			spec, err = loginspec.Read(strings.NewReader(text))
		}
		if err != nil {
			return
		}
		w := &wire{handler: respond(200, response, "Set-Cookie", "SESSION=x", "Location", response)}
		c := anyConfig(spec)
		c.HTTPClient = &http.Client{Transport: w}
		auth, err := loginspec.New(spec, c)
		if err != nil {
			return
		}
		if _, err := spec.Explain(c); err != nil {
			t.Fatalf("New takes what Explain rejects: %v", err)
		}
		token, err := auth.Login(t.Context())
		if (token == nil) == (err == nil) {
			t.Fatal("neither a token nor an error, or both")
		}
		for _, r := range w.requests() {
			if !strings.Contains(text, "evil") && strings.Contains(r.URL.Host, "evil") {
				t.Fatalf("a request went to %s", r.URL.Host)
			}
		}
		if a, ok := auth.(vendorlogin.Authorizer); ok && token != nil {
			req, _ := http.NewRequest("POST", "https://api.example.com/x?y=z", strings.NewReader("{}"))
			_ = a.Authorize(req, token)
		}
	})
}

// Whatever a value is, it stays in its place.
func FuzzPlaces(f *testing.F) {
	for _, value := range append([]string{"a", "a/b", "ü", "\x00", "\xff", "</User>", `"`, "&amp;", "]]>"}, evil...) {
		f.Add(value)
	}
	const text = `
name: v
inputs: [{name: in}, {name: secret, secret: true}]
login:
  - url: https://api.v.example/x/${in}/y?q=${in}
    header: {X-In: "${in}"}
    json: {in: "${in}", "s": "${secret}"}
  - url: https://api.v.example/two
    form: {in: "${in}", "s": "${secret}"}
  - url: https://api.v.example/three
    xml: {a: {b: {"@c": "${in}", "#text": "${secret}"}, d: "${in}"}}
    keep: {access: {json: t}}
`
	f.Fuzz(func(t *testing.T, value string) {
		w := &wire{handler: respond(200, `{"t": "x"}`)}
		spec := parseYAML(t, text)
		auth, err := loginspec.New(spec, config(spec, w, map[string]string{"in": value, "secret": value}))
		if err != nil {
			return
		}
		if _, err = auth.Login(t.Context()); err != nil {
			for _, r := range w.requests() {
				if r.URL.Host != "api.v.example" {
					t.Fatalf("a request went to %s", r.URL.Host)
				}
			}
			return
		}
		requests := w.requests()
		var body map[string]string
		if err := json.Unmarshal([]byte(requests[0].body), &body); err != nil || body["in"] != value || body["s"] != value || len(body) != 2 {
			t.Fatalf("JSON is %q", requests[0].body)
		}
		if u := requests[0].URL; u.Path != "/x/"+value+"/y" || u.Query().Get("q") != value || len(u.Query()) != 1 || u.Host != "api.v.example" {
			t.Fatalf("the URL is %q", u)
		}
		_ = requests[1].ParseForm()
		if form := requests[1].Form; form.Get("in") != value || form.Get("s") != value || len(form) != 2 {
			t.Fatalf("the form is %q", requests[1].body)
		}
		checkXML(t, requests[2].body, value)
	})
}

// Whatever a response is, reading it panics in no place of it.
func FuzzResponse(f *testing.F) {
	f.Add(`{"a": [{"b": "c"}]}`, "a.0.b", "(.*)")
	f.Add(`<a><b c="d">e</b></a>`, "a.b.@c", "x(.)")
	f.Add("\ufeff{}", `a\.b`, "()")
	f.Add("<a>"+strings.Repeat("<b>", 5000), "a.b", "(.)")
	f.Fuzz(func(t *testing.T, body, path, match string) {
		w := &wire{handler: respond(200, body, "Set-Cookie", body, "X", body)}
		for _, place := range []loginspec.Source{{JSON: path}, {XML: path}, {Cookie: path}, {Header: "X", Match: match}, {Text: true,
			Match: match}, {Cookies: []string{path}}} {
			spec := &loginspec.Spec{Name: "v", Login: []loginspec.Step{{URL: "https://api.v.example", Keep: map[string]loginspec.Source{
				"access": place, "expires": {JSON: path, Maybe: true},
			}}}}
			auth, err := loginspec.New(spec, loginspec.Config{HTTPClient: &http.Client{Transport: w}})
			if err != nil {
				continue
			}
			_, _ = auth.Login(t.Context())
		}
	})
}
