package fleet_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/gcore"
	"github.com/vendorlogin/vendorlogin/totp"
	"github.com/vendorlogin/vendorlogin/vendortest"
)

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

	// StopAt is a step of a renewal in which the process stays until it is killed, or told to go on: "locked", "marked", "answered",
	// "saved".
	StopAt string

	TOTP string // an authenticator's secret
}

// An order tells a worker to do something; its answer is a line of JSON.
type order string

const (
	orderCall order = "call"  // the vendor's API
	orderLoop order = "loop"  // ask for a token again and again, until the next order
	orderStop order = "stop"  // looping
	orderGoOn order = "go on" // from where StopAt has stopped it
	orderCode order = "code"  // of the authenticator
)

// An answer is what a worker says.
type answer struct {
	At string // "ready"; an order that has begun; a step in which it stays; else it is done

	Err         string
	Credentials bool // the error is about wrong credentials
	RetryAt     time.Time
	Took        time.Duration
	Expires     time.Time // of the token
	Expired     bool      // it had expired when it was handed out
	Access      string
	Refresh     string

	Calls, Refused int // of a loop

	Code string
}

type worker struct {
	job    job
	client *vendorlogin.Client
	api    *http.Client
	codes  *totp.Source
	goOn   chan struct{} // gets what orderGoOn is
	gone   chan struct{} // closed when the input has ended

	mu  sync.Mutex
	out *json.Encoder
}

// work is the main function of a worker.
func work(in io.Reader, out io.Writer) int {
	w := &worker{goOn: make(chan struct{}, 1), gone: make(chan struct{}), out: json.NewEncoder(out)}
	input := json.NewDecoder(in)
	if err := errors.Join(input.Decode(&w.job), w.prepare()); err != nil {
		fmt.Fprintln(os.Stderr, "worker:", err)
		return 1
	}
	orders := make(chan order)
	go w.listen(input, orders)
	w.say(answer{At: "ready"})
	for o := range orders {
		w.say(answer{At: string(o)})
		w.say(w.obey(o, orders))
	}
	if err := w.client.Close(); err != nil {
		fmt.Fprintln(os.Stderr, "worker:", err)
		return 1
	}
	return 0
}

func (w *worker) listen(input *json.Decoder, orders chan<- order) {
	defer close(orders)
	defer close(w.gone)
	for {
		var o order
		switch input.Decode(&o); o {
		case "":
			return
		case orderGoOn:
			w.goOn <- struct{}{}
		default:
			orders <- o
		}
	}
}

func (w *worker) prepare() error {
	password := w.job.Password
	if password == "" {
		password = vendortest.DefaultPassword
	}
	auth, err := gcore.New(gcore.Config{
		Username: vendortest.DefaultEmail, Password: vendorlogin.SecretString(password), BaseURL: w.job.BaseURL,
	})
	if err != nil {
		return err
	}
	store, err := w.job.Store.open()
	if err != nil {
		return err
	}
	w.codes, err = totp.New(vendorlogin.SecretString(w.job.TOTP), &totp.Options{Store: store, Period: time.Second})
	if err != nil {
		return err
	}
	w.client, err = vendorlogin.NewClient(&steppedVendor{auth, w}, &vendorlogin.Options{
		Store: newSteppedStore(store, w), LoginTimeout: w.job.LoginTimeout, Cooldown: w.job.Cooldown,
		RenewBefore: 10 * time.Millisecond, // so that in these tests a token is either fresh or dead
	})
	if err != nil {
		return err
	}
	w.api = w.client.HTTPClient()
	return nil
}

func (w *worker) say(a answer) {
	w.mu.Lock()
	defer w.mu.Unlock()
	_ = w.out.Encode(a)
}

func (w *worker) obey(o order, orders <-chan order) answer {
	switch o {
	case orderCall:
		return w.call()
	case orderLoop:
		return w.loop(orders)
	case orderCode:
		return w.code()
	}
	return answer{Err: "no such order"}
}

// call asks for a token and calls the API with it.
func (w *worker) call() answer {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	began := time.Now()
	token, err := w.client.Token(ctx)
	now := time.Now()
	if err != nil {
		return failed(err, now.Sub(began))
	}
	a := answer{
		Took: now.Sub(began), Expires: token.ExpiresAt, Expired: !now.Before(token.ExpiresAt),
		Access: token.Access.Reveal(), Refresh: token.Refresh.Reveal(),
	}
	resp, err := w.api.Get(w.job.APIURL)
	if err != nil {
		a.Err = err.Error()
		return a
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		a.Err = "the API says " + resp.Status
	}
	return a
}

func failed(err error, took time.Duration) answer {
	a := answer{Err: err.Error(), Credentials: errors.Is(err, vendorlogin.ErrInvalidCredentials), Took: took}
	if e, ok := errors.AsType[*vendorlogin.Error](err); ok {
		a.RetryAt = e.RetryAt
	}
	return a
}

// loop asks for a token about four times a second.
func (w *worker) loop(orders <-chan order) (all answer) {
	pace := time.NewTicker(250 * time.Millisecond)
	defer pace.Stop()
	for {
		_, err := w.client.Token(context.Background())
		all.Calls++
		if errors.Is(err, vendorlogin.ErrInvalidCredentials) {
			all.Refused++
		} else if err != nil {
			all.Err = err.Error()
		}
		select {
		case <-pace.C:
		case <-orders:
			return all
		}
	}
}

func (w *worker) code() answer {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	code, err := w.codes.OTP(ctx, vendorlogin.Challenge{Account: w.client.Authenticator().Account(), Attempt: 1})
	if err != nil {
		return answer{Err: err.Error()}
	}
	return answer{Code: code}
}

// at keeps the process in a step, the first time, if that is where it is to stop.
func (w *worker) at(step string) {
	if step != w.job.StopAt {
		return
	}
	w.job.StopAt = ""
	w.say(answer{At: step})
	select {
	case <-w.goOn:
	case <-w.gone:
		os.Exit(0)
	}
}
