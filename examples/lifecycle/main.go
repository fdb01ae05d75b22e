// Command lifecycle plays the whole life of an attribution over HTTP: a brand
// and its key, a campaign with two influencers and their terms, a link and a
// coupon, a redirect, events of all kinds, the reports and the payouts, and then
// what changes in time: a pause, other terms, a coupon taken back, another key.
// It prints each step and ends with code 1 at the first wrong answer.
//
//	go run ./examples/lifecycle
//	go run ./examples/lifecycle --url http://localhost:8080 --key sk_live_…
//
// Without flags it starts a server of its own on a scratch database. With them
// it plays against any server, as often as wanted: every run takes new codes.
// The brand then is the key's; creating one is an act of the administrator.
package main

import (
	"context"
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strings"

	"github.com/superher/superher"
	"github.com/superher/superher/adapters/sqlite"
	"github.com/superher/superher/clicks"
	"github.com/superher/superher/server"
	"github.com/superher/superher/tenant"
)

func main() {
	url := flag.String("url", "", "a running server; without it one is started")
	key := flag.String("key", "", "an API key of that server")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, *url, *key)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "lifecycle:", err)
		os.Exit(1)
	}
}

// run plays against the server of the flags, or one of its own.
func run(ctx context.Context, url, key string) error {
	tag := strings.ToUpper(rand.Text()[:8])
	switch {
	case url != "" && key != "":
		return play(ctx, os.Stdout, api{strings.TrimRight(url, "/"), key}, tag)
	case url != "" || key != "":
		return errors.New("--url and --key go together")
	}
	folder, err := os.MkdirTemp("", "superher-lifecycle-")
	if err != nil {
		return err
	}
	err = withServer(ctx, filepath.Join(folder, "lifecycle.db"), func(a api) error { return play(ctx, os.Stdout, a, tag) })
	return errors.Join(err, os.RemoveAll(folder))
}

// withServer calls fn with a server on a new database, which holds one brand,
// and stops it in order afterwards.
func withServer(ctx context.Context, file string, fn func(api) error) error {
	store, err := sqlite.Open(ctx, sqlite.Config{Path: file})
	if err != nil {
		return err
	}
	defer func() { _ = store.Close() }()
	client, err := superher.New(superher.Config{Store: store})
	if err != nil {
		return err
	}
	acme, err := client.CreateAdvertiser(ctx, tenant.NewAdvertiser{Name: "Acme", Zone: "Asia/Kolkata", Currency: "INR"})
	if err != nil {
		return err
	}
	key, err := client.For(tenant.For(acme.ID)).CreateAPIKey(ctx, tenant.NewAPIKey{
		Name: "lifecycle", Scopes: []tenant.Permission{tenant.EverythingAllowed},
	})
	if err != nil {
		return err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	base := "http://" + listener.Addr().String()
	visits := clicks.NewBuffer(0, nil)
	handler, err := server.New(server.Config{Client: client, Clicks: visits, BaseURL: base})
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	web := server.Limits(handler, "")
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	written, served := make(chan error, 1), make(chan error, 1)
	go func() { written <- visits.Run(running, client.RecordClicks) }()
	go func() { served <- web.Serve(listener) }()

	err = fn(api{base, key.Raw})
	err = errors.Join(err, web.Shutdown(running)) // first no new visits,
	stop()                                        // then what is left of them is written
	if ended := <-served; !errors.Is(ended, http.ErrServerClosed) {
		err = errors.Join(err, ended)
	}
	return errors.Join(err, <-written)
}
