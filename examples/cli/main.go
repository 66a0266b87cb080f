// Command cli is an internal tool that logs in once, asking for the code that the vendor e-mails, and not again for as long as the
// token can be renewed. It keeps the token in an encrypted file, and prints the headers of a request in the form that curl reads, so
// that the token does not show in the list of processes:
//
//	export CLI_PASSWORD=…
//	go run ./examples/cli -email ops@example.com | curl -K - https://console.gmicloud.ai/api/v1/me/profile
//
// Without an account, go run ./examples/cli -demo plays three runs against a server of its own on 127.0.0.1. The e-mails it sends go
// to the terminal.
package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/gmicloud"
	"github.com/vendorlogin/vendorlogin/tokenstore"
)

// A tool is one run of the program.
type tool struct {
	email, baseURL, dir string
	password            vendorlogin.SecretFunc
	logout              bool

	in  *bufio.Reader // where the person types
	out io.Writer     // the headers
	ask io.Writer     // what the person reads
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	t := tool{password: vendorlogin.SecretEnv("CLI_PASSWORD"), in: bufio.NewReader(os.Stdin), out: os.Stdout, ask: os.Stderr}
	flag.StringVar(&t.email, "email", "", "who logs in")
	flag.StringVar(&t.baseURL, "url", gmicloud.DefaultBaseURL, "the vendor's base URL")
	flag.StringVar(&t.dir, "dir", "", "where to keep the token and the key; default: a folder of its own among the user's configuration")
	flag.BoolVar(&t.logout, "logout", false, "forget the token")
	demo := flag.Bool("demo", false, "play three runs against a server of our own")
	flag.Parse()

	run := t.run
	if *demo {
		run = t.demo
	}
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "cli:", err)
		os.Exit(1)
	}
}

func (t tool) run(ctx context.Context) error {
	store, err := t.store()
	if err != nil {
		return err
	}
	auth, err := gmicloud.New(gmicloud.Config{Email: t.email, Password: t.password, OTP: vendorlogin.OTPFunc(t.prompt), BaseURL: t.baseURL})
	if err != nil {
		return err
	}
	client, err := vendorlogin.NewClient(auth, &vendorlogin.Options{
		Store:        store,
		LoginTimeout: 5 * time.Minute, // a person has to find the mail
	})
	if err != nil {
		return err
	}
	defer client.Close()
	if t.logout {
		return client.Logout(ctx)
	}
	return t.printHeaders(ctx, client)
}

// printHeaders prints what the vendor wants on a request, as a configuration for curl -K.
func (t tool) printHeaders(ctx context.Context, client *vendorlogin.Client) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, t.baseURL, nil)
	if err != nil {
		return err
	}
	if err := client.Authorize(req); err != nil {
		return err
	}
	var lines []string
	for name, values := range req.Header {
		lines = append(lines, fmt.Sprintf("header = %q\n", name+": "+values[0]))
	}
	slices.Sort(lines)
	_, err = io.WriteString(t.out, strings.Join(lines, ""))
	return err
}

// prompt asks the person. An empty line asks the vendor to send the mail again.
func (t tool) prompt(ctx context.Context, c vendorlogin.Challenge) (string, error) {
	for {
		again := ""
		if c.Resend != nil {
			again = ", or nothing to have it sent again"
		}
		fmt.Fprintf(t.ask, "Code by %s for %s (attempt %d%s): ", c.Method, c.Account.Principal, c.Attempt, again)
		line, err := t.in.ReadString('\n')
		line = strings.TrimSpace(line)
		if line != "" || err != nil || c.Resend == nil {
			return line, ignoreEOF(line, err)
		}
		if err := c.Resend(ctx); err != nil {
			return "", err
		}
	}
}

func ignoreEOF(line string, err error) error {
	if line != "" && errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// store is a folder of encrypted files. The key lies beside it: what that keeps out are backups and copies of the folder, not who can
// read all of the user's files. A keyring of the system would do more.
func (t tool) store() (vendorlogin.Store, error) {
	dir := t.dir
	if dir == "" {
		config, err := os.UserConfigDir()
		if err != nil {
			return nil, err
		}
		dir = filepath.Join(config, "vendorlogin-cli")
	}
	key, err := loadKey(filepath.Join(dir, "key"))
	if err != nil {
		return nil, err
	}
	return tokenstore.NewSealed(tokenstore.NewFile(filepath.Join(dir, "tokens")), key)
}

// loadKey reads the key, or makes one on the first run.
func loadKey(path string) (tokenstore.Key, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return tokenstore.Key{}, err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, os.ErrExist) {
		text, err := os.ReadFile(path)
		if err != nil {
			return tokenstore.Key{}, err
		}
		return tokenstore.ParseKey(string(text))
	}
	if err != nil {
		return tokenstore.Key{}, err
	}
	key := tokenstore.NewKey()
	_, err = fmt.Fprintln(f, key.Reveal())
	return key, errors.Join(err, f.Close())
}
