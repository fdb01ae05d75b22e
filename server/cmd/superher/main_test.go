package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

// asProgram makes the test binary the program itself, for tests of processes.
const asProgram = "SUPERHER_TEST_AS_PROGRAM"

// A program that ends in order leaves nothing running.
func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
	}
	goleak.VerifyTestMain(m)
}

// output is what a program has printed so far.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
	news chan struct{}
}

func newOutput() *output { return &output{news: make(chan struct{}, 1)} }

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	select {
	case o.news <- struct{}{}:
	default:
	}
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// running is a program in the background.
type running struct {
	stdout, stderr *output
	base           string
	stop           context.CancelFunc
	code           chan int
}

var readyLine = regexp.MustCompile(`superher is ready on (http://\S+)`)

// start runs the program and waits until it says where it answers.
func start(t *testing.T, wait time.Duration, args ...string) *running {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	t.Cleanup(stop)
	r := &running{stdout: newOutput(), stderr: newOutput(), stop: stop, code: make(chan int, 1)}
	go func() { r.code <- run(ctx, args, nothing, r.stdout, r.stderr) }()
	late := time.After(wait)
	for r.base == "" {
		select {
		case <-r.stdout.news:
			if found := readyLine.FindStringSubmatch(r.stdout.String()); found != nil {
				r.base = found[1]
			}
		case code := <-r.code:
			require.FailNow(t, "the program ended", "code %d\n%s\n%s", code, r.stdout, r.stderr)
		case <-late:
			require.FailNow(t, "the program is not ready", "%s\n%s", r.stdout, r.stderr)
		}
	}
	return r
}

// end stops the program as a signal does, and returns its exit code.
func (r *running) end(t *testing.T) int {
	t.Helper()
	r.stop()
	select {
	case code := <-r.code:
		return code
	case <-time.After(30 * time.Second):
		require.FailNow(t, "the program does not stop")
		return -1
	}
}

// nothing is an environment without settings.
func nothing(string) string { return "" }

// once runs the program to its end.
func once(t *testing.T, getenv func(string) string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // a server that should have been refused does not end by itself
	defer cancel()
	var out, errs bytes.Buffer
	code = run(ctx, args, getenv, &out, &errs)
	return code, out.String(), errs.String()
}

// call makes a request with a key and returns the answer.
func call(t *testing.T, method, url, key, body string) (status int, answer map[string]any) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	require.NoError(t, err)
	r.Header.Set("Authorization", "Bearer "+key)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	response, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	_ = json.Unmarshal(text, &answer)
	return response.StatusCode, answer
}

func TestRun_RefusesWhatMakesNoSense(t *testing.T) {
	for name, args := range map[string][]string{
		"no command":           {},
		"unknown command":      {"frobnicate"},
		"advertiser alone":     {"advertiser"},
		"advertiser delete":    {"advertiser", "delete"},
		"key alone":            {"key"},
		"unknown setting":      {"serve", "--colour", "red"},
		"stray argument":       {"serve", "now"},
		"version has settings": {"version", "--long"},
	} {
		code, stdout, stderr := once(t, nothing, args...)
		require.Equal(t, 2, code, name)
		require.Empty(t, stdout, name)
		require.Contains(t, stderr, "superher", name)
	}
}

func TestRun_HelpIsNoError(t *testing.T) {
	code, stdout, _ := once(t, nothing, "help")
	require.Zero(t, code)
	require.Contains(t, stdout, "superher demo")
	code, stdout, stderr := once(t, func(string) string { return "postgres://u:sesame@h/d" }, "serve", "-h")
	require.Zero(t, code)
	require.Contains(t, stdout, "-database-url")
	require.NotContains(t, stdout+stderr, "sesame", "the environment is not part of the help")
}

func TestRun_VersionPrintsOneLine(t *testing.T) {
	code, stdout, _ := once(t, nothing, "version")
	require.Zero(t, code)
	require.Regexp(t, `^superher \S+.*\n$`, stdout)
}

