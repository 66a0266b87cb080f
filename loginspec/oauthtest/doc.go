// Package oauthtest tries package loginspec's OAuth 2 on a server that somebody else wrote. It is a module of its own, so that nobody
// else has to know that server's dependencies.
package oauthtest
