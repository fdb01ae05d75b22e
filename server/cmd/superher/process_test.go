package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// process is the program as a process of its own.
type process struct {
	*exec.Cmd

	stdout, stderr *output
	base           string
	ended          chan error
}

// launch starts the program and waits until it answers.
func launch(t *testing.T, args ...string) *process {
	t.Helper()
	p := &process{Cmd: exec.CommandContext(t.Context(), os.Args[0], args...), stdout: newOutput(), stderr: newOutput(), ended: make(chan error, 1)}
	p.Env = append(os.Environ(), asProgram+"=yes")
	p.Cmd.Stdout, p.Cmd.Stderr = p.stdout, p.stderr
	require.NoError(t, p.Start())
	go func() { p.ended <- p.Wait() }()
	t.Cleanup(func() { _ = p.Process.Kill() })
	late := time.After(time.Minute)
	for p.base == "" {
		select {
		case <-p.stdout.news:
			if found := readyLine.FindStringSubmatch(p.stdout.String()); found != nil {
				p.base = found[1]
			}
		case err := <-p.ended:
			require.FailNow(t, "the process ended", "%v\n%s\n%s", err, p.stdout, p.stderr)
		case <-late:
			require.FailNow(t, "the process is not ready", "%s\n%s", p.stdout, p.stderr)
		}
	}
	return p
}

// until waits for something to become true.
func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for late := time.After(20 * time.Second); !holds(); {
		select {
		case <-tick.C:
		case <-late:
			require.FailNow(t, what)
		}
	}
}

// halfway is a request whose body has not all been sent.
type halfway struct {
	net.Conn

	rest string
}

func beginPost(t *testing.T, base, key, body string) halfway {
	t.Helper()
	address := strings.TrimPrefix(base, "http://")
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", address)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	_, err = fmt.Fprintf(conn, "POST /api/v1/events HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
		address, key, len(body), body[:10])
	require.NoError(t, err)
	return halfway{conn, body[10:]}
}

func (h halfway) finish(t *testing.T) int {
	t.Helper()
	_, err := h.Write([]byte(h.rest))
	require.NoError(t, err)
	response, err := http.ReadResponse(bufio.NewReader(h.Conn), nil)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	return response.StatusCode
}

// shop makes a brand in a new file.
func shop(t *testing.T) (file, key string) {
	t.Helper()
	file = filepath.Join(t.TempDir(), "superher.db")
	code, stdout, stderr := once(t, nothing, "advertiser", "create", "--db", file, "--name", "Acme", "--json")
	require.Zero(t, code, stderr)
	var made issued
	require.NoError(t, json.Unmarshal([]byte(stdout), &made))
	return file, made.Key
}

func TestSIGTERM_ReadinessOffRequestsFinishedThenTheEnd(t *testing.T) {
	c := newCollector(t)
	file, key := shop(t)
	p := launch(t, "serve", "--addr", "127.0.0.1:0", "--db", file, "--drain", "2s", "--otlp-endpoint", c.URL)
	status, _ := fetch(t, p.base+"/readyz")
	require.Equal(t, http.StatusOK, status)
	sale := beginPost(t, p.base, key, `{"action": "signup", "external_id": "last-moment"}`)

	began := time.Now()
	require.NoError(t, p.Process.Signal(syscall.SIGTERM))
	until(t, "readiness is not off", func() bool {
		status, _ = fetch(t, p.base+"/readyz")
		return status == http.StatusServiceUnavailable
	})
	status, _ = call(t, http.MethodPost, p.base+"/api/v1/events", key, `{"action": "signup", "external_id": "while-draining"}`)
	require.Equal(t, http.StatusCreated, status, "requests are taken until balancers have noticed")
	until(t, "the port stays open", func() bool {
		conn, err := net.Dial("tcp", strings.TrimPrefix(p.base, "http://"))
		if err == nil {
			_ = conn.Close()
		}
		return err != nil
	})
	require.GreaterOrEqual(t, time.Since(began), 2*time.Second, "the drain")
	require.Equal(t, http.StatusCreated, sale.finish(t), "what was under way is finished")
	require.NoError(t, <-p.ended, p.stderr)
	require.Less(t, time.Since(began), 15*time.Second)
	require.Contains(t, c.String(), "POST /api/v1/events", "the last traces are sent")
	require.Contains(t, p.stderr.String(), "msg=stopped")
}