func TestSettings_ErrorsNameTheSettingAsItWasGiven(t *testing.T) {
	file := filepath.Join(t.TempDir(), "x.db")
	for _, c := range []struct {
		args []string
		env  map[string]string
		want string
	}{
		{args: []string{"serve", "--addr", "nowhere:x"}, want: "--addr"},
		{args: []string{"serve"}, env: map[string]string{"SUPERHER_ADDR": "nowhere:x"}, want: "SUPERHER_ADDR"},
		{args: []string{"serve", "--trusted-proxy", "office"}, want: "-trusted-proxy"},
		{args: []string{"serve"}, env: map[string]string{"SUPERHER_TRUSTED_PROXY": "10.0.0.0/8,office"}, want: "SUPERHER_TRUSTED_PROXY"},
		{args: []string{"serve", "--log-level", "loud"}, want: "-log-level"},
		{args: []string{"serve", "--addr", "127.0.0.1:0", "--db", file, "--base-url", "go.example.com"}, want: "--base-url"},
		{args: []string{"serve", "--addr", "127.0.0.1:0", "--db", filepath.Join(file, "no", "folder.db")}, want: "--db"},
		{args: []string{"serve", "--addr", "127.0.0.1:0"}, env: map[string]string{"SUPERHER_DB": filepath.Join(file, "no", "folder.db")}, want: "SUPERHER_DB"},
		{args: []string{"serve", "--db", file, "--database-url", "postgres://h/d"}, want: "--db"},
		{args: []string{"migrate", "--db", file, "--grant-to", "app"}, want: "--grant-to"},
		{args: []string{"clicks", "detach", "--db", file, "--keep-months", "12"}, want: "--database-url"},
		{args: []string{"clicks", "detach", "--database-url", "postgres://h/d"}, want: "--keep-months"},
		{args: []string{"clicks", "detach", "--database-url", "postgres://h/d", "--keep-months", "1"}, want: "--keep-months"},
		{args: []string{"clicks", "detach", "--database-url", "postgres://h/d", "--keep-months", "1201"}, want: "--keep-months"},
		{args: []string{"advertiser", "create", "--db", file}, want: "--name"},
		{args: []string{"advertiser", "create", "--db", file, "--name", "A", "--time-zone", "Mars/Base"}, want: "time_zone"},
		{args: []string{"advertiser", "create", "--db", file, "--name", "A", "--currency", "EURO"}, want: "currency"},
		{args: []string{"key", "create", "--db", file, "--name", "A", "--advertiser", "7"}, want: "--advertiser"},
		{args: []string{"demo", "--fill-only"}, want: "--fill-only"},
		{args: []string{"demo", "--now", "yesterday"}, want: "--now"},
	} {
		code, _, stderr := once(t, func(name string) string { return c.env[name] }, c.args...)
		require.NotZero(t, code, "%v", c.args)
		require.Contains(t, stderr, c.want, "%v", c.args)
		require.Equal(t, 1, strings.Count(stderr, "\n"), "told once: %s", stderr)
	}
}

func TestSettings_AFlagWinsOverTheEnvironment(t *testing.T) {
	folder := t.TempDir()
	env := map[string]string{
		"SUPERHER_DATABASE_URL": "postgres://127.0.0.1:1/nothing", "SUPERHER_DB": filepath.Join(folder, "no", "folder.db"),
	}
	code, stdout, stderr := once(t, func(name string) string { return env[name] }, "migrate", "--db", filepath.Join(folder, "mine.db"))
	require.Zero(t, code, stderr)
	require.Contains(t, stdout, "mine.db is up to date")
}

func TestSettings_ThePasswordOfTheDatabaseIsNeverShown(t *testing.T) {
	for _, url := range []string{
		"postgres://app:sesame@127.0.0.1:1/shop?connect_timeout=2",
		"postgres://127.0.0.1:1/shop?user=app&password=sesame",
		"host=127.0.0.1 port=1 user=app password=sesame dbname=shop",
		"postgres://app:sesame@[broken/shop",
		"sesame",
	} {
		for _, command := range [][]string{{"serve", "--addr", "127.0.0.1:0"}, {"migrate"}, {"advertiser", "create", "--name", "A"}} {
			code, stdout, stderr := once(t, nothing, append(command, "--database-url", url)...)
			require.NotZero(t, code)
			require.NotContains(t, stdout+stderr, "sesame", "%v %s", command, url)
			require.Contains(t, stderr, "--database-url")
		}
		require.NotContains(t, redact(url), "sesame")
	}
	require.Equal(t, "shop as app on db.example, port 6432", redact("postgres://app:sesame@db.example:6432/shop"))
}

