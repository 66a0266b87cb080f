package vendorlogin

import (
	"bytes"
	"io"
	"time"
)

const (
	aheadSize = 64 << 10
	aheadWait = 100 * time.Millisecond // for an answer that is to be thrown away to end
)

// ahead is the body of an answer, of which the first part is read whether or not anybody asks, so that its connection can be used
// again. It gives what the body would have given.
type ahead struct {
	io.ReadCloser
	start bytes.Buffer
	ready chan struct{} // closed when start is complete
	err   error         // what came behind it, if that was not the limit
}

func readAhead(body io.ReadCloser) *ahead {
	a := &ahead{ReadCloser: body, ready: make(chan struct{})}
	go func() {
		defer close(a.ready)
		_, a.err = io.CopyN(&a.start, body, aheadSize)
	}()
	return a
}

// Read waits for the first part. Close ends the wait.
func (a *ahead) Read(p []byte) (int, error) {
	<-a.ready
	switch {
	case a.start.Len() > 0:
		return a.start.Read(p)
	case a.err != nil:
		return 0, a.err
	}
	return a.ReadCloser.Read(p)
}

// discard closes the body, at its end if that comes soon.
func (a *ahead) discard() {
	timer := time.NewTimer(aheadWait)
	defer timer.Stop()
	select {
	case <-a.ready:
	case <-timer.C:
	}
	_ = a.Close()
}
