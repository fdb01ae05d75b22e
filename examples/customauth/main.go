// Command customauth is a service with its own login and superher's API inside:
// the people sign in with the shop's passwords, the shop's tokens open the API,
// and the shop decides who may see what. tokens.go is all that superher has to
// be given for it.
//
//	go run ./examples/customauth
//
// It starts the service, plays a person who signs in for the first time, prints
// what that person sees, and ends.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"strings"
	"time"

	"github.com/superher/superher/server"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "customauth:", err)
		os.Exit(1)
	}
}

// run opens the shop on a free port, plays, and closes it in order.
func run(ctx context.Context, out io.Writer) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	base := "http://" + listener.Addr().String()
	s, err := open(ctx, base, time.Now)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	web := server.Limits(s, "")
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	written, served := make(chan error, 1), make(chan error, 1)
	go func() { written <- s.clicks.Run(running, s.client.RecordClicks) }()
	go func() { served <- web.Serve(listener) }()

	err = visitor{out, base}.play(ctx, s)
	err = errors.Join(err, web.Shutdown(running))
	stop()
	if ended := <-served; !errors.Is(ended, http.ErrServerClosed) {
		err = errors.Join(err, ended)
	}
	return errors.Join(err, <-written)
}

// visitor is Ana at her browser.
type visitor struct {
	out  io.Writer
	base string
}

func (v visitor) play(ctx context.Context, s *shop) error {
	if _, err := v.signIn(ctx, "wrong password", "a guess"); err != nil {
		return err
	}
	token, err := v.signIn(ctx, "right password", "correct horse")
	if err != nil {
		return err
	}
	if err := v.see(ctx, "before approval", token); err != nil {
		return err
	}
	user, err := s.approve(ctx, "account-17")
	if err != nil {
		return err
	}
	fmt.Fprintf(v.out, "the shop approves  %s is %s, as %s of %s\n", user.Email, user.Status, user.Role, s.brand.Name)
	if err := v.see(ctx, "after approval", token); err != nil {
		return err
	}
	if err := v.see(ctx, "another seal", token[:len(token)-4]+"AAAA"); err != nil {
		return err
	}
	if err := s.suspend(ctx, user.ID); err != nil {
		return err
	}
	return v.see(ctx, "once suspended", token)
}

// signIn asks the shop, not superher, for a token.
func (v visitor) signIn(ctx context.Context, words, password string) (token string, err error) {
	form := url.Values{"email": {"ana@sunrise.example"}, "password": {password}}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, v.base+"/login", strings.NewReader(form.Encode()))
	if err != nil {
		return "", err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	status, text, err := send(r)
	if err == nil {
		fmt.Fprintf(v.out, "%-17s  POST /login: %d\n", words, status)
	}
	return string(text), err
}

// see prints what the API says to a token.
func (v visitor) see(ctx context.Context, words, token string) error {
	for _, path := range []string{"/api/v1/me", "/api/v1/campaigns"} {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, v.base+path, http.NoBody)
		if err != nil {
			return err
		}
		r.Header.Set("Authorization", "Bearer "+token)
		status, text, err := send(r)
		if err != nil {
			return err
		}
		said, err := summary(text)
		if err != nil {
			return err
		}
		fmt.Fprintf(v.out, "%-17s  GET %s: %d %s\n", words, path, status, said)
	}
	return nil
}

// summary picks what matters here: the reason of a refusal, the status of a
// person, or the names of a list.
func summary(text []byte) (string, error) {
	var answer struct {
		Reason string `json:"reason"`
		User   struct {
			Status string `json:"status"`
		} `json:"user"`
		Data []struct {
			Name string `json:"name"`
		} `json:"data"`
	}
	if err := json.Unmarshal(text, &answer); err != nil {
		return "", err
	}
	said := []string{answer.Reason, answer.User.Status}
	for _, thing := range answer.Data {
		said = append(said, thing.Name)
	}
	return strings.TrimSpace(strings.Join(said, " ")), nil
}

func send(r *http.Request) (status int, text []byte, err error) {
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = answer.Body.Close() }()
	text, err = io.ReadAll(answer.Body)
	return answer.StatusCode, text, err
}
