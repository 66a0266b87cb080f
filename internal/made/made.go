// Package made computes values for requests: encodings, hashes, random values, times and signed tokens.
package made

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Base64 is of a text, in the alphabet of URLs and without padding if that is wanted.
func Base64(text string, url bool) string {
	if url {
		return base64.RawURLEncoding.EncodeToString([]byte(text))
	}
	return base64.StdEncoding.EncodeToString([]byte(text))
}

// SHA256 is of a text, in hex or base64.
func SHA256(text, form string) string {
	sum := sha256.Sum256([]byte(text))
	return encode(sum[:], form)
}

// Random is n random bytes, in hex or base64.
func Random(n int, form string) string {
	data := make([]byte, n)
	_, _ = rand.Read(data) // it never fails
	return encode(data, form)
}

func encode(data []byte, form string) string {
	if form == "base64" {
		return base64.StdEncoding.EncodeToString(data)
	}
	return hex.EncodeToString(data)
}

// UUID is a random one, version 4.
func UUID() string {
	var u [16]byte
	_, _ = rand.Read(u[:])
	u[6], u[8] = u[6]&0x0f|0x40, u[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", u[:4], u[4:6], u[6:8], u[8:10], u[10:])
}

// Time is t as unix, unix_ms, rfc3339, http_date, or in a layout of package time, in UTC.
func Time(t time.Time, layout string) string {
	switch layout {
	case "unix":
		return strconv.FormatInt(t.Unix(), 10)
	case "unix_ms":
		return strconv.FormatInt(t.UnixMilli(), 10)
	case "rfc3339":
		layout = time.RFC3339
	case "http_date":
		layout = http.TimeFormat
	}
	return t.UTC().Format(strings.TrimPrefix(layout, "layout "))
}
