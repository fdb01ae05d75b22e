package hostile_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	_ "github.com/superher/superher/server" // go test runs these tests anew when the server changes, though they start it as a program
)

const (
	buildTimeout = 4 * time.Minute
	startTimeout = 30 * time.Second
	stopTimeout  = 30 * time.Second
	callTimeout  = 10 * time.Second
)

// process is a running server, seen from outside.
type process struct {
	addr string // "127.0.0.1:41234"
	cmd  *exec.Cmd
	logs *journal
	out  chan struct{} // closed when its output has ended
	done bool
}

// journal keeps what a process writes to its log.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

// build makes the program of the module's own sources.
func build(t *testing.T, folder string) (program string) {
	t.Helper()
	program = filepath.Join(folder, "superher")
	if runtime.GOOS == "windows" {
		program += ".exe"
	}
	ctx, cancel := context.WithTimeout(t.Context(), buildTimeout)
	defer cancel()
	said, err := exec.CommandContext(ctx, "go", "build", "-o", program, "github.com/superher/superher/server/cmd/superher").CombinedOutput()
	require.NoError(t, err, "%s", said)
	return program
}

// environment is that of the tests without what would change the program: its
// own settings, and those of Go's memory.
func environment() []string {
	var kept []string
	for _, pair := range os.Environ() {
		name, _, _ := strings.Cut(pair, "=")
		if strings.HasPrefix(name, "SUPERHER_") || name == "GOMEMLIMIT" || name == "GOGC" || name == "GODEBUG" || name == "GOTRACEBACK" {
			continue
		}
		kept = append(kept, pair)
	}
	return kept
}

// brand is an advertiser with a key that may do everything.
type brand struct {
	AdvertiserID string `json:"advertiser_id"`
	Key          string `json:"api_key"`
}

func newBrand(t *testing.T, program, file, name string) (made brand) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program, "advertiser", "create", "--db", file, "--name", name, "--json")
	cmd.Env = environment()
	said, err := cmd.Output()
	require.NoError(t, err, "%s", said)
	require.NoError(t, json.Unmarshal(said, &made))
	return made
}

var readyLine = regexp.MustCompile(`superher is ready on http://(\S+)`)

// start runs the server until the test ends and waits until it answers.
func start(t *testing.T, program, file string) *process {
	t.Helper()
	p := &process{logs: &journal{}, out: make(chan struct{})}
	p.cmd = exec.Command(program, "serve", "--db", file, "--addr", "127.0.0.1:0")
	p.cmd.Env, p.cmd.Stderr = environment(), p.logs
	stdout, err := p.cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, p.cmd.Start())
	t.Cleanup(func() {
		if !p.done {
			_ = p.cmd.Process.Kill()
			_ = p.cmd.Wait()
		}
	})
	ready := make(chan string, 1)
	go func() {
		defer close(p.out)
		for lines := bufio.NewScanner(stdout); lines.Scan(); {
			if found := readyLine.FindStringSubmatch(lines.Text()); found != nil {
				ready <- found[1]
			}
		}
	}()
	select {
	case p.addr = <-ready:
	case <-p.out:
		require.FailNow(t, "the server ended", "%s", p.logs)
	case <-time.After(startTimeout):
		require.FailNow(t, "the server is not ready", "%s", p.logs)
	}
	return p
}

// goroutines ends the process with a dump of its goroutines and returns them.
func (p *process) goroutines(t *testing.T) []string {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("a process cannot be asked for its goroutines on Windows")
	}
	before := len(p.logs.String())
	require.NoError(t, p.cmd.Process.Signal(syscall.SIGQUIT))
	force := time.AfterFunc(stopTimeout, func() { _ = p.cmd.Process.Kill() })
	defer force.Stop()
	<-p.out
	_ = p.cmd.Wait() // which says that it ended by the signal
	p.done = true
	var stacks []string
	for block := range strings.SplitSeq(p.logs.String()[before:], "\n\n") {
		if strings.Contains(block, "goroutine ") {
			stacks = append(stacks, block)
		}
	}
	return stacks
}

// peak is the most memory that the process ever had, in bytes; ok is false
// where the system does not tell.
func (p *process) peak() (size int64, ok bool) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		return 0, false
	}
	for line := range strings.Lines(string(text)) {
		if value, found := strings.CutPrefix(line, "VmHWM:"); found {
			kilobytes, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(value), "kB")), 10, 64)
			return kilobytes << 10, err == nil
		}
	}
	return 0, false
}

// files counts what the process holds open; ok is false where the system does
// not tell.
func (p *process) files() (sockets, all int, ok bool) {
	folder := fmt.Sprintf("/proc/%d/fd", p.cmd.Process.Pid)
	entries, err := os.ReadDir(folder)
	if err != nil {
		return 0, 0, false
	}
	for _, entry := range entries {
		to, err := os.Readlink(filepath.Join(folder, entry.Name()))
		if err != nil {
			continue // closed since
		}
		all++
		if strings.HasPrefix(to, "socket:") {
			sockets++
		}
	}
	return sockets, all, true
}

// api calls the server as an honest client does.
type api struct {
	client *http.Client
	base   string
	key    string
}

func (p *process) api(t *testing.T, key string) api {
	t.Helper()
	transport := &http.Transport{DialContext: (&net.Dialer{Timeout: callTimeout}).DialContext}
	t.Cleanup(transport.CloseIdleConnections)
	return api{&http.Client{Transport: transport, Timeout: callTimeout}, "http://" + p.addr, key}
}

// call returns the status of an answer, and its body where it is JSON.
func (a api) call(ctx context.Context, method, path, body string) (status int, answer map[string]any, err error) {
	r, err := http.NewRequestWithContext(ctx, method, a.base+path, strings.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	r.Header.Set("Authorization", "Bearer "+a.key)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	response, err := a.client.Do(r)
	if err != nil {
		return 0, nil, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	_ = json.Unmarshal(text, &answer)
	return response.StatusCode, answer, err
}

// events lists the ids of all events of the brand, or of those with an external id.
func (a api) events(ctx context.Context, externalID string) ([]string, error) {
	path := "/api/v1/events"
	if externalID != "" {
		path += "?external_id=" + url.QueryEscape(externalID)
	}
	status, answer, err := a.call(ctx, http.MethodGet, path, "")
	if err != nil || status != http.StatusOK {
		return nil, fmt.Errorf("events cannot be listed: %d %v %w", status, answer, err)
	}
	list, ok := answer["data"].([]any)
	if !ok {
		return nil, fmt.Errorf("not a list of events: %v", answer)
	}
	ids := []string{}
	for _, item := range list {
		if found, ok := item.(map[string]any); ok {
			ids = append(ids, fmt.Sprint(found["id"]))
		}
	}
	return ids, nil
}
