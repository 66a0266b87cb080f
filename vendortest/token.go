package vendortest

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
)

func randomBytes(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails
	return b
}

func randomHex() string { return hex.EncodeToString(randomBytes(16)) }

// signHS256 makes a JWT. The header is given as text: one vendor's has odd
// spaces in it.
func signHS256(header string, claims any, key []byte) string {
	unsigned := unsignedJWT(header, claims)
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(unsigned))
	return unsigned + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// fakeRS256 makes a JWT as long as one signed with a 4096-bit RSA key. Nobody
// here verifies it: the server knows its tokens by heart.
func fakeRS256(claims any) string {
	return unsignedJWT(`{"typ":"JWT","alg":"RS256"}`, claims) + "." + base64.RawURLEncoding.EncodeToString(randomBytes(512))
}

func unsignedJWT(header string, claims any) string {
	payload, err := json.Marshal(claims)
	if err != nil {
		panic("vendortest: " + err.Error()) // only structs made here come here
	}
	return base64.RawURLEncoding.EncodeToString([]byte(header)) + "." + base64.RawURLEncoding.EncodeToString(payload)
}

// numericDate is a JWT time: whole seconds, or milliseconds as a fraction
// where a test wants lifetimes that short.
type numericDate time.Time

func (d numericDate) MarshalJSON() ([]byte, error) {
	ms := time.Time(d).UnixMilli()
	if ms%1000 == 0 {
		return strconv.AppendInt(nil, ms/1000, 10), nil
	}
	return fmt.Appendf(nil, "%d.%03d", ms/1000, ms%1000), nil
}

// mailedCode is a code to be e-mailed. Its first digit is 0, so that a client
// that takes codes for numbers is found out.
func mailedCode() string {
	return fmt.Sprintf("0%05d", binary.BigEndian.Uint32(randomBytes(4))%100_000)
}

// totpStep and totpCode are RFC 6238 with SHA-1, 30 seconds and 6 digits.
func totpStep(t time.Time) int64 { return t.Unix() / 30 }

func totpCode(secret []byte, step int64) string {
	mac := hmac.New(sha1.New, secret)
	mac.Write(binary.BigEndian.AppendUint64(nil, uint64(step)))
	sum := mac.Sum(nil)
	offset := sum[len(sum)-1] & 0xf
	n := binary.BigEndian.Uint32(sum[offset:]) & 0x7fffffff
	return fmt.Sprintf("%06d", n%1_000_000)
}

func parseTOTP(secret string) ([]byte, error) {
	clean := strings.ToUpper(strings.NewReplacer(" ", "", "-", "", "=", "").Replace(secret))
	return base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(clean)
}
