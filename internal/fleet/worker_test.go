package fleet_test

import (
	"cmp"
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

type worker struct {
	job    job
	client *vendorlogin.Client
	api    *http.Client
	codes  *totp.Source
	steps  *steps
	out    *reporter

	mu       sync.Mutex
	storeErr string // what the last failure of the store said
}

// work is the main function of a worker.
func work(in io.Reader, out io.Writer) int {
	w := &worker{out: &reporter{out: json.NewEncoder(out)}}
	input := json.NewDecoder(in)
	if err := errors.Join(input.Decode(&w.job), w.prepare()); err != nil {
		fmt.Fprintln(os.Stderr, "worker:", err)
		return 1
	}
	orders := make(chan order)
	go w.listen(input, orders)
	w.out.say(report{At: "ready"})
	for o := range orders {
		w.out.say(report{At: string(o)})
		w.out.say(w.obey(o, orders))
	}
	if err := w.client.Close(); err != nil {
		fmt.Fprintln(os.Stderr, "worker:", err)
		return 1
	}
	return 0
}

func (w *worker) listen(input *json.Decoder, orders chan<- order) {
	defer close(orders)
	defer close(w.steps.gone)
	for {
		var o order
		switch input.Decode(&o); o {
		case "":
			return
		case orderGoOn:
			w.steps.goOn <- struct{}{}
		default:
			orders <- o
		}
	}
}

func (w *worker) prepare() error {
	http.DefaultTransport.(*http.Transport).DisableKeepAlives = w.job.FreshConns
	w.steps = newSteps(w.job.StopAt, w.out)
	store, err := w.job.Store.open()
	if err != nil {
		return err
	}
	w.codes, err = totp.New(vendorlogin.SecretString(w.job.TOTP), &totp.Options{Store: store, Period: w.job.Period})
	if err != nil {
		return err
	}
	config := gcore.Config{
		Username: vendortest.DefaultEmail,
		Password: vendorlogin.SecretString(cmp.Or(w.job.Password, vendortest.DefaultPassword)),
		BaseURL:  w.job.BaseURL,
	}
	if w.job.SendsCode {
		config.OTP = w.codes
	}
	auth, err := gcore.New(config)
	if err != nil {
		return err
	}
	w.client, err = vendorlogin.NewClient(&steppedVendor{auth, w.steps, w.job.BriefLogins}, &vendorlogin.Options{
		Store: newSteppedStore(store, w.steps), LoginTimeout: w.job.LoginTimeout, Cooldown: w.job.Cooldown,
		MaxAttempts: w.job.MaxAttempts, OnEvent: w.onEvent,
		RenewBefore: 10 * time.Millisecond, // so that in these tests a token is either fresh or expired
	})
	if err != nil {
		return err
	}
	w.api = w.client.HTTPClient()
	return nil
}

func (w *worker) onEvent(e vendorlogin.Event) {
	if errors.Is(e.Err, vendorlogin.ErrStore) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.storeErr = e.Err.Error()
	}
}

func (w *worker) obey(o order, orders <-chan order) report {
	switch o {
	case orderCall:
		return w.call()
	case orderLoop:
		return w.loop(orders)
	case orderCode:
		return w.code()
	case orderRenew:
		return w.renew()
	}
	return report{Err: "no such order"}
}

// call asks for a token and calls the API with it.
func (w *worker) call() report {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	began := time.Now()
	token, err := w.client.Token(ctx)
	now := time.Now()
	if err != nil {
		return failed(err, now.Sub(began))
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	a := report{
		StoreErr: w.storeErr,
		Took:     now.Sub(began), Expires: token.ExpiresAt, Expired: !now.Before(token.ExpiresAt),
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

func (w *worker) renew() report {
	began := time.Now()
	if _, err := w.client.Renew(context.Background()); err != nil {
		return failed(err, time.Since(began))
	}
	return w.call()
}

func failed(err error, took time.Duration) report {
	a := report{Err: err.Error(), Credentials: errors.Is(err, vendorlogin.ErrInvalidCredentials), Took: took}
	if e, ok := errors.AsType[*vendorlogin.Error](err); ok {
		a.RetryAt = e.RetryAt
	}
	return a
}

// loop asks for a token about four times a second.
func (w *worker) loop(orders <-chan order) (all report) {
	pace := time.NewTicker(250 * time.Millisecond)
	defer pace.Stop()
	for {
		_, err := w.client.Token(context.Background())
		all.Calls++
		if errors.Is(err, vendorlogin.ErrInvalidCredentials) {
			all.Rejected++
		} else if err != nil {
			all.Err = err.Error()
		}
		select {
		case <-pace.C:
		case <-orders:
			w.mu.Lock()
			defer w.mu.Unlock()
			all.StoreErr = w.storeErr
			return all
		}
	}
}

func (w *worker) code() report {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	code, err := w.codes.OTP(ctx, vendorlogin.Challenge{Account: w.client.Authenticator().Account(), Attempt: 1})
	if err != nil {
		return report{Err: err.Error()}
	}
	return report{Code: code}
}
