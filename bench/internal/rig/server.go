//go:build linux

package rig

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

const (
	serverStart = 30 * time.Second
	serverStop  = 30 * time.Second
)

// Server is the built command, serving on a port that it keeps over restarts.
type Server struct {
	Addr string // host:port

	program string
	args    []string
	log     string

	mu  sync.Mutex
	run *exec.Cmd
	end *exit
}

// exit is how a process has ended: done is closed then, and err is there.
type exit struct {
	done chan struct{}
	err  error
}

// NewServer returns a server that is not started yet. args are the settings of
// "superher serve" beside its address.
func NewServer(ctx context.Context, program, folder string, args ...string) (*Server, error) {
	port, err := FreePort(ctx)
	if err != nil {
		return nil, err
	}
	addr := "127.0.0.1:" + strconv.Itoa(port)
	return &Server{
		Addr: addr, program: program, log: filepath.Join(folder, fmt.Sprintf("server-%d.log", port)),
		args: append([]string{
			"serve", "--addr", addr, "--rate-caller", "off", "--rate-tenant", "off", "--rate-address", "off",
			"--trusted-proxy", "127.0.0.1/32", "--metrics", "on", "--drain", "0s", "--log-level", "warn",
		}, args...),
	}, nil
}

// Launch starts the process, and does not wait for it.
func (s *Server) Launch() error {
	log, err := os.OpenFile(s.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }() // the child has its own
	s.mu.Lock()
	defer s.mu.Unlock()
	run := exec.Command(s.program, s.args...) //nolint:noctx // it outlives whoever starts it
	run.SysProcAttr, run.Stdout, run.Stderr = attributes(nil), log, log
	if err := run.Start(); err != nil {
		return err
	}
	end := &exit{done: make(chan struct{})}
	s.run, s.end = run, end
	go func() {
		defer close(end.done)
		end.err = run.Wait()
	}()
	return nil
}

// Start starts the process and returns when it answers.
func (s *Server) Start(ctx context.Context) error {
	if err := s.Launch(); err != nil {
		return err
	}
	return s.Answers(ctx)
}

// Answers waits until the process answers. One that has ended never will.
func (s *Server) Answers(ctx context.Context) error {
	s.mu.Lock()
	end := s.end
	s.mu.Unlock()
	answers, ended := false, false
	Until(ctx, serverStart, 5*time.Millisecond, func() bool {
		select {
		case <-end.done:
			ended = true
		default:
			status, err := status(ctx, "http://"+s.Addr+"/healthz")
			answers = err == nil && status == http.StatusOK
		}
		return answers || ended
	})
	switch {
	case answers:
		return nil
	case ended:
		return fmt.Errorf("the server has ended, see %s: %w: %s", s.log, cmp.Or(end.err, errors.New("exit status 0")), tail(s.log))
	default:
		return fmt.Errorf("the server does not answer, see %s: %s", s.log, tail(s.log))
	}
}

// Kill ends the process with SIGKILL: nothing of it runs any more.
func (s *Server) Kill() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.run == nil {
		return nil
	}
	err := s.run.Process.Kill()
	<-s.end.done
	s.run = nil
	return err
}

// Stop ends the process with SIGTERM, and fails unless it ends in time with
// exit code 0.
func (s *Server) Stop() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.run == nil {
		return nil
	}
	if err := s.run.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	defer func() { s.run = nil }()
	select {
	case <-s.end.done:
		if s.end.err != nil {
			return fmt.Errorf("the server did not end in order, see %s: %w: %s", s.log, s.end.err, tail(s.log))
		}
		return nil
	case <-time.After(serverStop):
		return errors.Join(errors.New("the server does not stop"), s.run.Process.Kill())
	}
}

// Pid is the number of the process.
func (s *Server) Pid() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.run.Process.Pid
}

// LogFile is where the process says what it has to say.
func (s *Server) LogFile() string { return s.log }

// Log returns the end of what the process has said.
func (s *Server) Log() string { return tail(s.log) }

// Metrics reads /metrics: the values of each name, summed up over its labels.
func (s *Server) Metrics(ctx context.Context) (map[string]float64, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+s.Addr+"/metrics", http.NoBody)
	if err != nil {
		return nil, err
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, err
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode != http.StatusOK {
		return nil, errors.New("/metrics: " + answer.Status)
	}
	out := map[string]float64{}
	lines := bufio.NewScanner(answer.Body)
	for lines.Scan() {
		line := lines.Text()
		end := strings.LastIndexByte(line, ' ')
		if strings.HasPrefix(line, "#") || end < 0 {
			continue
		}
		value, err := strconv.ParseFloat(line[end+1:], 64)
		if err != nil {
			continue
		}
		name, _, _ := strings.Cut(line[:end], "{")
		out[name] += value
	}
	return out, lines.Err()
}

// About returns what "superher serve -h" says of a setting, "" if there is none.
func About(ctx context.Context, program, setting string) string {
	help, _ := exec.CommandContext(ctx, program, "serve", "-h").CombinedOutput()
	for paragraph := range strings.SplitSeq(string(help), "\n  -") {
		if name, _, _ := strings.Cut(strings.ReplaceAll(paragraph, "\n", " "), " "); name == setting {
			return paragraph
		}
	}
	return ""
}

// Knows reports whether the program has a command.
func Knows(ctx context.Context, program, command string) bool {
	help, _ := exec.CommandContext(ctx, program, "help").CombinedOutput()
	return strings.Contains(string(help), "superher "+command+" ")
}

func status(ctx context.Context, url string) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return 0, err
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, err
	}
	return answer.StatusCode, answer.Body.Close()
}
