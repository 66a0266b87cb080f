// Package vendorlogin logs in to vendors whose APIs want an e-mail and a password first, and keeps the token fresh.
//
// An [Authenticator] knows one vendor: how to ask for a token, and what its responses mean. The packages beside this one have one for each
// of five vendors; package loginspec makes one from a description. A [Client] over it keeps one token: cached, renewed before it expires,
// shared with other processes through a [Store], put on requests by [Client.HTTPClient].
//
//	auth, err := gcore.New(gcore.Config{Username: "ops@example.com", Password: vendorlogin.SecretEnv("GCORE_PASSWORD")})
//	client, err := vendorlogin.NewClient(auth, nil)
//	defer client.Close()
//	resp, err := client.HTTPClient().Get("https://api.gcore.com/iam/clients/me")
//
// # Words
//
//   - Login: the credentials are exchanged for a token. Refresh: a refresh token is exchanged for a token. Renew: refresh or, where
//     that cannot be done, log in.
//   - Fresh: the cached token is handed out. Stale: it is handed out, and renewed in the background. Expired: callers wait for a token.
//   - Code: a one-time password (OTP), by TOTP, e-mail or SMS.
//   - Hold: nothing is sent until a time. A valid token is still handed out. Without one, callers get the [*Error] that began the
//     hold, marked as Remembered, with RetryAt as its end.
//   - Attempt: one login that sends a password, in however many requests, or one code that is sent. It is counted before. The count is
//     taken back if it brought a valid token, or the vendor certainly did not act on it: no connection came about, or it responded 429, 503
//     with a Retry-After, 407, 421 or 425. A login that ends because no usable code was given counts too, even where nothing was sent.
//   - Probe: while a Client is on hold, a call may start one, and all callers share it. After rejected credentials it reads them, at most
//     every 5 seconds. With a Store a call also reads the record: the first call on hold at once, later ones no sooner than 5, then 10,
//     then 15 seconds after the read before. It sends nothing to the vendor. Changed credentials end the hold. A token in the Store is
//     taken and handed out; it ends the hold too, unless the hold follows from rejected credentials, code, account or request. Neither ends
//     it before a Retry-After is over.
//   - Outage: a login or refresh had no response, a 5xx, or a 4xx other than 401 and 429 whose body is not the vendor's, such as a
//     maintenance page. An HTML page with a 2xx is no outage, but [ErrBadResponse].
//   - Record: what the users of a Store share about an account: the token, whether its refresh token was sent, holds, attempts, and
//     fingerprints of the codes and other single-use secrets that were sent.
//   - Rejected: the vendor said no. A token that an API rejected stays cached until a renewal brings another, or until the vendor also
//     rejects the refresh token, the credentials, a code or the account.
//
// # States
//
// Three facts decide most calls; what went wrong before is kept beside them. The cached token:
//
//	none ──login──▶ fresh ──time──▶ stale ──time──▶ expired
//	                  ▲               │               │
//	                  └──── renewed ──┴───────────────┘
//
// the renewal under way, one at a time, on a context of its own, so that whoever began it may leave:
//
//	none ──▶ under way ──▶ settled: callers get the outcome ──▶ lock released
//
// and the hold:
//
//	none ──▶ on hold ──▶ over: by time, by changed credentials; by another process's token, unless the vendor rejected something
//
// What a call of [Client.Token] does:
//
//	             no hold                        on hold
//	fresh        return the token               return the token
//	stale        return it, renew once          return it, probe
//	expired      wait for the renewal           return the hold's error, probe
//
// # The order of a renewal
//
//	load the record ──▶ a fresher token? take it. A hold? return its error.
//	wait for the turn, where Options.Pacer spreads the logins of many accounts
//	take the Store's lock; while others have it, load again
//	load again ──▶ as above
//	write what is about to be sent: the refresh token is consumed, or an attempt is under way
//	refresh; where there is no refresh token or the vendor rejects it, log in
//	save the token, or what failed
//	hand out the outcome
//	unlock
//
// Each write is a compare-and-set: a conflict means that another process has moved on, and nothing is sent before the record is read again.
// So a rotating refresh token is not sent again once the vendor may have acted on it, whichever process is paused or killed, unless the
// Store falls back to an older record (a restored backup, or a failover that lost writes), or somebody seeds it again.
//
// # Never locked out
//
// A wrong password is sent once; then the Client, and every other user of its Store, is on hold until the password changes, [Client.Renew]
// or [Client.Seed] is called, or [Options.Cooldown] is over. Only where a person gave a code in that login, the others are not. Whatever a
// vendor returns, an account makes at most 4 unsuccessful attempts with a password in any 10 minutes, and 4 with a code, without a success
// between them: see [Options.MaxAttempts]. A login that the vendor turned away, such as by a 429, is no attempt, but the waits between such
// logins grow. A hold is not waited for: without a valid token a call fails at once, with RetryAt. [Client.WaitToken] waits.
//
// Without a Store each Client counts its own attempts, and a restarted process begins anew. A file store on a volume that outlives the
// process prevents that. With a Store the count is that of the record: one for each [Options.Namespace] and [Account]. Two Accounts
// that are one user of the vendor's have two.
package vendorlogin
