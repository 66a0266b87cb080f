// Package redistest starts Redis servers for tests and examples: a real one, from the redis-server in PATH, and where there is none
// a server in this process. They listen on 127.0.0.1, keep nothing on disk, and end with the program.
package redistest

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"github.com/alicebob/miniredis/v2"
)

const (
	startLimit = 15 * time.Second
	startTries = 5 // another process may take the free port first
)

var errInProcess = errors.New("redistest: a server in this process cannot do that")

// A Server is one Redis server. Its methods may be called by several goroutines.
type Server struct {
	Addr string // host:port; stays the same across restarts

	mu      sync.Mutex
	dir     string
	config  string // path of a configuration file; empty: none
	args    []string
	process *exec.Cmd            // nil: not running, or in this process
	ended   chan struct{}        // closed when process has
	inside  *miniredis.Miniredis // nil: a real one
	running bool
}

// Installed reports whether there is a redis-server in PATH.
func Installed() bool {
	_, err := exec.LookPath("redis-server")
	return err == nil
}

// Launch starts a redis-server where one is installed, else a server in this process. args are added to the command line of a real
// one. End it with Stop.
func Launch(args ...string) (*Server, error) {
	if !Installed() {
		return LaunchInProcess()
	}
	return launchReal("", append(forgetful(), args...))
}

// forgetful makes a server keep nothing on disk.
func forgetful() []string { return []string{"--save", "", "--appendonly", "no"} }

// LaunchInProcess starts a server in this process.
func LaunchInProcess() (*Server, error) {
	s := &Server{inside: miniredis.NewMiniRedis(), running: true}
	s.inside.ClockTTL(true)
	if err := s.inside.Start(); err != nil {
		return nil, err
	}
	s.Addr = s.inside.Addr()
	return s, nil
}

func launchReal(config string, args []string) (s *Server, err error) {
	for range startTries {
		s, err = newReal(config, args)
		if err != nil {
			return nil, err
		}
		if err = s.start(); err == nil {
			return s, nil
		}
		_ = os.RemoveAll(s.dir)
	}
	return nil, err
}

func newReal(config string, args []string) (*Server, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "redistest-")
	if err != nil {
		return nil, err
	}
	return &Server{Addr: net.JoinHostPort("127.0.0.1", strconv.Itoa(port)), dir: dir, config: config, args: args}, nil
}

// freePort finds a port that is free together with the one 10,000 above, which a cluster's nodes talk on. It stays out of the range
// that systems take ports for outgoing connections from: a server that is restarted wants its own port back.
func freePort() (int, error) {
	for range 100 {
		port := 15000 + rand.IntN(7000)
		if free(port) && free(port+10000) {
			return port, nil
		}
	}
	return 0, errors.New("redistest: no free port found")
}

func free(port int) bool {
	l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return false
	}
	return l.Close() == nil
}

// Real reports whether it is a redis-server, and not a server in this process.
func (s *Server) Real() bool { return s.inside == nil }

// Kind says in words what it is.
func (s *Server) Kind() string {
	if s.Real() {
		return "redis-server on " + s.Addr
	}
	return "in-process server on " + s.Addr
}

// Restart starts the server again, empty, on the same address. One that runs is killed first.
func (s *Server) Restart() error {
	s.Kill()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.inside != nil {
		s.inside.FlushAll()
		s.running = true
		return s.listenAgain()
	}
	return s.start()
}

// listenAgain takes the port again. Somebody's connection may have it for a moment, as the port of its own side.
func (s *Server) listenAgain() (err error) {
	for began := time.Now(); time.Since(began) < 10*time.Second; time.Sleep(20 * time.Millisecond) {
		if err = s.inside.Restart(); err == nil {
			return nil
		}
	}
	return err
}

// Kill ends the server at once, without a word to its clients. On one that does not run it does nothing.
func (s *Server) Kill() {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.inside != nil && s.running:
		s.inside.Close()
		s.running = false
	case s.process != nil:
		_ = s.process.Process.Kill()
		<-s.ended
		s.process = nil
	}
}

// Stop ends the server and removes its directory.
func (s *Server) Stop() {
	s.Kill()
	if s.dir != "" {
		_ = os.RemoveAll(s.dir)
	}
}

// Pause makes the server stop responding, while connections to it stay open and can still be made: SIGSTOP. Only a real one can be
// paused, and not on Windows.
func (s *Server) Pause() error { return s.signal(pauseProcess) }

// Resume ends a Pause.
func (s *Server) Resume() error { return s.signal(resumeProcess) }

func (s *Server) signal(send func(*os.Process) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.process == nil {
		return errInProcess
	}
	return send(s.process.Process)
}

// start starts the process and waits until it responds. s.mu is held, or s is not yet shared.
func (s *Server) start() error {
	_ = os.Remove(filepath.Join(s.dir, "dump.rdb")) // what a replica was sent; it would be read
	process := exec.Command("redis-server", s.commandLine()...)
	process.SysProcAttr = endWithParent()
	process.WaitDelay = time.Second
	if err := process.Start(); err != nil {
		return err
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = process.Wait()
	}()
	if err := s.awaitResponse(ended); err != nil {
		_ = process.Process.Kill()
		<-ended
		return err
	}
	s.process, s.ended = process, ended
	return nil
}

func (s *Server) commandLine() (args []string) {
	if s.config != "" {
		args = append(args, s.config)
	}
	_, port, _ := net.SplitHostPort(s.Addr)
	args = append(args, "--port", port, "--bind", "127.0.0.1", "--dir", s.dir, "--logfile", filepath.Join(s.dir, "log"), "--daemonize", "no")
	return append(args, s.args...)
}

func (s *Server) awaitResponse(ended <-chan struct{}) error {
	deadline := time.Now().Add(startLimit)
	for time.Now().Before(deadline) {
		if responds(s.Addr) {
			return nil
		}
		select {
		case <-ended:
			return fmt.Errorf("redistest: redis-server ended at once: %s", s.log())
		case <-time.After(5 * time.Millisecond):
		}
	}
	return fmt.Errorf("redistest: redis-server does not respond after %v: %s", startLimit, s.log())
}

func (s *Server) log() string {
	text, _ := os.ReadFile(filepath.Join(s.dir, "log"))
	return string(text[max(0, len(text)-1000):])
}

// responds reports whether a server there is ready: it responds to PING, and not with an error.
func responds(addr string) bool {
	conn, err := net.DialTimeout("tcp", addr, time.Second)
	if err != nil {
		return false
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(time.Second))
	if _, err := io.WriteString(conn, "PING\r\n"); err != nil {
		return false
	}
	reply := make([]byte, len("+PONG"))
	_, err = io.ReadFull(conn, reply)
	return err == nil && string(reply) == "+PONG"
}
