// Command fleet shows that many processes share one login, whatever happens to one of them or to Redis.
//
//	go run ./examples/fleet -procs 8
//
// It starts one server on 127.0.0.1 that behaves like gcore, whose refresh tokens may be used once; one Redis, the machine's own
// redis-server or, where there is none, one in this process; and eight processes that call the vendor's API every 50 milliseconds.
// Tokens are valid for 5 seconds. After a third of the time it kills a process in the worst moment: the vendor has taken its
// refresh token, and the response is still on the way. After two thirds it kills Redis and starts it again, empty.
//
// In the end it prints what the processes say, and what the server has counted. The exit status is 1 if a refresh token was presented
// twice, if an expired token was seen, or if a process that was not killed saw an error.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"text/tabwriter"
	"time"

	"github.com/vendorlogin/vendorlogin/internal/redistest"
	"github.com/vendorlogin/vendorlogin/tokenstore"
	"github.com/vendorlogin/vendorlogin/vendortest"
)

func main() {
	role := command
	if os.Getenv(workerRole) != "" {
		role = work
	}
	if err := role(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "fleet:", err)
		os.Exit(1)
	}
}

// command is the main function of the program that a person starts.
func command(_ io.Reader, out io.Writer) error {
	var s settings
	flag.IntVar(&s.procs, "procs", 8, "how many processes")
	flag.DurationVar(&s.length, "for", 30*time.Second, "how long")
	flag.DurationVar(&s.lifetime, "lifetime", 5*time.Second, "of a token")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return run(ctx, s, out)
}

type settings struct {
	procs            int
	length, lifetime time.Duration
}

func (s settings) check() error {
	if s.procs < 2 || s.lifetime < 2*time.Second || s.length < 2*s.lifetime {
		return errors.New("it takes at least 2 processes, tokens of 2s or more, and twice a token's lifetime")
	}
	return nil
}

// A fleet is all that runs.
type fleet struct {
	settings
	out       io.Writer
	began     time.Time
	vendor    *vendortest.Server
	redis     *redistest.Server
	processes []*process
}

func run(ctx context.Context, s settings, out io.Writer) error {
	if err := s.check(); err != nil {
		return err
	}
	redis, err := redistest.Launch()
	if err != nil {
		return err
	}
	defer redis.Stop()
	vendor := vendortest.NewGcore(&vendortest.Options{AccessLife: s.lifetime}).Start()
	defer vendor.Close()

	f := &fleet{settings: s, out: out, began: time.Now(), vendor: vendor, redis: redis}
	fmt.Fprintf(out, "%d processes, one account, tokens of %v, %v in all; Redis: %s\n", s.procs, s.lifetime, s.length, redis.Kind())
	err = f.start()
	if err == nil {
		err = f.perform(ctx)
	}
	err = errors.Join(err, f.stop())
	return errors.Join(err, f.printProcesses(), f.printServer(), f.judge())
}

func (f *fleet) start() error {
	j := job{BaseURL: f.vendor.URL, APIURL: f.vendor.APIURL(), Redis: f.redis.Addr, Key: tokenstore.NewKey().Reveal(), Lifetime: f.lifetime}
	for i := range f.procs {
		p, err := start(i+1, j)
		if err != nil {
			return err
		}
		f.processes = append(f.processes, p)
	}
	return nil
}

// stop ends every process, side by side.
func (f *fleet) stop() error {
	results := make(chan error)
	for _, p := range f.processes {
		go func() {
			err := p.stop()
			if err != nil {
				err = fmt.Errorf("process %d: %w", p.number, err)
			}
			results <- err
		}()
	}
	var all error
	for range f.processes {
		all = errors.Join(all, <-results)
	}
	return all
}

