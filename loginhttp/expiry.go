package loginhttp

import (
	"encoding/json"
	"time"
)

// Expiry is when a token expires, in local time. It is a hint for scheduling: nothing is verified.
//
// It is the earlier of field, the vendor's own expiry field as it stands in the response, and of the exp of jwt, the token, among
// those after SentAt. A field without time zone that is past says nothing where jwt says nothing either: the zero time, not
// known. With both past the token has expired on arrival, and the result says so. Where neither can be read, the token expires
// life after SentAt; with life 0 that is not known. A nil field and an empty jwt are not read.
//
// A field is a number, quoted or not: a lifetime in seconds up to 1e9, above it Unix time in seconds, from 1e11 on in
// milliseconds. Or it is a text: a lifetime as in "3600s" or "1h30m", or as days, hours and minutes in "0:30:00"; a time as in RFC
// 3339, also with a blank in the middle, without seconds, with an offset of hours alone, or without one, which means UTC; or a date
// as in HTTP. Anything else, and what cannot be a lifetime, counts as missing.
//
// Times are corrected where the vendor's clock differs from the local one, by the token's iat and the response's Date.
func (a *Answer) Expiry(field json.RawMessage, jwt string, life time.Duration) time.Time {
	token, isJWT := readClaims(jwt)
	skew := a.clockSkew(token)
	told, isTold := readExpiryField(field)
	if told.lifetime > 0 && a.SentAt.IsZero() { // an Answer made by hand: from when?
		isTold = false
	}

	var ends []time.Time
	if isTold {
		ends = append(ends, told.after(a.SentAt, skew))
	}
	if isJWT {
		ends = append(ends, token.exp.Add(-skew))
	}
	if end, ok := earliestAfter(a.SentAt, ends); ok {
		return end.Round(0)
	}
	switch {
	case isJWT:
		return ends[len(ends)-1].Round(0)
	case isTold && told.naive:
		return time.Time{}
	case isTold:
		return ends[0].Round(0)
	case life > 0 && !a.SentAt.IsZero():
		return a.SentAt.Add(life).Round(0)
	}
	return time.Time{}
}

// earliestAfter is the first of the times that are after start.
func earliestAfter(start time.Time, times []time.Time) (first time.Time, ok bool) {
	for _, t := range times {
		if t.After(start) && (!ok || t.Before(first)) {
			first, ok = t, true
		}
	}
	return first, ok
}
