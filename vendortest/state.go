package vendortest

import (
	"slices"
	"strings"
	"time"
)

// state is what a server remembers. The server's lock guards it.
type state struct {
	opts     Options
	key      []byte // signs the HS256 tokens
	accounts map[string]*account
	access   map[string]*grant
	refresh  map[string]*grant
	pending  map[string]*pending // first steps that wait for a second

	wrongPasswords, wrongCodes, wrongMailed, resends tally

	databaseDown, idpDown bool

	windowEnd  time.Time
	windowUsed int

	counts   Counts
	problems []string
}

type account struct {
	User
	id           int
	secret       []byte         // TOTP's, decoded
	usedSteps    map[int64]bool // of TOTP
	usedRecovery map[string]bool
	usedIdPCode  bool
	mailed       string // the last code sent
	lastLogin    time.Time
}

// grant is one token handed out.
type grant struct {
	account *account
	scope   string // gmicloud's CE-ClientId, gcore's client id
	expires time.Time
	used    bool // a refresh token, exchanged
	revoked bool
}

// pending is a login between its two steps.
type pending struct {
	account *account
	expires time.Time
	second  bool   // a second factor is wanted
	code    string // gmicloud's, e-mailed last
	done    bool   // gmicloud: there is a session for it
}

func newState(o *Options, d defaults) *state {
	st := &state{
		opts:     o.withDefaults(d),
		key:      randomBytes(32),
		accounts: map[string]*account{},
		access:   map[string]*grant{},
		refresh:  map[string]*grant{},
		pending:  map[string]*pending{},
	}
	st.wrongPasswords = tally{max: st.opts.MaxFailures, window: 10 * time.Minute}
	st.wrongCodes = tally{max: st.opts.MaxOTPFailures, window: max(d.codeWindow, 5*time.Minute)}
	st.wrongMailed = st.wrongCodes
	st.resends = tally{max: st.opts.MaxResends, window: 5 * time.Minute}
	for _, u := range st.opts.Users {
		st.setUser(u)
	}
	return st
}

// now is the server's clock. Limits and lockouts run on the true one, so that
// setting the clock neither ends nor prolongs them.
func (st *state) now() time.Time { return time.Now().Add(st.opts.ClockOffset) }

func (st *state) setUser(u User) {
	secret, err := parseTOTP(u.TOTP)
	if err != nil {
		panic("vendortest: User.TOTP is not base32")
	}
	if len(secret) == 0 {
		secret = nil
	}
	u.RecoveryCodes = slices.Clone(u.RecoveryCodes)
	u.ClientIDs = slices.Clone(u.ClientIDs)
	if len(u.ClientIDs) == 0 {
		u.ClientIDs = []int{2}
	}
	key := strings.ToLower(u.Email)
	a := st.accounts[key]
	if a == nil {
		a = &account{id: 101 + len(st.accounts), usedSteps: map[int64]bool{}}
		st.accounts[key] = a
	}
	a.User, a.secret, a.usedRecovery, a.usedIdPCode = u, secret, map[string]bool{}, false
}

func (st *state) account(email string) *account { return st.accounts[strings.ToLower(email)] }

// overLimit counts a login against the rate limit, and says how long it would
// have to wait; zero: it may go on.
func (st *state) overLimit() time.Duration {
	if st.opts.RateLimit <= 0 {
		return 0
	}
	now := time.Now()
	if !now.Before(st.windowEnd) {
		st.windowEnd, st.windowUsed = now.Add(st.opts.RateWindow), 0
	}
	if st.windowUsed >= st.opts.RateLimit {
		return st.windowEnd.Sub(now)
	}
	st.windowUsed++
	return 0
}

// lockedOut says how long an address stays locked; zero: it is not.
func (st *state) lockedOut(email string) time.Duration {
	d := st.wrongPasswords.left(email)
	if d > 0 {
		st.counts.LockedOut++
	}
	return d
}

