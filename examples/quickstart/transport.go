package main

import (
	"net/http"
	"time"

	"github.com/vendorlogin/vendorlogin/vendortest"
)

// newTransport is for logins and API requests alike.
//
// A connection can fail silently: a load balancer or a NAT gateway forgets it, or the peer loses its power. Every login that goes out on
// it then waits until TCP gives up, which takes minutes. Pings find such an HTTP/2 connection within 15 seconds, so that the next login
// uses another. An HTTP/1 connection is not kept for long, and no response is waited for without end.
func newTransport() *http.Transport {
	base := http.DefaultTransport.(*http.Transport).Clone() // a proxy or a certificate authority goes here
	base.ResponseHeaderTimeout = 20 * time.Second
	base.IdleConnTimeout = 30 * time.Second
	base.HTTP2 = &http.HTTP2Config{SendPingTimeout: 10 * time.Second, PingTimeout: 5 * time.Second}
	return base
}

// A connect starts a server and gives the client for its logins.
type connect func(*vendortest.Server) *http.Client

// onLoopback reaches the servers as the vendors would be reached.
func onLoopback(server *vendortest.Server) *http.Client {
	server.Start()
	return &http.Client{Transport: newTransport(), Timeout: 30 * time.Second}
}
