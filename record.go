package vendorlogin

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"
	"time"
)

// recordFormat is the version of the record's JSON. A reader leaves what a later one wrote alone.
const recordFormat = 1

// A record is what a fleet shares about an account. It is written whole, by compare-and-set.
type record struct {
	Token *savedToken `json:"token,omitempty"`
	Spent bool        `json:"spent,omitempty"` // Token's refresh token is, or was, being used: never send it again
	Holds savedHolds  `json:"holds,omitempty"`
	Claim *claim      `json:"claim,omitempty"`

	other map[string]json.RawMessage // top-level fields that later versions may add; they survive a save
}

type savedToken struct {
	Access           string            `json:"access"`
	Refresh          string            `json:"refresh,omitempty"`
	Type             string            `json:"type,omitempty"`
	IssuedAt         time.Time         `json:"issued_at"`
	ExpiresAt        time.Time         `json:"expires_at,omitzero"`
	RefreshExpiresAt time.Time         `json:"refresh_expires_at,omitzero"`
	Subject          string            `json:"subject,omitempty"`
	Extra            map[string]string `json:"extra,omitempty"`
}

// A claim says that a process that has no lock is logging in.
type claim struct {
	Owner string    `json:"owner"`
	Until time.Time `json:"until"`
}

// bars reports whether somebody other than owner is at it. A claim that lasts longer than anybody takes was made by a clock that is
// wrong.
func (c *claim) bars(owner string, longest time.Duration) bool {
	if c == nil || c.Owner == owner {
		return false
	}
	left := time.Until(c.Until)
	return 0 < left && left <= longest
}

func (s *savedToken) token() *Token {
	return &Token{
		Access: NewSecret(s.Access), Refresh: NewSecret(s.Refresh), Type: s.Type,
		IssuedAt: s.IssuedAt, ExpiresAt: s.ExpiresAt, RefreshExpiresAt: s.RefreshExpiresAt,
		Subject: s.Subject, Extra: maps.Clone(s.Extra),
	}
}

func saved(t *Token) *savedToken {
	return &savedToken{
		Access: t.Access.Reveal(), Refresh: t.Refresh.Reveal(), Type: t.Type,
		IssuedAt: t.IssuedAt, ExpiresAt: recordable(t.ExpiresAt), RefreshExpiresAt: recordable(t.RefreshExpiresAt),
		Subject: t.Subject, Extra: maps.Clone(t.Extra),
	}
}

// recordable is t, or the last time that JSON can hold: "never" is often the last second of 9999, which east of Greenwich is in 10000.
func recordable(t time.Time) time.Time {
	if last := time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC); t.After(last) {
		return last
	}
	return t.UTC()
}

var errLaterFormat = errors.New("the record was written by a later version")

// decodeRecord reads a record. Its errors hold nothing of data.
func decodeRecord(data []byte) (record, error) {
	var header struct {
		Format int `json:"format"`
	}
	if json.Unmarshal(data, &header) != nil || header.Format < 1 {
		return record{}, errors.New("it is not a record")
	}
	if header.Format > recordFormat {
		return record{}, errLaterFormat
	}
	var rec record
	if json.Unmarshal(data, &rec) != nil || json.Unmarshal(data, &rec.other) != nil {
		return record{}, errors.New("it is not a whole record")
	}
	if rec.Token != nil && rec.Token.Access == "" {
		rec.Token = nil
	}
	maps.DeleteFunc(rec.other, isKnown)
	return rec, nil
}

// isKnown reports whether a top-level field is one of this version's. As in encoding/json, upper and lower case are the same.
func isKnown(field string, _ json.RawMessage) bool {
	for _, name := range []string{"format", "token", "spent", "holds", "claim"} {
		if strings.EqualFold(field, name) {
			return true
		}
	}
	return false
}

func (rec record) encode() ([]byte, error) {
	known, err := json.Marshal(struct {
		Format int `json:"format"`
		record
	}{recordFormat, rec})
	if err != nil {
		return nil, fmt.Errorf("encoding a record: %T", err)
	}
	if len(rec.other) == 0 {
		return known, nil
	}
	all := maps.Clone(rec.other)
	if err := json.Unmarshal(known, &all); err != nil {
		return nil, fmt.Errorf("encoding a record: %T", err)
	}
	return json.Marshal(all)
}

const (
	recordMargin       = 5 * time.Minute           // a record outlives what is in it by this
	unknownRefreshLife = 7 * 24 * time.Hour        // how long a refresh token of unknown life is kept
	longestRecord      = 10 * 365 * 24 * time.Hour // the life of a token for ever does not fit into a time.Duration
)

// ttl is how long the record is of use: as long as its refresh token, or else its access token, and to the end of a hold.
func (rec record) ttl(now time.Time) time.Duration {
	var end time.Time
	if t := rec.Token; t != nil {
		end = t.IssuedAt.Add(unknownLife)
		if !t.ExpiresAt.IsZero() {
			end = t.ExpiresAt
		}
		switch {
		case t.Refresh == "":
		case t.RefreshExpiresAt.IsZero():
			end = latest(end, now.Add(unknownRefreshLife))
		default:
			end = latest(end, t.RefreshExpiresAt)
		}
	}
	for _, h := range rec.Holds {
		end = latest(end, h.Until)
	}
	if rec.Claim != nil {
		end = latest(end, rec.Claim.Until)
	}
	return min(max(end.Sub(now), 0), longestRecord) + recordMargin
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