// codesLocked is lockedOut for second factors.
func (st *state) codesLocked(email string) time.Duration {
	d := st.wrongCodes.left(email)
	if d > 0 {
		st.counts.LockedOut++
	}
	return d
}

// logIn is checkPassword of an address that is not locked: those of one that is are all wrong.
func (st *state) logIn(email, password string) *account {
	if st.lockedOut(email) > 0 {
		return nil
	}
	return st.checkPassword(email, password)
}

// checkPassword is the account, or nil for a wrong one, which is tallied.
func (st *state) checkPassword(email, password string) *account {
	a := st.account(email)
	if a != nil && a.Password == password && password != "" {
		return a
	}
	st.counts.WrongPasswords++
	st.wrongPasswords.add(email)
	return nil
}

// useRecovery consumes a recovery code.
func (a *account) useRecovery(code string) bool {
	if code == "" || a.usedRecovery[code] || !slices.Contains(a.RecoveryCodes, code) {
		return false
	}
	a.usedRecovery[code] = true
	return true
}

func (st *state) wrongCode(email string) {
	st.counts.WrongOTPs++
	st.wrongCodes.add(email)
}

// checkTOTP looks for the code around this moment. once: a code that was
// accepted before is rejected.
func (st *state) checkTOTP(a *account, code string, once bool) bool {
	step := totpStep(st.now())
	for _, s := range []int64{step, step - 1, step + 1} {
		if totpCode(a.secret, s) != code {
			continue
		}
		if a.usedSteps[s] {
			st.counts.OTPReused++
			if once {
				return false
			}
		}
		a.usedSteps[s] = true
		return true
	}
	return false
}

// expiry is when a token of that lifetime issued now ends, in whole seconds where
// the lifetime is: what a JWT can say is what the server holds to.
func (st *state) expiry(life time.Duration) time.Time {
	return st.issued(life).Add(life)
}

func (st *state) issued(life time.Duration) time.Time {
	if life%time.Second != 0 {
		return st.now().Truncate(time.Millisecond)
	}
	return st.now().Truncate(time.Second)
}

func (st *state) revoke(grants map[string]*grant) {
	for _, g := range grants {
		g.revoked = true
	}
}

// refreshable says whether a refresh token may be exchanged, and counts one that
// comes again. The caller marks it used.
func (st *state) refreshable(token string) (g *grant, ok bool) {
	g = st.refresh[token]
	switch {
	case g == nil:
		return nil, false
	case g.used:
		st.counts.RefreshReused++
		return g, false
	}
	return g, !g.revoked && st.now().Before(g.expires)
}

// accept says whether an API call with that access token may pass, and counts it.
func (st *state) accept(token, scope string) (g *grant, expired bool) {
	g = st.access[token]
	if g == nil || g.revoked || g.account.Deactivated || g.scope != scope && scope != "" {
		return nil, false
	}
	if !st.now().Before(g.expires) {
		st.counts.APIExpired++
		return nil, true
	}
	st.counts.APICalls++
	return g, false
}

// tally counts events by address in a sliding window. A negative max: no limit.
type tally struct {
	max    int
	window time.Duration
	at     map[string][]time.Time
}

func (t *tally) add(email string) {
	if t.at == nil {
		t.at = map[string][]time.Time{}
	}
	key := strings.ToLower(email)
	t.at[key] = append(t.recent(key), time.Now())
}

func (t *tally) clear(email string) { delete(t.at, strings.ToLower(email)) }

func (t *tally) recent(key string) []time.Time {
	now := time.Now()
	return slices.DeleteFunc(t.at[key], func(at time.Time) bool { return now.Sub(at) >= t.window })
}

// left is the time until fewer than max events are in the window.
func (t *tally) left(email string) time.Duration {
	if t.max < 0 || t.at == nil {
		return 0
	}
	key := strings.ToLower(email)
	t.at[key] = t.recent(key)
	if len(t.at[key]) < t.max {
		return 0
	}
	return t.window - time.Since(t.at[key][len(t.at[key])-t.max])
}
