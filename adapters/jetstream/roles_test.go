package jetstream_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/stretchr/testify/require"

	"github.com/superher/superher/adapters/jetstream"
	"github.com/superher/superher/clicks"
	"github.com/superher/superher/ident"
	"github.com/superher/superher/links"
)

// The tests play several processes: this binary is started again with a role,
// and can be killed for real.
const (
	roleVariable = "SUPERHER_TEST_ROLE"
	dirVariable  = "SUPERHER_TEST_DIR"
	nodeVariable = "SUPERHER_TEST_NODE" // name, client port, cluster port, routes
)

func play(role string) {
	go func() { // whoever started us is gone
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(3)
	}()
	switch role {
	case "recorder":
		playRecorder()
	case "node":
		playNode()
	}
}

// playRecorder records for ever, and says which visits were acknowledged and
// which the sink has stored.
func playRecorder() {
	ctx := context.Background()
	r, err := jetstream.Open(ctx, jetstream.Config{Dir: os.Getenv(dirVariable)})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	go func() {
		_ = r.Run(ctx, func(_ context.Context, visits []clicks.Visit) error {
			for _, v := range visits {
				fmt.Fprintln(os.Stdout, "stored", v.ID)
			}
			return nil
		})
	}()
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for {
				v := newVisit()
				if r.Record(ctx, v) == nil {
					fmt.Fprintln(os.Stdout, "recorded", v.ID)
				}
			}
		})
	}
	wg.Wait()
}

func newVisit() clicks.Visit {
	id, err := ident.New[links.Click](time.Now(), random{})
	if err != nil {
		panic(err)
	}
	return clicks.Visit{ID: id, Hit: links.Hit{Method: "GET", UserAgent: "x"}}
}

func playNode() {
	var name, routes string
	var port, cluster int
	if _, err := fmt.Sscan(os.Getenv(nodeVariable), &name, &port, &cluster, &routes); err != nil {
		panic(err)
	}
	s, err := server.NewServer(&server.Options{
		ServerName: name, Host: "127.0.0.1", Port: port, NoSigs: true, NoLog: true,
		JetStream: true, StoreDir: os.Getenv(dirVariable), JetStreamMaxStore: 1 << 30, JetStreamMaxMemory: 1 << 20,
		Cluster: server.ClusterOpts{Name: "test", Host: "127.0.0.1", Port: cluster}, Routes: server.RoutesFromStr(routes),
	})
	if err != nil {
		panic(err)
	}
	s.Start()
	s.WaitForShutdown()
}

// process is another run of this binary.
type process struct {
	cmd   *exec.Cmd
	lines *bufio.Reader
}

// start starts a process, which is killed when the test ends, if not before.
func start(t *testing.T, role, dir, node string) *process {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), self)
	cmd.Env = append(os.Environ(), roleVariable+"="+role, dirVariable+"="+dir, nodeVariable+"="+node)
	_, err = cmd.StdinPipe()
	require.NoError(t, err)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	cmd.Stderr = os.Stderr
	require.NoError(t, cmd.Start())
	p := &process{cmd, bufio.NewReader(out)}
	t.Cleanup(func() { p.kill() })
	return p
}

// kill is SIGKILL. It returns what the process had written before.
func (p *process) kill() string {
	_ = p.cmd.Process.Kill()
	rest, _ := io.ReadAll(p.lines)
	_ = p.cmd.Wait()
	return string(rest)
}

func TestKill_LosesNothingThatWasAcknowledged(t *testing.T) {
	dir := t.TempDir() + "/clicks"
	recorded, stored := map[string]bool{}, map[string]bool{}
	note := func(line string) {
		switch what, id, whole := strings.Cut(strings.TrimSuffix(line, "\n"), " "); {
		case !whole || !strings.HasSuffix(line, "\n"): // cut by the kill: not known to be acknowledged
		case what == "recorded":
			recorded[id] = true
		case what == "stored":
			stored[id] = true
		}
	}
	for round := range 4 {
		p := start(t, "recorder", dir, "")
		for range 2000 + 500*round {
			line, err := p.lines.ReadString('\n')
			require.NoError(t, err)
			note(line)
		}
		for line := range strings.Lines(p.kill()) {
			note(line)
		}
	}
	r := open(t, jetstream.Config{Dir: dir})
	waiting := r.Stats().Waiting
	ctx, stop := context.WithCancel(t.Context())
	stop() // Run delivers what is left
	require.NoError(t, r.Run(ctx, func(_ context.Context, visits []clicks.Visit) error {
		for _, v := range visits {
			stored[v.ID.String()] = true
		}
		return nil
	}))
	lost := 0
	for id := range recorded {
		if !stored[id] {
			lost++
		}
	}
	t.Logf("4 kills, %d acknowledged, %d stored, %d of them after the last kill, %d lost", len(recorded), len(stored), waiting, lost)
	require.Greater(t, len(recorded), 2000)
	require.Zero(t, lost)
}
