package loginhttp

import "time"

const (
	// clockTolerance is how far the vendor's clock may be from the local one before times are corrected: a Date has whole seconds.
	clockTolerance = 2 * time.Second

	// reusedTokenAge is how old a token may be, by its iat, for the difference to be the local clock's. Some vendors give the same
	// token again; one with an older iat is taken for such.
	reusedTokenAge = 15 * time.Minute

	// roughAgreement is how far a Date may be off and still tell that a token with a far older iat was given again.
	roughAgreement = time.Minute
)

// clockSkew is by how much the clock that a token's times are by is ahead of the local one; 0 where they agree, or nobody knows.
// Three clocks tell: the local one, the response's Date and the token's iat. The Date is often that of another machine than the
// one that issues tokens, so the iat counts for more.
func (a *Answer) clockSkew(token claims) time.Duration {
	date, hasDate := serverDate(a.Header)
	ahead := token.iat.Sub(a.SentAt)
	switch {
	case a.SentAt.IsZero():
		return 0
	case token.iat.IsZero():
		return a.skewByDate(date, hasDate)
	case a.duringExchange(token.iat):
		return 0
	case !hasDate:
		return a.skewByToken(token)
	case a.duringExchange(date):
		return max(ahead, 0) // an older token is one given again, but none is issued in the future
	case ahead < -reusedTokenAge && date.Sub(a.SentAt).Abs() <= roughAgreement:
		return date.Sub(a.SentAt) // given again too
	}
	return ahead // so that the token lasts exp - iat, whether the Date agrees with the iat or with nobody
}

func (a *Answer) skewByDate(date time.Time, hasDate bool) time.Duration {
	if !hasDate || a.duringExchange(date) {
		return 0
	}
	return date.Sub(a.SentAt)
}

// skewByToken takes a token's iat for the vendor's time: no token is issued in the future, and one issued just now is not issued
// long ago.
func (a *Answer) skewByToken(token claims) time.Duration {
	ahead := token.iat.Sub(a.SentAt)
	if ahead < -reusedTokenAge && token.exp.After(a.SentAt) {
		return 0
	}
	return ahead
}

// duringExchange reports whether t, by the vendor's clock, lies between request and response by the local one.
func (a *Answer) duringExchange(t time.Time) bool {
	earliest := a.SentAt.Truncate(time.Second).Add(-clockTolerance)
	latest := a.received().Add(clockTolerance)
	return !t.Before(earliest) && !t.After(latest)
}