func TestServe_SaysThatThePortIsTaken(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer taken.Close()
	file := filepath.Join(t.TempDir(), "x.db")
	for _, command := range []string{"serve", "demo"} {
		code, _, stderr := once(t, nothing, command, "--addr", taken.Addr().String(), "--db", file)
		require.Equal(t, 1, code)
		require.Contains(t, stderr, "--addr: "+taken.Addr().String()+" is taken by another program")
		require.NoFileExists(t, file, "%s looks at the port first", command)
	}
}

// The whole of it: a brand and keys from the command line, a server that
// answers, and an end in order that loses no click.
func TestServe_AnswersAndStopsInOrder(t *testing.T) {
	file := filepath.Join(t.TempDir(), "superher.db")
	code, stdout, stderr := once(t, nothing, "advertiser", "create", "--db", file, "--name", "Acme", "--time-zone", "Asia/Kolkata", "--currency", "INR", "--json")
	require.Zero(t, code, stderr)
	var made issued
	require.NoError(t, json.Unmarshal([]byte(stdout), &made))
	require.Contains(t, made.Key, "sk_live_")

	r := start(t, 20*time.Second, "serve", "--addr", "127.0.0.1:0", "--db", file)
	require.Contains(t, r.stdout.String(), "SQLite file "+file)
	status, answer := call(t, http.MethodPost, r.base+"/api/v1/campaigns", made.Key, `{"name": "Summer"}`)
	require.Equal(t, http.StatusCreated, status, answer)
	status, answer = call(t, http.MethodPost, r.base+"/api/v1/tracking-links", made.Key,
		`{"campaign_id": "`+answer["id"].(string)+`", "destination": "https://shop.example/"}`)
	require.Equal(t, http.StatusCreated, status, answer)

	visit, err := http.NewRequestWithContext(t.Context(), http.MethodGet, answer["short_url"].(string), http.NoBody)
	require.NoError(t, err)
	visit.Header.Set("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:139.0) Gecko/20100101 Firefox/139.0")
	gone, err := http.DefaultTransport.RoundTrip(visit)
	require.NoError(t, err)
	require.NoError(t, gone.Body.Close())
	require.Equal(t, http.StatusFound, gone.StatusCode)
	require.Zero(t, r.end(t), r.stderr) // at once: the click may still be waiting

	// A key with fewer rights, made while nothing runs, reads what was kept.
	code, stdout, stderr = once(t, nothing, "key", "create", "--db", file, "--advertiser", made.AdvertiserID, "--name", "Reports",
		"--scopes", "stats:read,events:read", "--test", "--json")
	require.Zero(t, code, stderr)
	var second issued
	require.NoError(t, json.Unmarshal([]byte(stdout), &second))
	require.Contains(t, second.Key, "sk_test_")
	r = start(t, 20*time.Second, "serve", "--addr", "127.0.0.1:0", "--db", file)
	status, answer = call(t, http.MethodGet, r.base+"/api/v1/stats/overview", second.Key, "")
	require.Equal(t, http.StatusOK, status, answer)
	require.EqualValues(t, 1, answer["clicks"], "the click of the last moment")
	status, _ = call(t, http.MethodPost, r.base+"/api/v1/campaigns", second.Key, `{"name": "Winter"}`)
	require.Equal(t, http.StatusForbidden, status)
	require.Zero(t, r.end(t))
}

func TestAdvertiserCreate_PrintsForPeople(t *testing.T) {
	file := filepath.Join(t.TempDir(), "superher.db")
	code, stdout, stderr := once(t, nothing, "advertiser", "create", "--db", file, "--name", "Acme")
	require.Zero(t, code, stderr)
	require.Regexp(t, `Advertiser  [0-9a-f-]{36}  Acme\nAPI key     sk_live_\w+\n`, stdout)
}

func TestCommands_OnWhatExistsMakeNoNewFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "mistyped.db")
	for _, args := range [][]string{
		{"user", "list"}, {"user", "approve", "--id", "01a20584-2247-764d-9337-f6a4c6cd4d3b", "--role", "admin"},
		{"key", "create", "--advertiser", "01a20584-2247-764d-9337-f6a4c6cd4d3b", "--name", "k"},
	} {
		code, _, stderr := once(t, nothing, append(args, "--db", path)...)
		require.Equal(t, 1, code, stderr)
		require.Contains(t, stderr, "does not exist")
		require.NoFileExists(t, path)
	}
}
