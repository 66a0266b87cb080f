package loginspec_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/loginspec"
)

// A spoiled description has one mistake.
type spoiled struct{ what, text string }

// free are the keys whose content has names of the vendor's.
var free = []string{"query", "header", "cookies", "form", "json", "xml", "make", "keep", "claims", "body"}

var someName = regexp.MustCompile(`\$\{([a-z_]+)\}`)

// spoil makes one mistake in each place of a description: a key that is unknown, a name that is, a value of another type.
func spoil(root any) (all []spoiled) {
	var walk func(v any, path string, vendors bool, put func(any))
	try := func(what string, put func(any), v, old any) {
		put(v)
		data, err := json.Marshal(root)
		if err != nil {
			panic(err)
		}
		all = append(all, spoiled{what, string(data)})
		put(old)
	}
	walk = func(v any, path string, vendors bool, put func(any)) {
		switch v := v.(type) {
		case map[string]any:
			if !vendors && path != ".rejected" { // which may be a list
				try(path+" is a list", put, []any{v, v}, v)
			}
			for key, item := range v {
				at := path + "." + key
				isFree := slices.Contains(free, key) && !(key == "json" || key == "header" || key == "xml") || vendors && !strings.HasPrefix(path, ".x")
				_, isPlace := item.(string) // {json: path} of a source is no body
				isBody := (key == "json" || key == "xml" || key == "header") && !isPlace
				if !vendors {
					renamed := make(map[string]any, len(v))
					for k, value := range v {
						renamed[k] = value
					}
					delete(renamed, key)
					renamed[key+"x"] = item
					try(at+" is renamed", put, renamed, v)
				}
				inner := (isFree || isBody) && !(vendors && (strings.HasSuffix(path, ".keep") || strings.HasSuffix(path, ".make")))
				walk(item, at, inner, func(item any) { v[key] = item })
			}
		case []any:
			if !vendors && !strings.HasSuffix(path, ".is") && len(v) > 0 {
				try(path+" is an object", put, map[string]any{"x": v[0]}, v)
			}
			for i, item := range v {
				walk(item, fmt.Sprintf("%s[%d]", path, i), vendors, func(item any) { v[i] = item })
			}
		case string:
			if strings.Contains(v, "${") {
				try(path+" has an unknown name", put, someName.ReplaceAllString(v, "$${${1}_x}"), v)
				try(path+" has no end", put, strings.Replace(v, "}", "", 1), v)
			}
			if !vendors {
				try(path+" is an object", put, map[string]any{"x": v}, v)
			}
			if strings.HasSuffix(path, ".url") && strings.Contains(v, "://") {
				for _, bad := range []string{"ftp" + v[5:], v[8:], "https:/" + v[8:], v + "#x", v + " x", "https://u@" + v[8:]} {
					try(path+" is "+bad, put, bad, v)
				}
			}
		case bool, int:
			if !vendors {
				try(path+" is a text", put, "x", v)
			}
		}
	}
	walk(root, "", false, func(v any) { root = v })
	return all
}

// A description with one mistake, wherever that is, is found by Read or by New, and never logs in.
func TestSpoiled(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.yaml")
	require.NoError(t, err)
	more, err := filepath.Glob("../examples/describe/*.yaml")
	require.NoError(t, err)
	count := 0
	for _, name := range append(files, more...) {
		data, err := os.ReadFile(name)
		require.NoError(t, err)
		var root any
		require.NoError(t, yaml.Unmarshal(data, &root))
		for _, s := range spoil(root) {
			count++
			spec, err := loginspec.Read(strings.NewReader(s.text))
			if err == nil {
				_, err = loginspec.New(spec, anyConfig(spec))
			}
			assert.ErrorIs(t, err, vendorlogin.ErrInvalidRequest, "%s: %s", name, s.what)
		}
		good, err := json.Marshal(root)
		require.NoError(t, err)
		spec, err := loginspec.Read(strings.NewReader(string(good)))
		require.NoError(t, err)
		_, err = loginspec.New(spec, anyConfig(spec))
		require.NoError(t, err)
	}
	assert.Greater(t, count, 1000)
}

// anyConfig has a value for every input.
func anyConfig(spec *loginspec.Spec) loginspec.Config {
	c := loginspec.Config{Values: map[string]string{}, Secrets: map[string]vendorlogin.SecretFunc{}}
	for _, in := range spec.Inputs {
		switch {
		case in.Secret:
			c.Secrets[in.Name] = vendorlogin.SecretString("example")
		case in.URL || strings.Contains(in.Name, "url"):
			c.Values[in.Name] = "https://api.example.com"
		default:
			c.Values[in.Name] = "1"
		}
	}
	return c
}
