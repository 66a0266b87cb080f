package authtest

import (
	"bytes"
	"encoding/json"
	"html"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
)

// secrets are what nothing may show, and what each of them is.
type secrets struct {
	mu    sync.Mutex
	known map[string]string
}

func (s *secrets) add(what, value string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.known == nil {
		s.known = map[string]string{}
	}
	if value != "" {
		s.known[value] = what
	}
}

// in says which secret can be seen in text, if any.
func (s *secrets) in(text string) (what string, found bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for secret, what := range s.known {
		for _, form := range forms(secret) {
			if strings.Contains(text, form) {
				return what, true
			}
		}
	}
	return "", false
}

// forms are the ways in which a secret may be written. A long one is recognised by its beginning.
func forms(secret string) []string {
	start := secret[:min(len(secret), 40)]
	quoted, _ := json.Marshal(start)
	return []string{start, url.QueryEscape(start), url.PathEscape(start), string(quoted[1 : len(quoted)-1]), html.EscapeString(start)}
}

var tokenName = regexp.MustCompile(`(?i)token|access|refresh|secret`)

// addAll adds what is secret in the server's response: tokens that are used between two steps are as secret as those that come out.
func (s *secrets) addAll(resp *http.Response) {
	for _, c := range resp.Cookies() {
		s.add("a cookie of the vendor's", c.Value)
	}
	data, err := io.ReadAll(resp.Body)
	resp.Body = io.NopCloser(bytes.NewReader(data))
	var body any
	if err == nil && json.Unmarshal(data, &body) == nil {
		s.addFields("", body)
	}
}

func (s *secrets) addFields(name string, v any) {
	switch v := v.(type) {
	case string:
		if len(v) >= 16 && !strings.Contains(v, " ") && tokenName.MatchString(name) {
			s.add("a token of the vendor's, "+name, v)
		}
	case []any:
		for _, element := range v {
			s.addFields(name, element)
		}
	case map[string]any:
		for field, value := range v {
			s.addFields(field, value)
		}
	}
}
