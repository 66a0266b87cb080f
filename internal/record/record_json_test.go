package record

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestDecode(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"", "null", "[]", "{}", `{"format":0}`, `{"format":-1}`, `{"format":"1"}`,
		`{"format":1`, `{"format":1,"seq":"x"}`} {
		r, err := Decode([]byte(bad))
		require.Error(t, err, bad)
		require.NotErrorIs(t, err, ErrLaterFormat, bad)
		assert.True(t, r.IsEmpty(), bad)
	}
	_, err := Decode([]byte(`{"format":2}`))
	require.ErrorIs(t, err, ErrLaterFormat)
	empty, err := Decode([]byte(`{"format":1}`))
	require.NoError(t, err)
	assert.True(t, empty.IsEmpty())
	for data, kept := range map[string]bool{
		`{"access":"a"}`: true, `{"refresh":"r"}`: true, `{"type":"Token"}`: false, `null`: false,
	} {
		r, err := Decode([]byte(`{"format":1,"token":` + data + `}`))
		require.NoError(t, err)
		assert.Equal(t, kept, r.Token != nil, data)
	}
	_, err = Record{Token: &Token{ExpiresAt: time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)}}.Encode()
	require.Error(t, err, "JSON has no such year")
}

func TestFieldsOfLaterVersionsStay(t *testing.T) {
	t.Parallel()
	data, err := recode([]byte(`{"format":1,"later":[1,2.50],"SEQ":7,"Token2":{},"":3}`))
	require.NoError(t, err)
	assert.JSONEq(t, `{"format":1,"seq":7,"later":[1,2.50],"Token2":{},"":3}`, string(data))
	assert.Contains(t, string(data), "2.50", "as they were")
	data, err = Record{Seq: 7}.Encode()
	require.NoError(t, err)
	assert.Equal(t, `{"format":1,"seq":7}`, string(data))
}

// No field of the document's own stays because it was there.
func TestOwnFieldsGo(t *testing.T) {
	t.Parallel()
	full, err := Record{
		Seq: 7, Spent: true, Token: &Token{Access: "a"}, Holds: Holds{{Cause: "x"}}, Claim: &Claim{Owner: "o"},
		Attempts: Attempts{Password: row(0)}, Consumed: []Consumed{{Fingerprint: 1}},
	}.Encode()
	require.NoError(t, err)
	r, err := Decode(full)
	require.NoError(t, err)
	data, err := Record{other: r.other}.Encode()
	require.NoError(t, err)
	assert.Equal(t, `{"format":1}`, string(data))
}

// recode decodes a record and encodes it again.
func recode(data []byte) ([]byte, error) {
	r, err := Decode(data)
	if err != nil {
		return nil, err
	}
	return r.Encode()
}

