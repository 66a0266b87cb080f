package loginspec_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/loginspec"
)

func privateKey(t *testing.T, key any) string {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

const signing = `
name: v
user: user
inputs: [{name: user}, {name: key, secret: true}, {name: number, number: true, default: 7}]
make:
  id: {uuid: true}
  past: {time: unix, offset: -60s}
  assertion:
    jwt: {alg: %s, key: key, header: {kid: "k-${user}"}, life: 2m,
      claims: {iss: "${user}", n: "${number}", jti: "${id}", nbf: "${past}", nested: {a: ["${user}"]}}}
login: [{url: "https://api.v.example/token", form: {assertion: "${assertion}"}, keep: {access: {json: t}}}]
`

// What is signed with each algorithm is verified by the library that everybody has.
func TestJWT(t *testing.T) {
	t.Parallel()
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	ecKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	_, edKey, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	for alg, c := range map[string]struct {
		key    string
		public any
	}{
		"RS256": {privateKey(t, rsaKey), rsaKey.Public()},
		"ES256": {privateKey(t, ecKey), ecKey.Public()},
		"EdDSA": {strings.ReplaceAll(privateKey(t, edKey), "\n", `\n`), edKey.Public()}, // as an environment variable holds it
		"HS256": {"example-shared-secret", []byte("example-shared-secret")},
		"PS256": {privateKey(t, rsaKey), rsaKey.Public()},
		"HS512": {"example-shared-secret", []byte("example-shared-secret")},
	} {
		text := fmt.Sprintf(signing, alg)
		_, w, err := login(t, text, map[string]string{"key": c.key}, respond(200, `{"t": "x"}`))
		require.NoError(t, err)
		r := w.requests()[0]
		require.NoError(t, r.ParseForm())
		claims := jwt.MapClaims{}
		token, err := jwt.ParseWithClaims(r.Form.Get("assertion"), claims, func(*jwt.Token) (any, error) { return c.public, nil },
			jwt.WithValidMethods([]string{alg}), jwt.WithExpirationRequired(), jwt.WithIssuedAt())
		require.NoError(t, err, alg)
		assert.Equal(t, "k-"+exampleUser, token.Header["kid"])
		assert.Equal(t, exampleUser, claims["iss"])
		assert.EqualValues(t, 7, claims["n"])
		assert.Len(t, claims["jti"], 36)
		exp, _ := claims.GetExpirationTime()
		iat, _ := claims.GetIssuedAt()
		assert.Equal(t, 2*time.Minute, exp.Sub(iat.Time))
	}
}

// A key that is none costs no request, and is in no error.
func TestJWTKeys(t *testing.T) {
	t.Parallel()
	ecKey, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	require.NoError(t, err)
	for alg, key := range map[string]string{"RS256": "canary-key", "ES256": privateKey(t, crypto.PrivateKey(ecKey)),
		"EdDSA": privateKey(t, crypto.PrivateKey(ecKey))} {
		_, w, err := login(t, fmt.Sprintf(signing, alg), map[string]string{"key": key}, respond(200, `{"t": "x"}`))
		require.ErrorIs(t, err, vendorlogin.ErrInvalidRequest, alg)
		assert.NotContains(t, err.Error(), "canary")
		assert.Empty(t, w.requests())
	}
}

// A key that Config.Made gives may be a file, as that of an input may.
func TestKeyThatIsMade(t *testing.T) {
	t.Parallel()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	spec := parseYAML(t, strings.Replace(fmt.Sprintf(signing, "RS256"), "{name: key, secret: true}, ", "", 1))
	w := &wire{handler: respond(200, `{"t": "x"}`)}
	c := config(spec, w, nil)
	c.Made = map[string]vendorlogin.SecretFunc{"key": vendorlogin.SecretString(privateKey(t, key))}
	auth, err := loginspec.New(spec, c)
	require.NoError(t, err)
	_, err = auth.Login(t.Context())
	require.NoError(t, err)
	assert.Len(t, w.requests(), 1)
}

// A secret that signs with HS goes in as it is: a line break in it is no part of a PEM file.
func TestSharedSecretWithALineBreak(t *testing.T) {
	t.Parallel()
	_, w, err := login(t, fmt.Sprintf(signing, "HS256"), map[string]string{"key": "canary-secret\n"}, respond(200, `{"t": "x"}`))
	require.ErrorIs(t, err, vendorlogin.ErrInvalidRequest)
	assert.NotContains(t, err.Error(), "canary")
	assert.Empty(t, w.requests())
}

// Each login makes anew what is random or now; one login uses one value.
func TestMadeAnew(t *testing.T) {
	t.Parallel()
	const text = `
name: v
make:
  nonce: {random: 8}
  nonce64: {random: 8, as: base64}
  id: {uuid: true}
  sec: {time: unix, offset: 1h}
  ms: {time: unix_ms}
  day: {time: "2006-01-02"}
  iso: {time: rfc3339}
  date: {time: http_date}
  url: {base64: "??>", as: url}
login:
  - url: https://api.v.example/a
    query: {nonce: "${nonce}", again: "${nonce}", nonce64: "${nonce64}", id: "${id}", sec: "${sec}",
      ms: "${ms}", day: "${day}", iso: "${iso}", date: "${date}", url: "${url}"}
  - url: https://api.v.example/b
    make: {local: {random: 4}}
    query: {nonce: "${nonce}", local: "${local}"}
    keep: {access: {json: t}}
`
	w := &wire{handler: respond(200, `{"t": "x"}`)}
	auth, err := loginspec.New(parseYAML(t, text), loginspec.Config{HTTPClient: &http.Client{Transport: w}})
	require.NoError(t, err)
	for range 2 {
		_, err = auth.Login(t.Context())
		require.NoError(t, err)
	}
	first, second, third := w.requests()[0].URL.Query(), w.requests()[1].URL.Query(), w.requests()[2].URL.Query()
	for name, pattern := range map[string]string{
		"nonce": "^[0-9a-f]{16}$", "nonce64": "^[A-Za-z0-9+/]{11}=$",
		"id":  "^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$",
		"day": `^\d{4}-\d\d-\d\d$`, "iso": `^\d{4}-\d\d-\d\dT.*Z$`, "date": "GMT$", "url": "^Pz8-$",
	} {
		assert.Regexp(t, regexp.MustCompile(pattern), first.Get(name))
	}
	assert.Equal(t, first.Get("nonce"), first.Get("again"))
	assert.Equal(t, first.Get("nonce"), second.Get("nonce"))
	assert.NotEqual(t, first.Get("nonce"), third.Get("nonce"))
	assert.Len(t, second.Get("local"), 8)
	sec, err := strconv.ParseInt(first.Get("sec"), 10, 64)
	require.NoError(t, err)
	assert.InDelta(t, time.Now().Add(time.Hour).Unix(), sec, 60)
	ms, err := strconv.ParseInt(first.Get("ms"), 10, 64)
	require.NoError(t, err)
	assert.InDelta(t, time.Now().UnixMilli(), ms, 60000)
}
