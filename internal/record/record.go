// Package record is what the users of a Store share about an account: the token, why nothing is sent for now, and what was tried.
// It is one JSON document, written whole by compare-and-set. Times are local times of whoever wrote them; everything that reads
// them bounds them by what can be true.
package record

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"
)

// format is the version of the document. A reader leaves what a later one wrote alone.
const format = 1

// A Record is the document. The zero value is what an account without one has.
type Record struct {
	Token    *Token     `json:"token,omitempty"`
	Seq      int64      `json:"seq,omitempty"`   // of Token; a later token has a higher one
	Spent    bool       `json:"spent,omitempty"` // Token's refresh token is, or was, being sent: never send it again; set before it is sent
	Holds    Holds      `json:"holds,omitempty"`
	Claim    *Claim     `json:"claim,omitempty"`
	Attempts Attempts   `json:"attempts,omitzero"`
	Consumed []Consumed `json:"consumed,omitempty"` // single-use secrets that were sent

	other map[string]json.RawMessage // top-level fields that later versions may add; they survive a save
}

// A Token is the Client's, as it is stored.
type Token struct {
	Access           string            `json:"access"`
	Refresh          string            `json:"refresh,omitempty"`
	Type             string            `json:"type,omitempty"`
	IssuedAt         time.Time         `json:"issued_at"`
	ExpiresAt        time.Time         `json:"expires_at,omitzero"`
	RefreshExpiresAt time.Time         `json:"refresh_expires_at,omitzero"`
	Subject          string            `json:"subject,omitempty"`
	Extra            map[string]string `json:"extra,omitempty"`
	Secrets          map[string]string `json:"secrets,omitempty"`
}

// A Claim says that somebody who has no lock is refreshing.
type Claim struct {
	Owner string    `json:"owner"`
	Until time.Time `json:"until"`
}

// ErrLaterFormat is Decode's error for what a later version wrote.
var ErrLaterFormat = errors.New("the record was written by a later version")

// known are the names of the document's own top-level fields.
var known = func() []string {
	names := []string{"format"}
	for t, i := reflect.TypeFor[Record](), 0; i < t.NumField(); i++ {
		if name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ","); name != "" {
			names = append(names, name)
		}
	}
	return names
}()

// maxSeq is the highest number that a token can have: milliseconds since 1970 for 285,000 years. A higher one would leave no number
// for the next token.
const maxSeq = 1 << 53

// Decode reads a Record. Its errors hold nothing of data.
func Decode(data []byte) (Record, error) {
	var header struct {
		Format int `json:"format"`
	}
	if json.Unmarshal(data, &header) != nil || header.Format < 1 {
		return Record{}, errors.New("it is not a record")
	}
	if header.Format > format {
		return Record{}, ErrLaterFormat
	}
	var r Record
	if json.Unmarshal(data, &r) != nil || json.Unmarshal(data, &r.other) != nil {
		return Record{}, errors.New("it is not a whole record")
	}
	if r.Token != nil && r.Token.Access == "" && r.Token.Refresh == "" {
		r.Token = nil
	}
	if r.Seq > maxSeq {
		r.Seq = 0
	}
	if r.Token != nil && r.Seq == 0 {
		r.Seq = r.Token.IssuedAt.UnixMilli() // written by the first version
	}
	maps.DeleteFunc(r.other, func(field string, _ json.RawMessage) bool {
		return slices.ContainsFunc(known, func(name string) bool { return strings.EqualFold(field, name) }) // as encoding/json has it
	})
	return r, nil
}

// Encode writes r.
func (r Record) Encode() ([]byte, error) {
	data, err := json.Marshal(struct {
		Format int `json:"format"`
		Record
	}{format, r})
	if err != nil {
		return nil, fmt.Errorf("encoding a record: %T", err)
	}
	all := maps.Clone(r.other)
	_ = json.Unmarshal(data, &all) // which Marshal has written
	return json.Marshal(all)
}

// WithoutToken is r after its token was dropped. What was tried, and the holds, stay.
func (r Record) WithoutToken() Record {
	r.Token, r.Spent = nil, false
	return r
}

// IsEmpty reports whether r says nothing. That tokens had numbers says something only beside others.
func (r Record) IsEmpty() bool {
	return r.Token == nil && len(r.Holds) == 0 && r.Claim == nil && r.Attempts.IsZero() && len(r.Consumed) == 0 && len(r.other) == 0
}

const (
	margin             = 5 * time.Minute    // a record outlives what is in it by this
	unknownLifetime    = time.Hour          // of an access token whose vendor did not say
	unknownRefreshLife = 7 * 24 * time.Hour // of a refresh token
	longestTTL         = 10 * 365 * 24 * time.Hour
)

// TTL is how long r is of use: as long as the refresh token, or else the access token; to the end of a hold; and while an attempt
// counts or a secret is remembered.
func (r Record) TTL(now time.Time) time.Duration {
	var end time.Time
	if t := r.Token; t != nil {
		end = t.IssuedAt.Add(unknownLifetime)
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
	for _, h := range r.Holds {
		end = latest(end, h.Until)
	}
	if r.Claim != nil {
		end = latest(end, r.Claim.Until)
	}
	for _, row := range []Row{r.Attempts.Password, r.Attempts.Code} {
		end = latest(end, row.lastEnd().Add(Window), row.Next.Add(rowGap))
	}
	for _, c := range r.Consumed {
		end = latest(end, c.end())
	}
	return min(max(end.Sub(now), 0), longestTTL) + margin
}
