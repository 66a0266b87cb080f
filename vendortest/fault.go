package vendortest

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
	"time"
)

// A Fault is something that goes wrong with a request. It replaces the server's
// response, or only changes it:
//
//   - A fault with any of Status, Body, Code, Empty, HTML, Redirect, Cut, Drop
//     or Refuse replaces the response. The server does not act on the request,
//     and counts it in Requests and Faulted alone, a Refuse in Faulted alone.
//     With AfterProcessing it does act, and its response is lost.
//   - A fault of Delay, Stall and Header alone changes the response: the server
//     acts.
type Fault struct {
	// Op limits the fault to one kind of request: "login", "otp" (a second
	// step with a code in it), "refresh", "resend", "select", "logout" or
	// "api". gmicloud's second step without a code is a "login" too. Empty:
	// any.
	Op string

	// Path limits it to requests whose URL path begins or ends with it.
	// Empty: any.
	Path string

	// Times is the number of requests it meets. Zero: one. Negative: all,
	// until ClearFaults.
	Times int

	// Status of the response. Zero: 500 with Code, 307 with Redirect, else 200. An error status
	// comes with the vendor's own body for it unless Body, Empty or HTML say
	// more.
	Status int

	// Header is added to the response's, replacing what is there of that name.
	Header http.Header

	// Body is the response's body, as application/json unless Header says more.
	Body string

	// Code is the vendor's error code in the vendor's own body: gmicloud
	// "session/200", secmgmt "GLOBAL_1001", genericlogin "13". Empty: one
	// that fits Status. genlogs and gcore have no codes.
	Code string

	// Empty sends no body.
	Empty bool

	// HTML sends an HTML page, as a proxy or a single-page application does.
	HTML bool

	// Redirect is the Location of a redirect.
	Redirect string

	// Delay is the time before the server acts. With AfterProcessing it is the
	// time between acting and the response's first byte. Where a client leaves
	// before the server acts, it never does.
	Delay time.Duration

	// Stall is the time between the response's header and its body.
	Stall time.Duration

	// Cut breaks the connection in the middle of the body.
	Cut bool

	// Drop breaks the connection instead of responding.
	Drop bool

	// Refuse simulates a port that nobody listens on. The request is not
	// counted in Requests. Its body is not read, so that Op is "login" for a
	// second step too. Only Client can do that; over a socket it is a Drop.
	Refuse bool

	// AfterProcessing lets the server act first (a token rotates, a wrong
	// password counts), so that only the response is lost or replaced.
	AfterProcessing bool
}

// Inject adds faults. A request meets at most one: the first, in the order of
// injection, whose Op and Path fit it.
func (s *Server) Inject(f ...Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, one := range f {
		one.Times = cmp.Or(one.Times, 1)
		one.Header = one.Header.Clone()
		s.faults = append(s.faults, &one)
	}
}

// ClearFaults drops the faults that have not met a request yet.
func (s *Server) ClearFaults() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
}

// findFault is the first one that is for that request.
func (s *Server) findFault(op, path string) *Fault {
	for _, f := range s.faults {
		if f.fits(op, path) {
			return f
		}
	}
	return nil
}

// takeFault uses it once.
func (s *Server) takeFault(f *Fault) {
	if f.Times > 0 {
		f.Times--
	}
	if f.Times == 0 {
		s.faults = slices.DeleteFunc(s.faults, func(other *Fault) bool { return other == f })
	}
}

func (f *Fault) fits(op, path string) bool {
	if f.Op != "" && f.Op != op {
		return false
	}
	return strings.HasPrefix(path, f.Path) || strings.HasSuffix(path, f.Path)
}

// replaces says whether the fault has content of its own.
func (f *Fault) replaces() bool {
	return f.Status != 0 || f.Body != "" || f.Code != "" || f.Empty || f.HTML || f.Redirect != ""
}

// responds says whether the fault needs no real response.
func (f *Fault) responds() bool {
	return f.replaces() || f.Cut || f.Drop || f.Refuse
}

// apply makes the response; actual is nil when the server did not act.
func (f *Fault) apply(v vendor, actual *reply) reply {
	var a reply
	switch {
	case f.replaces():
		a = f.content(v)
	case actual != nil:
		a = *actual
	default: // a cut: some JSON to be cut
		a = jsonReply(http.StatusOK, map[string]string{"message": "this response is cut in the middle"})
	}
	a.header = a.header.Clone()
	if a.header == nil {
		a.header = http.Header{}
	}
	for name, values := range f.Header {
		a.header[http.CanonicalHeaderKey(name)] = values
	}
	a.cut, a.drop, a.stall = f.Cut, f.Drop || f.Refuse, f.Stall
	return a
}

func (f *Fault) content(v vendor) reply {
	switch {
	case f.Redirect != "":
		return reply{
			status: cmp.Or(f.Status, http.StatusTemporaryRedirect),
			header: http.Header{"Location": {f.Redirect}},
			body:   []byte(f.Body),
		}
	case f.HTML:
		return htmlReply(cmp.Or(f.Status, http.StatusOK), f.Body)
	case f.Empty:
		return reply{status: cmp.Or(f.Status, http.StatusOK)}
	case f.Body != "":
		return reply{
			status: cmp.Or(f.Status, http.StatusOK),
			header: http.Header{"Content-Type": {"application/json"}},
			body:   []byte(f.Body),
		}
	case f.Code != "" || f.Status >= http.StatusBadRequest:
		return v.failure(cmp.Or(f.Status, http.StatusInternalServerError), f.Code)
	}
	return reply{status: f.Status}
}
