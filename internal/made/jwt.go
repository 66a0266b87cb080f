package made

import (
	"encoding/json"
	"errors"
	"maps"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// Algorithms are those that JWT knows.
var Algorithms = []string{"RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "ES512", "HS256", "HS384", "HS512", "EdDSA"}

// JWT signs claims with a private key in PEM, or with the secret of the HS algorithms. Line breaks in a key may be written as "\n".
// iat is now and exp is now plus lifetime, where claims does not say them. An error does not quote the key.
func JWT(alg, key string, header, claims map[string]any, lifetime time.Duration) (string, error) {
	signer, err := parseKey(alg, key)
	if err != nil {
		return "", errors.New("is not a private key in PEM for " + alg)
	}
	now := time.Now()
	all := jwt.MapClaims{"iat": now.Unix(), "exp": now.Add(lifetime).Unix()}
	maps.Copy(all, claims)
	for _, name := range []string{"iat", "nbf", "exp"} { // a date that was made is a text
		if text, ok := all[name].(string); ok && json.Valid([]byte(text)) {
			all[name] = json.Number(text)
		}
	}
	token := jwt.NewWithClaims(jwt.GetSigningMethod(alg), all)
	maps.Copy(token.Header, header)
	signed, err := token.SignedString(signer)
	if err != nil {
		return "", errors.New("does not fit " + alg)
	}
	return signed, nil
}

func parseKey(alg, key string) (any, error) {
	pem := []byte(strings.ReplaceAll(key, `\n`, "\n"))
	switch alg[:min(len(alg), 2)] {
	case "HS":
		return []byte(key), nil
	case "RS", "PS":
		return jwt.ParseRSAPrivateKeyFromPEM(pem)
	case "ES":
		return jwt.ParseECPrivateKeyFromPEM(pem)
	case "Ed":
		return jwt.ParseEdPrivateKeyFromPEM(pem)
	}
	return nil, errors.New("unknown algorithm")
}
