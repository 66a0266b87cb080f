package loginspec

import (
	"cmp"
	"context"
	"strings"
	"time"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/internal/made"
	"github.com/vendorlogin/vendorlogin/internal/place"
)

// make computes a value. It is not there where one of those that it is made of is not.
func (m *Make) make(ctx context.Context, get place.Values) (value string, ok bool, err error) {
	switch {
	case m.Base64 != "":
		text, ok, err := place.Fill(ctx, m.Base64, get, place.InText(m.Base64))
		return made.Base64(text, m.As == "url"), ok, err
	case m.SHA256 != "":
		text, ok, err := place.Fill(ctx, m.SHA256, get, place.InText(m.SHA256))
		return made.SHA256(text, m.As), ok, err
	case m.UUID:
		return made.UUID(), true, nil
	case m.Random > 0:
		return made.Random(m.Random, m.As), true, nil
	case m.Time != "":
		return made.Time(time.Now().Add(m.Offset), m.Time), true, nil
	}
	return m.JWT.sign(ctx, get)
}

// isPlain reports whether the value says nothing about others.
func (m *Make) isPlain() bool { return m.UUID || m.Random != 0 || m.Time != "" }

// sign makes the token. The key is read for each.
func (j *JWT) sign(ctx context.Context, get place.Values) (string, bool, error) {
	claims, _, err := place.JSON(ctx, j.Claims, get)
	if err != nil {
		return "", false, err
	}
	header, _, err := place.JSON(ctx, j.Header, get)
	if err != nil {
		return "", false, err
	}
	key, ok, err := get.Value(ctx, j.keyName())
	if err != nil || !ok {
		return "", false, err
	}
	signed, err := made.JWT(j.Alg, key, header.(map[string]any), claims.(map[string]any), cmp.Or(j.Life, 5*time.Minute))
	if err != nil {
		return "", false, place.Invalid{Name: j.keyName(), Reason: err.Error()}
	}
	return signed, true, nil
}

// keyName is the input that signs: its name, or ${name}.
func (j *JWT) keyName() string { return cmp.Or(place.OnlyName(j.Key), j.Key) }

// onOneLine is a key with its line breaks written as "\n", as environment variables hold them: secrets hold no control characters.
func onOneLine(f vendorlogin.SecretFunc) vendorlogin.SecretFunc {
	return func(ctx context.Context) (vendorlogin.Secret, error) {
		secret, err := f(ctx)
		line := strings.NewReplacer("\r", "", "\n", `\n`).Replace(secret.Reveal())
		return vendorlogin.NewSecret(line), err
	}
}
