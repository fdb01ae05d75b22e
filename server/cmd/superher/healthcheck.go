package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"time"
)

const healthTimeout = 5 * time.Second

// healthcheck is the command for containers, whose image has no other program
// that could ask.
func (p program) healthcheck(s settings) func(context.Context) error {
	addr := s.String("addr", defaultAddr, "`address` that the server listens on")
	ready := s.Bool("ready", false, "ask whether it takes requests, not only whether it lives")
	return func(ctx context.Context) error {
		host, port, err := net.SplitHostPort(*addr)
		if err != nil {
			return s.wrong("addr", "must be a host and a port like 127.0.0.1:8080")
		}
		switch ip := net.ParseIP(host); {
		case host == "":
			host = "127.0.0.1"
		case ip != nil && ip.IsUnspecified():
			host = "127.0.0.1" // :: takes both as well
		}
		path := "/healthz"
		if *ready {
			path = "/readyz"
		}
		ctx, cancel := context.WithTimeout(ctx, healthTimeout)
		defer cancel()
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+net.JoinHostPort(host, port)+path, http.NoBody)
		if err != nil {
			return s.wrong("addr", "must be a host and a port like 127.0.0.1:8080")
		}
		client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}} // and no proxy
		response, err := client.Do(r)
		if err != nil {
			return s.wrongNow("addr", "nobody answers: "+err.Error())
		}
		defer func() { _ = response.Body.Close() }() // what it says is not read
		if response.StatusCode != http.StatusOK {
			return s.wrongNow("addr", fmt.Sprintf("%s answers %d", path, response.StatusCode))
		}
		return nil
	}
}
