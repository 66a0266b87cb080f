//go:build unix

package sqltest

import (
	"database/sql"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"
	_ "github.com/lib/pq"
	"github.com/stretchr/testify/require"
)

// A postgres is a PostgreSQL server of the tests' own. It listens on 127.0.0.1 alone.
type postgres struct {
	dir, programs string
	port          int
	credential    *syscall.Credential
	process       *exec.Cmd
}

// shared is the server of the tests that do no harm to it.
var shared = sync.OnceValues(startPostgres)

// needPostgres returns the shared server. Where no PostgreSQL is installed the test is skipped, or fails in CI.
func needPostgres(t *testing.T) *postgres {
	t.Helper()
	checkInstalled(t)
	p, err := shared()
	require.NoError(t, err)
	return p
}

func checkInstalled(t *testing.T) {
	t.Helper()
	if _, err := findPrograms(); err != nil {
		if ci := os.Getenv("CI"); ci != "" && ci != "false" {
			t.Fatal(err.Error() + ", which CI needs")
		}
		t.Skip(err)
	}
}

// findPrograms returns the directory of initdb and postgres.
func findPrograms() (string, error) {
	if path, err := exec.LookPath("initdb"); err == nil {
		return filepath.Dir(path), nil
	}
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if len(found) == 0 {
		return "", errors.New("PostgreSQL is not installed")
	}
	slices.Sort(found)
	return filepath.Dir(found[len(found)-1]), nil
}

func startPostgres() (*postgres, error) {
	programs, err := findPrograms()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "sqltest-")
	if err != nil {
		return nil, err
	}
	p := &postgres{dir: dir, programs: programs}
	if err := p.prepare(); err != nil {
		p.stop()
		return nil, err
	}
	if err := p.start(); err != nil {
		p.stop()
		return nil, err
	}
	return p, nil
}

// prepare makes the server's files. PostgreSQL does not run as root: root runs it as its own user, or as nobody.
func (p *postgres) prepare() (err error) {
	if os.Geteuid() == 0 {
		p.credential = serverUser()
		if err := os.Chown(p.dir, int(p.credential.Uid), int(p.credential.Gid)); err != nil {
			return err
		}
	}
	if p.port, err = freePort(); err != nil {
		return err
	}
	initdb := p.command("initdb", "-D", p.data(), "-U", "logins", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
	if output, err := initdb.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w: %s", err, output)
	}
	return nil
}

func serverUser() *syscall.Credential {
	if u, err := user.Lookup("postgres"); err == nil {
		uid, _ := strconv.ParseUint(u.Uid, 10, 32)
		gid, _ := strconv.ParseUint(u.Gid, 10, 32)
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	}
	return &syscall.Credential{Uid: 65534, Gid: 65534}
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	return l.Addr().(*net.TCPAddr).Port, l.Close()
}

func (p *postgres) data() string { return filepath.Join(p.dir, "data") }

// command is one of PostgreSQL's programs, in a process group of its own.
func (p *postgres) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(p.programs, name), args...)
	cmd.Dir = p.dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Credential: p.credential}
	endWithParent(cmd.SysProcAttr)
	return cmd
}

// start starts the server and waits until it responds.
func (p *postgres) start() error {
	log, err := os.OpenFile(filepath.Join(p.dir, "log"), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	p.process = p.command("postgres", "-D", p.data(), "-p", strconv.Itoa(p.port), "-c", "listen_addresses=127.0.0.1",
		"-c", "unix_socket_directories=", "-c", "fsync=off", "-c", "max_connections=200", "-c", "shared_buffers=16MB")
	p.process.Stdout, p.process.Stderr = log, log
	if err := p.process.Start(); err != nil {
		return err
	}
	return p.awaitReady()
}

func (p *postgres) awaitReady() (err error) {
	db, err := sql.Open("pgx", p.url(""))
	if err != nil {
		return err
	}
	defer db.Close()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if err = db.Ping(); err == nil {
			return nil
		}
	}
	text, _ := os.ReadFile(filepath.Join(p.dir, "log"))
	return fmt.Errorf("PostgreSQL does not start: %w: %s", err, text)
}

// url is for both drivers; options are added to it.
func (p *postgres) url(options string) string {
	return fmt.Sprintf("postgres://logins@127.0.0.1:%d/postgres?sslmode=disable&connect_timeout=5%s", p.port, options)
}

// kill ends the server and all its processes at once.
func (p *postgres) kill() {
	if p.process == nil {
		return
	}
	_ = syscall.Kill(-p.process.Process.Pid, syscall.SIGKILL) // the postmaster's group; its children make groups of their own
	_ = p.process.Wait()
	p.process = nil
}

func (p *postgres) stop() {
	p.kill()
	_ = os.RemoveAll(p.dir)
}

// open opens a pool that ends with the test.
func open(t *testing.T, driver, url string, connections int) *sql.DB {
	t.Helper()
	db, err := sql.Open(driver, url)
	require.NoError(t, err)
	db.SetMaxOpenConns(connections)
	t.Cleanup(func() { _ = db.Close() })
	return db
}