func TestSIGTERM_WhatTakesTooLongIsCutOff(t *testing.T) {
	file, key := shop(t)
	p := launch(t, "serve", "--addr", "127.0.0.1:0", "--db", file, "--shutdown-timeout", "2s")
	beginPost(t, p.base, key, `{"action": "signup", "external_id": "never-sent"}`)
	status, _ := call(t, http.MethodPost, p.base+"/api/v1/events", key, `{"action": "signup"}`)
	require.Equal(t, http.StatusCreated, status)
	began := time.Now()
	require.NoError(t, p.Process.Signal(syscall.SIGTERM))
	var ended *exec.ExitError
	require.ErrorAs(t, <-p.ended, &ended)
	require.Equal(t, 1, ended.ExitCode())
	require.Less(t, time.Since(began), 5*time.Second)
	require.Contains(t, p.stderr.String(), "requests were cut off")
}

func TestSIGTERM_TheSecondOneEndsAtOnce(t *testing.T) {
	file, key := shop(t)
	p := launch(t, "serve", "--addr", "127.0.0.1:0", "--db", file)
	beginPost(t, p.base, key, `{"action": "signup", "external_id": "never-sent"}`)
	status, _ := fetch(t, p.base+"/healthz")
	require.Equal(t, http.StatusOK, status, "connections are accepted in turn: the sale has been, too")
	began := time.Now()
	require.NoError(t, p.Process.Signal(syscall.SIGTERM))
	until(t, "it does not begin to stop", func() bool { return strings.Contains(p.stderr.String(), "msg=stopping") })
	var err error
	until(t, "the second signal is without effect", func() bool {
		_ = p.Process.Signal(syscall.SIGTERM)
		select {
		case err = <-p.ended:
			return true
		default:
			return false
		}
	})
	require.Less(t, time.Since(began), 5*time.Second, "it would otherwise wait for the request")
	var ended *exec.ExitError
	require.ErrorAs(t, err, &ended)
	require.True(t, ended.Sys().(syscall.WaitStatus).Signaled(), "%v %s", err, p.stderr)
}

// A collector that hangs keeps nobody waiting.
func TestSIGTERM_AHangingCollectorDelaysTheEndOnlyForItsShare(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer silent.Close()
	file, key := shop(t)
	p := launch(t, "serve", "--addr", "127.0.0.1:0", "--db", file, "--shutdown-timeout", "2s", "--otlp-endpoint", "http://"+silent.Addr().String())
	status, _ := call(t, http.MethodPost, p.base+"/api/v1/events", key, `{"action": "signup"}`)
	require.Equal(t, http.StatusCreated, status)
	began := time.Now()
	require.NoError(t, p.Process.Signal(syscall.SIGTERM))
	require.NoError(t, <-p.ended, p.stderr)
	require.Less(t, time.Since(began), 4*time.Second)
	require.Contains(t, p.stderr.String(), "the last telemetry was lost")
}

// Every redirect that was answered is in the reports once, however often the
// server is killed.
func TestSIGKILL_NoClickIsLostOrStoredTwice(t *testing.T) {
	file, key := shop(t)
	answered, path := 0, ""
	for range 4 {
		p := launch(t, "serve", "--addr", "127.0.0.1:0", "--db", file)
		if path == "" {
			path = linkOf(t, p.base, key)
		}
		for range 150 {
			require.Equal(t, http.StatusFound, visitOnce(t, p.base+path))
			answered++
		}
		require.NoError(t, p.Process.Signal(syscall.SIGKILL))
		<-p.ended
	}
	p := launch(t, "serve", "--addr", "127.0.0.1:0", "--db", file)
	until(t, "not all clicks are stored", func() bool { return allClicks(t, p.base, key) >= answered })
	require.NoError(t, p.Process.Signal(syscall.SIGTERM))
	require.NoError(t, <-p.ended, p.stderr)
	p = launch(t, "serve", "--addr", "127.0.0.1:0", "--db", file)
	require.Equal(t, answered, allClicks(t, p.base, key))
	require.NoError(t, p.Process.Signal(syscall.SIGTERM))
	require.NoError(t, <-p.ended, p.stderr)
}
