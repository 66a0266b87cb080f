//go:build unix

package sqltest

import (
	"bufio"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/tokenstore/sqlstore"
)

// A job is what a worker process does: some Clients of each account ask for tokens until the process is told to stop.
type job struct {
	Driver, URL, Table, Vendor string
	Dialect                    sqlstore.Dialect
	Timeout                    time.Duration // of the store; 0: the default
	Accounts, Clients          int           // Clients of each account
}

// A report is what became of it.
type report struct {
	Calls, Failed int
	Errors        []string // the first ones
	StoreFailures int
}

func (j job) store() (*sql.DB, *sqlstore.Store, error) {
	db, err := sql.Open(j.Driver, j.URL)
	if err != nil {
		return nil, nil, err
	}
	return db, sqlstore.New(db, j.Dialect, &sqlstore.Options{Table: j.Table, Timeout: j.Timeout}), nil
}

// work is the main function of a worker.
func work() error {
	var j job
	if err := json.Unmarshal([]byte(os.Getenv(childMode)), &j); err != nil {
		return err
	}
	db, store, err := j.store()
	if err != nil {
		return err
	}
	defer db.Close()
	ctx, stop := context.WithCancel(context.Background())
	go func() {
		_, _ = io.ReadAll(os.Stdin)
		stop()
	}()
	var mu sync.Mutex
	var r report
	var group sync.WaitGroup
	for i := range j.Accounts * j.Clients {
		client, err := vendorlogin.NewClient(newAuthenticator(j.Vendor, i%j.Accounts), &vendorlogin.Options{
			Store: store,
			OnEvent: func(e vendorlogin.Event) {
				mu.Lock()
				defer mu.Unlock()
				if e.Type == vendorlogin.EventStore {
					r.StoreFailures++
				}
			},
		})
		if err != nil {
			return err
		}
		group.Go(func() {
			defer client.Close()
			for ; ctx.Err() == nil; time.Sleep(20 * time.Millisecond) {
				_, err := client.Token(context.Background())
				mu.Lock()
				r.Calls++
				if err != nil {
					r.Failed++
				}
				if err != nil && r.Failed <= 5 {
					r.Errors = append(r.Errors, fmt.Sprintf("%s %v", time.Now().Format("05.000"), err))
				}
				mu.Unlock()
			}
		})
	}
	fmt.Println("started")
	group.Wait()
	return json.NewEncoder(os.Stdout).Encode(r)
}

// A worker is such a process.
type worker struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

func startWorker(t *testing.T, j job) *worker {
	t.Helper()
	text, err := json.Marshal(j)
	require.NoError(t, err)
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childMode+"="+string(text), "GORACE=atexit_sleep_ms=0")
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{}
	endWithParent(cmd.SysProcAttr)
	in, err := cmd.StdinPipe()
	require.NoError(t, err)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	w := &worker{cmd, in, bufio.NewReader(out)}
	t.Cleanup(w.kill)
	line, err := w.out.ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, "started\n", line)
	return w
}

func (w *worker) kill() {
	_ = w.cmd.Process.Kill()
	_ = w.cmd.Wait()
}

// finish ends the worker and returns what it did.
func (w *worker) finish(t *testing.T) (r report) {
	t.Helper()
	require.NoError(t, w.in.Close())
	require.NoError(t, json.NewDecoder(w.out).Decode(&r))
	assert.NoError(t, w.cmd.Wait())
	return r
}

func createTable(t *testing.T, j job) {
	t.Helper()
	db, store, err := j.store()
	require.NoError(t, err)
	require.NoError(t, store.CreateTable(t.Context()))
	require.NoError(t, db.Close())
}
