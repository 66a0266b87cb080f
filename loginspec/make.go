package loginspec

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/vendorlogin/vendorlogin"
)

// make computes a value. It is not there where one of those that it is made of is not.
func (m *Make) make(ctx context.Context, get lookup) (value string, ok bool, err error) {
	switch {
	case m.Base64 != "":
		text, ok, err := fill(ctx, m.Base64, get, asItIs)
		return m.encode([]byte(text), "base64"), ok, err
	case m.SHA256 != "":
		text, ok, err := fill(ctx, m.SHA256, get, asItIs)
		sum := sha256.Sum256([]byte(text))
		return m.encode(sum[:], "hex"), ok, err
	case m.UUID:
		return newUUID(), true, nil
	case m.Random > 0:
		data := make([]byte, m.Random)
		_, _ = rand.Read(data) // it never fails
		return m.encode(data, "hex"), true, nil
	case m.Time != "":
		return formatTime(time.Now().Add(m.Offset), m.Time), true, nil
	}
	return m.JWT.sign(ctx, get)
}

func (m *Make) encode(data []byte, otherwise string) string {
	switch as := m.As; {
	case as == "url":
		return base64.RawURLEncoding.EncodeToString(data)
	case as == "base64", as == "" && otherwise == "base64":
		return base64.StdEncoding.EncodeToString(data)
	}
	return hex.EncodeToString(data)
}

func newUUID() string {
	var u [16]byte
	_, _ = rand.Read(u[:])
	u[6], u[8] = u[6]&0x0f|0x40, u[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", u[:4], u[4:6], u[6:8], u[8:10], u[10:])
}

func formatTime(t time.Time, layout string) string {
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

// sign makes the token. The key is read for each.
func (j *JWT) sign(ctx context.Context, get lookup) (string, bool, error) {
	claims, ok, err := fillJSON(ctx, j.Claims, get)
	if err != nil || !ok {
		return "", false, err
	}
	header, ok, err := fillJSON(ctx, j.Header, get)
	if err != nil || !ok {
		return "", false, err
	}
	secret, ok, err := get.value(ctx, j.keyName())
	if err != nil || !ok {
		return "", false, err
	}
	key, err := j.parseKey(secret)
	if err != nil {
		return "", false, err
	}
	life := j.Life
	if life == 0 {
		life = 5 * time.Minute
	}
	now := time.Now()
	token := jwt.NewWithClaims(jwt.GetSigningMethod(j.Alg), jwt.MapClaims{"iat": now.Unix(), "exp": now.Add(life).Unix()})
	if own, ok := claims.(map[string]any); ok {
		maps.Copy(token.Claims.(jwt.MapClaims), withDates(own))
	}
	if own, ok := header.(map[string]any); ok {
		maps.Copy(token.Header, own)
	}
	signed, err := token.SignedString(key)
	if err != nil {
		return "", false, invalidValue{"the key of the JWT", "does not fit " + j.Alg}
	}
	return signed, true, nil
}

// withDates has the times of claims as numbers: what is made of time is a text.
func withDates(claims map[string]any) map[string]any {
	for _, name := range []string{"iat", "nbf", "exp"} {
		if text, ok := claims[name].(string); ok && jsonNumber.MatchString(text) {
			claims[name] = json.Number(text)
		}
	}
	return claims
}

// onOneLine is a key with its line breaks written as "\n", as environment variables hold them: secrets hold no control characters.
func onOneLine(f vendorlogin.SecretFunc) vendorlogin.SecretFunc {
	return func(ctx context.Context) (vendorlogin.Secret, error) {
		secret, err := f(ctx)
		line := strings.NewReplacer("\r", "", "\n", `\n`).Replace(secret.Reveal())
		return vendorlogin.NewSecret(line), err
	}
}

// keyName is the input that signs: its name, or ${name}.
func (j *JWT) keyName() string { return cmp.Or(onlyName(j.Key), j.Key) }

// parseKey reads a key on one line. The library's errors may quote it.
func (j *JWT) parseKey(secret string) (key any, err error) {
	pem := []byte(strings.ReplaceAll(secret, `\n`, "\n"))
	switch j.Alg {
	case "HS256":
		return []byte(secret), nil
	case "RS256":
		key, err = jwt.ParseRSAPrivateKeyFromPEM(pem)
	case "ES256":
		key, err = jwt.ParseECPrivateKeyFromPEM(pem)
	case "EdDSA":
		key, err = jwt.ParseEdPrivateKeyFromPEM(pem)
	default:
		err = errors.New("unknown")
	}
	if err != nil {
		return nil, invalidValue{"the key of the JWT", "is not a private key in PEM for " + j.Alg}
	}
	return key, nil
}