func TestRecordTTL(t *testing.T) {
	t.Parallel()
	at := func(d time.Duration) string { return t0.Add(d).Format(time.RFC3339Nano) }
	for name, c := range map[string]struct {
		record string
		want   time.Duration
	}{
		"nothing": {`"spent":false`, 5 * time.Minute},
		"access token": {
			fmt.Sprintf(`"token":{"access":"a","issued_at":%q,"expires_at":%q}`, at(0), at(time.Hour)), time.Hour + margin},
		"dead access token": {
			fmt.Sprintf(`"token":{"access":"a","issued_at":%q,"expires_at":%q}`, at(-2*time.Hour), at(-time.Hour)), margin},
		"access token of unknown life": {
			fmt.Sprintf(`"token":{"access":"a","issued_at":%q}`, at(0)), time.Hour + margin},
		"refresh token": {
			fmt.Sprintf(`"token":{"access":"a","refresh":"r","issued_at":%q,"expires_at":%q,"refresh_expires_at":%q}`,
				at(0), at(time.Hour), at(24*time.Hour)),
			24*time.Hour + margin},
		"refresh token that dies first": {
			fmt.Sprintf(`"token":{"access":"a","refresh":"r","issued_at":%q,"expires_at":%q,"refresh_expires_at":%q}`,
				at(0), at(time.Hour), at(time.Minute)),
			time.Hour + margin},
		"refresh token of unknown life": {
			fmt.Sprintf(`"token":{"access":"a","refresh":"r","issued_at":%q,"expires_at":%q}`, at(0), at(time.Hour)), 7*24*time.Hour + margin},
		"hold": {fmt.Sprintf(`"holds":[{"cause":"credentials","until":%q}]`, at(15*time.Minute)), 15*time.Minute + margin},
		"holds": {
			fmt.Sprintf(`"holds":[{"cause":"throttled","until":%q},{"cause":"credentials","until":%q}]`,
				at(time.Minute), at(15*time.Minute)), 15*time.Minute + margin},
		"hold is over": {fmt.Sprintf(`"holds":[{"cause":"credentials","until":%q}]`, at(-time.Minute)), margin},
		"hold outlives the token": {
			fmt.Sprintf(`"holds":[{"cause":"throttled","until":%q}],"token":{"access":"a","issued_at":%q,"expires_at":%q}`,
				at(time.Hour), at(0), at(time.Minute)),
			time.Hour + margin},
		"token outlives the hold": {
			fmt.Sprintf(`"holds":[{"cause":"throttled","until":%q}],"token":{"access":"a","issued_at":%q,"expires_at":%q}`,
				at(time.Minute), at(0), at(time.Hour)),
			time.Hour + margin},
		"claim": {fmt.Sprintf(`"claim":{"owner":"x","until":%q}`, at(35*time.Second)), 35*time.Second + margin},
	} {
		got, err := Decode([]byte(`{"format":1,` + c.record + `}`))
		require.NoError(t, err, name)
		assert.Equal(t, c.want, got.TTL(t0), name)
	}
	eternal := Record{Token: &Token{ExpiresAt: time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)}}
	assert.Equal(t, 87600*time.Hour+margin, eternal.TTL(t0), "ten years")
}

func FuzzRecord(f *testing.F) {
	for _, seed := range []string{
		`{"format":1}`,
		`{"format":2}`,
		`{"format":1,"token":{"access":"a","refresh":"r","issued_at":"2026-01-02T03:04:05.000000006Z",` +
			`"expires_at":"2026-01-02T04:04:05+02:00"},"spent":true}`,
		`{"format":1,"holds":[{"cause":"credentials","until":"2026-01-02T03:04:05Z","fingerprint":255,"status":401}],` +
			`"claim":{"owner":"x","until":"2026-01-02T03:04:05Z"}}`,
		`{"format":1,"other":[1e400,{"a":null}],"TOKEN":{"access":"b"}}`,
		`{"format":1,"format":1,"token":null}`,
		`null`, `[]`, ``, `{"format":1,"token":{"access":"a","extra":{"":""}}}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		once, err := recode(data)
		if err != nil {
			require.NotContains(t, err.Error(), "access")
			return
		}
		twice, err := recode(once)
		require.NoError(t, err, "%s", once)
		require.Equal(t, string(once), string(twice))
		r, err := Decode(once)
		require.NoError(t, err)
		require.Positive(t, r.TTL(t0))
		require.Equal(t, unknownFields(t, data), unknownFields(t, once))
	})
}

// unknownFields are the names and values of what this version does not know.
func unknownFields(t *testing.T, data []byte) map[string]any {
	var all map[string]any
	in := json.NewDecoder(bytes.NewReader(data))
	in.UseNumber()
	require.NoError(t, in.Decode(&all))
	maps.DeleteFunc(all, func(name string, _ any) bool {
		return slices.ContainsFunc(
			[]string{"format", "token", "seq", "spent", "holds", "claim", "attempts", "consumed"},
			func(known string) bool { return strings.EqualFold(known, name) },
		)
	})
	return all
}

func TestDecodeBoundsTheNumber(t *testing.T) {
	t.Parallel()
	for seq, want := range map[string]int64{"5": 5, "9007199254740992": 1 << 53, "9223372036854775807": 946684800000} {
		r, err := Decode([]byte(`{"format":1,"token":{"access":"a","issued_at":"2000-01-01T00:00:00Z"},"seq":` + seq + `}`))
		require.NoError(t, err)
		assert.Equal(t, want, r.Seq, seq)
	}
}
