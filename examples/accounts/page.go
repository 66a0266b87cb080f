package main

import (
	"bytes"
	"cmp"
	_ "embed"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/clientpool"
)

//go:embed page.html
var pageHTML string

//go:embed style.css
var styleCSS []byte

var pageTemplate = template.Must(template.New("page").Parse(pageHTML))

// page lists the accounts. It does no I/O beyond that: a look at it costs no vendor anything.
func (s *service) page(w http.ResponseWriter, _ *http.Request) {
	var out bytes.Buffer
	if err := pageTemplate.Execute(&out, s.overview(time.Now())); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'")
	_, _ = w.Write(out.Bytes())
}

func style(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	_, _ = w.Write(styleCSS)
}

// An overview is what the page shows.
type overview struct {
	Time      string
	Sums      []sum // what a person wants to know first
	Rows      []row
	Endpoints []endpoint
}

// A sum is how many accounts are in a group.
type sum struct {
	Group string
	Count int
}

// A row is an account. Rank orders the rows: those that need a person come first.
type row struct {
	ID, Vendor, User string
	Rank             int
	Group            string // "action needed", "waiting", "no valid token", "ready"
	State            string // in words
	Advice           string // what is wrong, and who has to do something about it
	Detail           string // the error
	Until            string // the end of the hold
	Valid            string // the end of the token
	Attempts         int
}

var groups = []string{"action needed", "waiting", "no valid token", "ready"}

func (s *service) overview(now time.Time) overview {
	o := overview{Time: clock(now)}
	statuses := map[string]vendorlogin.Status{}
	for id, client := range s.pool.All() {
		statuses[id] = client.Status()
	}
	counts := map[string]int{}
	for id, a := range s.accounts {
		r := rowOf(a, statuses[id], now)
		counts[r.Group]++
		o.Rows = append(o.Rows, r)
	}
	slices.SortFunc(o.Rows, func(a, b row) int { return cmp.Or(a.Rank-b.Rank, strings.Compare(a.ID, b.ID)) })
	for _, g := range groups {
		o.Sums = append(o.Sums, sum{g, counts[g]})
	}
	for _, e := range s.pool.Endpoints() {
		o.Endpoints = append(o.Endpoints, endpointOf(e, now))
	}
	return o
}

// rowOf says what s means for a person.
func rowOf(a Account, s vendorlogin.Status, now time.Time) row {
	r := row{ID: a.ID, Vendor: a.Vendor, User: a.User, Attempts: s.Attempts, State: "no token", Rank: 2}
	if s.Ready() {
		r.State, r.Rank = "valid token", 3
		r.Valid = "as long as the vendor likes"
		if !s.ExpiresAt.IsZero() {
			r.Valid = moment(s.ExpiresAt, now)
		}
	}
	if s.State == "expired" {
		r.State = "token has expired"
	}
	if s.Renewing {
		r.State += ", renewing"
	}
	if s.Hold != nil {
		var needed bool
		r.Advice, needed = advice(s.Hold)
		r.Detail, r.State = s.Hold.Error(), r.State+", on hold"
		if !s.Hold.RetryAt.IsZero() {
			r.Until = moment(s.Hold.RetryAt, now)
		}
		r.Rank = 1
		if needed {
			r.Rank = 0
		}
	}
	r.Group = groups[r.Rank]
	return r
}

// An endpoint is how logins at one server go.
type endpoint struct{ Name, State string }

func endpointOf(e clientpool.EndpointStatus, now time.Time) endpoint {
	var states []string
	if !e.DownSince.IsZero() {
		states = append(states, "cannot be reached since "+clock(e.DownSince))
	}
	for _, l := range []struct {
		what string
		lane clientpool.LaneStatus
	}{{"logins", e.Login}, {"refreshes", e.Refresh}} {
		if !l.lane.ClosedUntil.IsZero() {
			states = append(states, fmt.Sprintf("the vendor wants no %s until %s", l.what, moment(l.lane.ClosedUntil, now)))
		}
		if l.lane.Suspected {
			states = append(states, fmt.Sprintf("%s of some accounts met a limit: one at a time", l.what))
		}
		if l.lane.Interval > 0 {
			states = append(states, fmt.Sprintf("%s are %v apart", l.what, l.lane.Interval.Round(100*time.Millisecond)))
		}
		if l.lane.Waiting > 0 {
			states = append(states, fmt.Sprintf("%d %s wait for their turn", l.lane.Waiting, l.what))
		}
	}
	if states == nil {
		states = []string{"no limit met"}
	}
	return endpoint{e.Endpoint, strings.Join(states, "; ")}
}
