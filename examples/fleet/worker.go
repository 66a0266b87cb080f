package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"time"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/gcore"
	"github.com/vendorlogin/vendorlogin/vendortest"
)

// A job is what a process is told, as JSON on its standard input. When that input ends, so does the process: it cannot outlive the
// program that started it.
type job struct {
	BaseURL, APIURL string        // the vendor
	Redis           string        // address
	Key             string        // what the records in Redis are encrypted with
	Lifetime        time.Duration // of a token
}

// A report is what a process says, one JSON object a line on its standard output: whenever it begins or ends to ask the vendor for a
// token, and at its end.
type report struct {
	Asking      string // "login", "refresh", or "" for nothing
	Calls       int
	Errors      int
	LastError   string
	LongestWait time.Duration

	// By OnEvent: where this process's tokens came from.
	LoggedIn, Refreshed, Adopted int
}

// A worker is the process: a program that calls the vendor's API all day, and has nothing to do with logging in.
type worker struct {
	mu  sync.Mutex
	now report
	out *json.Encoder
}

// work is the main function of a process.
func work(in io.Reader, out io.Writer) error {
	signal.Ignore(os.Interrupt) // from a terminal it reaches every process; who started this one ends it in good order
	var j job
	input := json.NewDecoder(in)
	if err := input.Decode(&j); err != nil {
		return err
	}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	go func() {
		_ = input.Decode(new(any)) // returns when the input ends
		stop()
	}()

	w := &worker{out: json.NewEncoder(out)}
	client, err := w.newClient(j)
	if err != nil {
		return err
	}
	w.callUntil(ctx, &http.Client{Transport: client.Transport(nil), Timeout: 10 * time.Second}, j.APIURL)
	err = client.Close()
	w.say("")
	return err
}

// newClient is all that it takes to share a login.
//
// The two times are the only thing to think about. Where a process is killed during a refresh, the others wait for half of
// LoginTimeout, and then one of them logs in. That should be over while the old token is still valid, or callers wait too: choose half
// of LoginTimeout well below RenewBefore. The defaults, 30 seconds and 5 minutes, suit tokens that are valid for an hour. For
// tokens of 5 seconds it is 1.5 and 2.5 seconds here.
func (w *worker) newClient(j job) (*vendorlogin.Client, error) {
	auth, err := gcore.New(gcore.Config{
		Username: vendortest.DefaultEmail,
		Password: vendorlogin.SecretString(vendortest.DefaultPassword),
		BaseURL:  j.BaseURL,
	})
	if err != nil {
		return nil, err
	}
	store, err := openStore(j.Redis, j.Key)
	if err != nil {
		return nil, err
	}

	return vendorlogin.NewClient(announced{auth, w}, &vendorlogin.Options{
		Store:        store,
		RenewBefore:  min(j.Lifetime/2, 5*time.Minute),
		LoginTimeout: min(j.Lifetime*3/10, 30*time.Second),
		OnEvent:      w.onEvent,
	})
}

// callUntil calls the vendor's API about every 50 milliseconds until ctx ends.
func (w *worker) callUntil(ctx context.Context, client *http.Client, url string) {
	pace := time.NewTicker(50 * time.Millisecond)
	defer pace.Stop()
	for ctx.Err() == nil {
		began := time.Now()
		err := call(client, url)
		w.count(time.Since(began), err)
		select {
		case <-pace.C:
		case <-ctx.Done():
		}
	}
}

func call(client *http.Client, url string) error {
	resp, err := client.Get(url)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("the API says %s", resp.Status)
	}
	_, err = io.Copy(io.Discard, resp.Body)
	return err
}

func (w *worker) count(took time.Duration, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now.Calls++
	w.now.LongestWait = max(w.now.LongestWait, took)
	if err != nil {
		w.now.Errors++
		w.now.LastError = err.Error()
	}
}

func (w *worker) onEvent(e vendorlogin.Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case e.Err != nil:
	case e.Type == vendorlogin.EventLogin:
		w.now.LoggedIn++
	case e.Type == vendorlogin.EventRefresh:
		w.now.Refreshed++
	case e.Type == vendorlogin.EventAdopt:
		w.now.Adopted++
	}
}

// say sends the report.
func (w *worker) say(asking string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now.Asking = asking
	_ = w.out.Encode(w.now)
}

// announced is an Authenticator that says when it asks the vendor, so that the program knows whom to kill: who asks has the lock.
type announced struct {
	*gcore.Authenticator
	worker *worker
}

func (a announced) Login(ctx context.Context) (*vendorlogin.Token, error) {
	a.worker.say("login")
	defer a.worker.say("")
	return a.Authenticator.Login(ctx)
}

func (a announced) Refresh(ctx context.Context, old *vendorlogin.Token) (*vendorlogin.Token, error) {
	a.worker.say("refresh")
	defer a.worker.say("")
	return a.Authenticator.Refresh(ctx, old)
}
