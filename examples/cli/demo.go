package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/vendortest"
)

// demo runs the tool three times. The first run asks: the person mistypes the code that was mailed, and then types it correctly. The
// other runs ask nothing.
func (t tool) demo(ctx context.Context) error {
	server := vendortest.NewGMICloud(&vendortest.Options{
		Users: []vendortest.User{{Email: vendortest.DefaultEmail, Password: vendortest.DefaultPassword, EmailCode: true}},
	}).Start()
	defer server.Close()
	dir, err := os.MkdirTemp("", "vendorlogin-cli-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)

	t.email, t.baseURL, t.dir = vendortest.DefaultEmail, server.URL, dir
	t.password = vendorlogin.SecretString(vendortest.DefaultPassword)
	for _, run := range []string{"first", "second", "third"} {
		var headers bytes.Buffer
		t.in, t.out = bufio.NewReader(&mailReader{server: server, echo: t.ask}), &headers
		fmt.Fprintf(t.ask, "\nThe %s run:\n", run)
		if err := t.run(ctx); err != nil {
			return err
		}
		if !strings.Contains(headers.String(), "Authorization: Bearer ") {
			return errors.New("no Authorization header was printed")
		}
		counts := server.Counts()
		if counts.Logins != 1 || counts.OTPs != 1 {
			return fmt.Errorf("the %s run: %d logins and %d codes", run, counts.Logins, counts.OTPs)
		}
		fmt.Fprintf(t.ask, "printed %d headers; the server has seen %d login, %d code\n",
			strings.Count(headers.String(), "\n"), counts.Logins, counts.OTPs)
	}
	return nil
}

// A mailReader simulates a person who reads the mail and types its code, wrongly at the first attempt.
type mailReader struct {
	server *vendortest.Server
	echo   io.Writer
	typed  int
}

func (m *mailReader) Read(p []byte) (int, error) {
	code := m.server.Code(vendortest.DefaultEmail)
	if m.typed++; m.typed == 1 {
		code = "000000"
	}
	fmt.Fprintln(m.echo, code)
	return copy(p, code+"\n"), nil
}