// perform is the programme: a third in peace, a kill, a Redis that is restarted.
func (f *fleet) perform(ctx context.Context) error {
	if err := f.until(ctx, f.length/3); err != nil {
		return err
	}
	if err := f.killHolder(ctx); err != nil {
		return err
	}
	if err := f.until(ctx, f.length*2/3); err != nil {
		return err
	}
	if err := f.redis.Restart(); err != nil {
		return err
	}
	f.say("killed Redis and started it again, empty")
	return f.until(ctx, f.length)
}

// until waits for a moment of the programme.
func (f *fleet) until(ctx context.Context, moment time.Duration) error {
	select {
	case <-time.After(time.Until(f.began.Add(moment))):
		return nil
	case <-ctx.Done():
		return errors.New("interrupted")
	}
}

// killHolder makes the vendor slow to respond to the next refresh, and kills the process that waits for it. The vendor has rotated the
// refresh token by then: the one in Redis is consumed, its successor is lost.
func (f *fleet) killHolder(ctx context.Context) error {
	f.vendor.Inject(vendortest.Fault{Op: "refresh", AfterProcessing: true, Delay: f.lifetime})
	ctx, cancel := context.WithTimeout(ctx, 2*f.lifetime)
	defer cancel()
	for ctx.Err() == nil {
		if p := f.refreshing(); p != nil && f.vendor.Counts().Faulted > 0 {
			p.kill()
			f.say(fmt.Sprintf("killed process %d, which had the lock and waited for the vendor's response to its refresh", p.number))
			return nil
		}
		time.Sleep(5 * time.Millisecond)
	}
	return errors.New("there was no process to kill while it refreshed")
}

func (f *fleet) refreshing() *process {
	for _, p := range f.processes {
		if last, _ := p.said(); last.Asking == "refresh" {
			return p
		}
	}
	return nil
}

func (f *fleet) say(what string) {
	fmt.Fprintf(f.out, "%5.1fs  %s\n", time.Since(f.began).Seconds(), what)
}

func (f *fleet) printProcesses() error {
	w := tabwriter.NewWriter(f.out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "process\tcalls\terrors\tlongest wait\tlogged in\trefreshed\tadopted\t")
	for _, p := range f.processes {
		last, killed := p.said()
		note := ""
		if killed {
			note = "  killed"
		}
		fmt.Fprintf(w, "%d\t%d\t%d\t%v\t%d\t%d\t%d\t%s\n", p.number, last.Calls, last.Errors, last.LongestWait.Round(time.Millisecond),
			last.LoggedIn, last.Refreshed, last.Adopted, note)
	}
	return w.Flush()
}

func (f *fleet) printServer() error {
	c := f.vendor.Counts()
	w := tabwriter.NewWriter(f.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "the server has counted")
	for _, row := range []struct {
		what  string
		count int
	}{
		{"calls", c.APICalls},
		{"logins", c.Logins},
		{"refreshes", c.Refreshes},
		{"refresh tokens presented twice", c.RefreshReused},
		{"expired tokens seen", c.APIExpired},
		{"errors", serverErrors(c)},
	} {
		fmt.Fprintf(w, "  %s\t%d\n", row.what, row.count)
	}
	return w.Flush()
}

// serverErrors are the requests that the server rejected, for whatever reason.
func serverErrors(c vendortest.Counts) int {
	return c.APIRejected + c.RefreshesRejected + c.WrongPasswords + c.RateLimited + c.LockedOut + c.Invalid
}

// judge says what must not have happened.
func (f *fleet) judge() error {
	var all []error
	c := f.vendor.Counts()
	if c.RefreshReused > 0 {
		all = append(all, errors.New("a refresh token was presented twice"))
	}
	if c.APIExpired > 0 {
		all = append(all, errors.New("an expired token was seen"))
	}
	for _, p := range f.processes {
		if last, killed := p.said(); last.Errors > 0 && !killed {
			all = append(all, fmt.Errorf("process %d saw an error: %s", p.number, last.LastError))
		}
	}
	return errors.Join(all...)
}
