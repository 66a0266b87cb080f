package main

import "net/http"

func (s *service) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.page)
	mux.HandleFunc("GET /style.css", style)
	mux.HandleFunc("GET /readyz", s.ready)
	mux.HandleFunc("GET /customers/{id}/profile", s.profile)
	return mux
}
