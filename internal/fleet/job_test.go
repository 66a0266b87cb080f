package fleet_test

import "time"

// A job is what a worker is told at first, as JSON on its standard input. Orders follow; the end of the input ends the process.
type job struct {
	BaseURL, APIURL string // the vendor
	Password        string // empty: the right one
	Store           access
	LoginTimeout    time.Duration
	Cooldown        time.Duration

	// BriefLogins is how many of this process's first logins give a token that lives for briefLife only, as far as the processes
	// know. All others live as the vendor says.
	BriefLogins int

	// StopAt is a step of a renewal in which the process stays until it is killed, or told to go on: "locked", "marked", "responded",
	// "saved".
	StopAt string

	TOTP      string        // a TOTP secret
	Period    time.Duration // of its codes
	SendsCode bool          // a login sends one

	MaxAttempts int

	// FreshConns says that each request has a connection of its own: on one that was kept alive and is dead, nobody knows what was sent.
	FreshConns bool
}

// An order tells a worker to do something; its report is a line of JSON.
type order string

const (
	orderCall  order = "call"  // the vendor's API
	orderLoop  order = "loop"  // ask for a token again and again, until the next order
	orderStop  order = "stop"  // looping
	orderGoOn  order = "go on" // from where StopAt has stopped it
	orderCode  order = "code"  // of a TOTP secret
	orderRenew order = "renew" // the token
)

// A report is what a worker says.
type report struct {
	At string // "ready"; an order that has begun; a step in which it stays; else it is done

	Err         string
	Credentials bool // the error is about wrong credentials
	RetryAt     time.Time
	Took        time.Duration
	Expires     time.Time // of the token
	Expired     bool      // it had expired when it was handed out
	Access      string
	Refresh     string

	Calls, Rejected int // of a loop

	StoreErr string // what the store failed with last

	Code string
}
