package record

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTTLCoversWhatCounts(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		record Record
		want   time.Duration
	}{
		"attempt":          {Record{Attempts: Attempts{Password: row(0)}}, 630 * time.Second},
		"attempt of codes": {Record{Attempts: Attempts{Code: row(0, 60)}}, 690 * time.Second},
		"a long wait":      {Record{Attempts: Attempts{Password: Row{N: 5, First: at(0), Next: at(720)}}}, 877500 * time.Millisecond},
		"consumed":         {Record{Consumed: []Consumed{{Fingerprint: 1, At: at(0)}}}, 30 * 24 * time.Hour},
		"consumed code":    {Record{Consumed: []Consumed{{Fingerprint: 1, At: at(0), Code: true}}}, 630 * time.Second},
		"nothing":          {Record{}, 0},
	} {
		assert.Equal(t, c.want+margin, c.record.TTL(at(0)), name)
	}
}

func TestRecordOfTheFirstVersion(t *testing.T) {
	t.Parallel()
	r, err := Decode([]byte(`{"format":1,"token":{"access":"a","refresh":"r","issued_at":"2026-01-02T03:04:05Z"},"spent":true,
		"holds":[{"cause":"credentials","until":"2026-01-02T03:19:05Z","fingerprint":7,"failures":2,"op":"login","status":401}]}`))
	require.NoError(t, err)
	assert.Equal(t, t0.UnixMilli(), r.Seq, "its time stands for the number")
	assert.True(t, r.Spent)
	require.Len(t, r.Holds, 1)
	assert.Equal(t, 401, r.Holds[0].Status)
	assert.Equal(t, 2, r.Holds.FailuresOf("credentials"))
	assert.Zero(t, r.Holds.FailuresOf("throttled"))
}

func TestEverythingSurvivesARound(t *testing.T) {
	t.Parallel()
	low := uint8(7)
	want := Record{
		Token: &Token{Access: "a", Refresh: "r", IssuedAt: at(0), ExpiresAt: at(60), Secrets: map[string]string{"csrf": "c"}},
		Seq:   42, Spent: true,
		Holds: Holds{
			{
				Cause:       "failed",
				Until:       at(9),
				Floor:       at(8),
				Fingerprint: &low,
				Failures:    3,
				Failure:     Failure{Kind: "unavailable", Op: "login", Status: 503, Code: "x", Request: "POST h/p"},
			},
		},
		Claim:    &Claim{Owner: "o", Until: at(3)},
		Attempts: Attempts{Password: row(0, 1), Code: row(2), Last: Failure{Kind: "unavailable"}},
		Consumed: []Consumed{{Fingerprint: 5, At: at(1), Code: true}},
	}
	data, err := want.Encode()
	require.NoError(t, err)
	got, err := Decode(data)
	require.NoError(t, err)
	got.other = nil
	assert.Equal(t, want, got)
	assert.False(t, got.IsEmpty())

	bare := got.WithoutToken()
	assert.Nil(t, bare.Token)
	assert.False(t, bare.Spent)
	assert.Equal(t, want.Attempts, bare.Attempts, "what was tried stays")
	assert.Equal(t, want.Consumed, bare.Consumed)
	assert.True(t, Record{Seq: 5}.IsEmpty())
	for name, r := range map[string]Record{
		"token": {Token: &Token{}}, "holds": {Holds: Holds{{}}}, "claim": {Claim: &Claim{}}, "attempts": {Attempts: Attempts{Code: Row{N: 1}}},
		"consumed": {Consumed: []Consumed{{}}}, "other": {other: map[string]json.RawMessage{"x": nil}},
	} {
		assert.False(t, r.IsEmpty(), name)
	}
}

func TestHolds(t *testing.T) {
	t.Parallel()
	one, two := uint8(1), uint8(2)
	full := uint64(0x0101)
	h := Hold{Cause: "credentials", Fingerprint: &one, Until: at(60)}
	assert.True(t, h.Binds(&full))
	assert.True(t, h.Binds(nil), "where one is unknown")
	assert.False(t, Hold{Fingerprint: &two}.Binds(&full))
	assert.True(t, Hold{}.Binds(&full))

	list := Holds{h, {Cause: "credentials", Fingerprint: &two, Until: at(60)}, {Cause: "failed", Until: at(-1)}}
	next := list.With(Hold{Cause: "credentials", Fingerprint: &one, Until: at(90)}, at(0))
	require.Len(t, next, 2, "in place of its like, and without what is over")
	assert.Equal(t, at(90), next[1].Until)
	assert.Len(t, list.Without(&full), 1)
	assert.Len(t, Holds{h}.With(Hold{Cause: "credentials", Until: at(90)}, at(0)), 2, "about credentials that are not known")
	h.Until = at(70)
	alike := one
	assert.Len(t, Holds{h}.With(Hold{Cause: "credentials", Fingerprint: &alike, Until: at(90)}, at(0)), 1)
	assert.Len(t, Holds{{Cause: "credentials", Until: at(60)}}.With(h, at(0)), 2)
	assert.Len(t, Holds{h}.With(Hold{Cause: "failed", Fingerprint: &one, Until: at(90)}, at(0)), 2, "of another cause")
	assert.Len(t, Holds{{Cause: "failed", Until: at(60)}}.With(Hold{Cause: "failed", Until: at(90)}, at(0)), 1)
	other := Holds{{Cause: "failed", Until: at(60), Floor: at(60)}}.With(Hold{Cause: "rate", Until: at(30)}, at(0))
	assert.Equal(t, at(30), other[1].Until, "another's floor")
	late := Hold{Cause: "rate", Until: at(3600), Floor: at(3600)}
	both := Holds{late}.With(Hold{Cause: "rate", Until: at(60), Floor: at(60)}, at(0))
	require.Len(t, both, 1)
	assert.Equal(t, late, both[0], "of two responses at once the later time binds")
	assert.Equal(t, at(3700), Holds{late}.With(Hold{Cause: "rate", Until: at(3700)}, at(3600))[0].Until, "a floor that is over binds nothing")
	for range 20 {
		list = append(list, Hold{Cause: "x", Until: at(5)})
	}
	assert.Len(t, list.With(h, at(0)), 8)
	assert.Equal(t, 5, Holds{{Cause: "x", Failures: 5}, {Cause: "y", Failures: 9}, {Cause: "x", Failures: 2}}.FailuresOf("x"))

	floored := Holds{h, late, {Cause: "x", Until: at(60), Floor: at(50)}}.Floored(at(50))
	assert.Equal(t, Holds{late}, floored, "those that the vendor wants are in force")
	early := Holds{{Cause: "x", Until: at(60), Floor: at(50)}}.Floored(at(0))
	assert.Equal(t, Holds{{Cause: "x", Until: at(50), Floor: at(50)}}, early)
}
