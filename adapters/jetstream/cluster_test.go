package jetstream_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	natsjs "github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/superher/superher/adapters/jetstream"
	"github.com/superher/superher/clicks"
	"github.com/superher/superher/fault"
	"github.com/superher/superher/links"
)

type random struct{}

func (random) Read(b []byte) (int, error) { return rand.Read(b) }

var key = bytes.Repeat([]byte{7}, clicks.KeySize)

const patience = 60 * time.Second

// shelf is a store that counts how often it is offered each visit.
type shelf struct {
	mu      sync.Mutex
	offered map[links.ClickID]int
}

func newShelf() *shelf { return &shelf{offered: map[links.ClickID]int{}} }

func (s *shelf) take(_ context.Context, visits []clicks.Visit) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, v := range visits {
		s.offered[v.ID]++
	}
	return nil
}

func (s *shelf) has(ids []links.ClickID) (missing int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range ids {
		if s.offered[id] == 0 {
			missing++
		}
	}
	return missing
}

// external starts a NATS server that is none of the recorder's, and returns its
// address.
func external(t *testing.T) string {
	t.Helper()
	s, err := server.NewServer(&server.Options{
		Host: "127.0.0.1", Port: server.RANDOM_PORT, NoSigs: true, NoLog: true, JetStream: true, StoreDir: t.TempDir(), JetStreamMaxStore: 1 << 31,
	})
	require.NoError(t, err)
	s.Start()
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	require.True(t, s.ReadyForConnections(patience))
	return s.ClientURL()
}

// run runs recorders until the test ends.
func run(t *testing.T, r clicks.Recorder, sink clicks.Sink) {
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = r.Run(ctx, sink)
	}()
	t.Cleanup(func() { stop(); <-ended })
}

func record(t *testing.T, r clicks.Recorder, n int) (ids []links.ClickID) {
	t.Helper()
	for range n {
		v := newVisit()
		require.NoError(t, r.Record(t.Context(), v))
		ids = append(ids, v.ID)
	}
	return ids
}

func TestShared_EachVisitGoesToOneConsumer(t *testing.T) {
	cfg := jetstream.Config{URL: external(t), Key: key}
	a, b := open(t, cfg), open(t, cfg)
	ids := append(record(t, a, 1500), record(t, b, 1500)...)
	require.EqualValues(t, 3000, a.Stats().Waiting, "those of both")

	store := newShelf()
	both := make(chan struct{}, 2)
	var once [2]sync.Once
	sinkOf := func(i int) clicks.Sink {
		return func(ctx context.Context, visits []clicks.Visit) error {
			once[i].Do(func() { both <- struct{}{} })
			for len(both) < 2 && ctx.Err() == nil { // until the other one has its part
				<-time.After(time.Millisecond)
			}
			return store.take(ctx, visits)
		}
	}
	run(t, a, sinkOf(0))
	run(t, b, sinkOf(1))
	require.Eventually(t, func() bool { return a.Stats().Waiting == 0 }, patience, 10*time.Millisecond)
	require.Zero(t, store.has(ids))
	require.Len(t, store.offered, 3000)
	for _, times := range store.offered {
		require.Equal(t, 1, times)
	}
	require.NotZero(t, a.Stats().Stored)
	require.NotZero(t, b.Stats().Stored)
	require.EqualValues(t, 3000, a.Stats().Stored+b.Stats().Stored)
}

func TestShared_ABatchThatTakesLongerThanAckWaitStaysWithItsConsumer(t *testing.T) {
	cfg := jetstream.Config{URL: external(t), Key: key, AckWait: jetstream.MinAckWait}
	a, b := open(t, cfg), open(t, cfg)
	ids := record(t, a, 100)
	first, second := newShelf(), newShelf()
	begun := make(chan struct{})
	begin := sync.OnceFunc(func() { close(begun) })
	run(t, a, func(ctx context.Context, visits []clicks.Visit) error {
		begin()
		<-time.After(3 * jetstream.MinAckWait)
		return first.take(ctx, visits)
	})
	<-begun
	run(t, b, second.take)
	require.Eventually(t, func() bool { return first.has(ids) == 0 }, patience, 10*time.Millisecond)
	require.Empty(t, second.offered)
}

func TestShared_AConsumerThatDiedLeavesItsBatchToOthers(t *testing.T) {
	cfg := jetstream.Config{URL: external(t), Key: key, AckWait: jetstream.MinAckWait}
	a, b := open(t, cfg), open(t, cfg)
	ids := record(t, a, 100)
	begun := make(chan struct{})
	die := sync.OnceFunc(func() {
		a.Close() // it says nothing any more
		close(begun)
	})
	run(t, a, func(ctx context.Context, _ []clicks.Visit) error {
		die()
		<-ctx.Done()
		return fault.Of(ctx.Err())
	})
	<-begun
	store := newShelf()
	run(t, b, store.take)
	require.Eventually(t, func() bool { return store.has(ids) == 0 }, patience, 10*time.Millisecond)
}

func TestShared_VisitsOfAnotherKeyAreRefusedAndHoldUpNothing(t *testing.T) {
	cfg := jetstream.Config{URL: external(t), Key: key}
	ours := open(t, cfg)
	cfg.Key = bytes.Repeat([]byte{8}, clicks.KeySize)
	theirs := open(t, cfg)
	record(t, theirs, 20)
	conn, err := nats.Connect(cfg.URL)
	require.NoError(t, err)
	defer conn.Close()
	js, err := natsjs.New(conn)
	require.NoError(t, err)
	for _, odd := range []string{"", "x", "\x00\x05abc", "\xff\xff"} {
		_, err := js.Publish(t.Context(), jetstream.DefaultStream+".1", []byte(odd))
		require.NoError(t, err)
	}
	ids := record(t, ours, 20)
	store := newShelf()
	run(t, ours, store.take)
	require.Eventually(t, func() bool { return ours.Stats().Waiting == 0 }, patience, 10*time.Millisecond)
	require.Zero(t, store.has(ids))
	require.Len(t, store.offered, 20)
	require.EqualValues(t, 24, ours.Stats().Refused)
}

// freePorts returns ports that nobody has.
func freePorts(t *testing.T, n int) (ports []int) {
	t.Helper()
	listeners := make([]net.Listener, n)
	for i := range listeners { // all open at once, so that no two are the same
		var err error
		listeners[i], err = net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		ports = append(ports, listeners[i].Addr().(*net.TCPAddr).Port)
	}
	for _, l := range listeners {
		require.NoError(t, l.Close())
	}
	return ports
}

func TestCluster_ANodeThatIsKilledUnderLoadLosesNothing(t *testing.T) {
	ports := freePorts(t, 6)
	var urls, routes []string
	for i := range 3 {
		urls = append(urls, fmt.Sprintf("nats://127.0.0.1:%d", ports[i]))
		routes = append(routes, fmt.Sprintf("nats://127.0.0.1:%d", ports[3+i]))
	}
	nodes := map[string]*process{}
	for i := range 3 {
		name := fmt.Sprintf("node%d", i)
		nodes[name] = start(t, "node", filepath.Join(t.TempDir(), name), fmt.Sprintf("%s %d %d %s", name, ports[i], ports[3+i], strings.Join(routes, ",")))
	}
	cfg := jetstream.Config{URL: strings.Join(urls, ","), Key: key, Replicas: 3, AckWait: 2 * time.Second, Timeout: 10 * time.Second}
	var recorders []*jetstream.Recorder
	require.Eventually(t, func() bool { // until the nodes have found each other
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		r, err := jetstream.Open(ctx, cfg)
		if err == nil {
			recorders = append(recorders, r)
		}
		return len(recorders) == 2
	}, patience, 100*time.Millisecond)
	store := newShelf()
	for _, r := range recorders {
		t.Cleanup(r.Close)
		run(t, r, store.take)
	}

	var mu sync.Mutex
	var acknowledged []links.ClickID
	var shed int
	half := make(chan struct{})
	reached := sync.OnceFunc(func() { close(half) })
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() {
			for range 250 {
				v := newVisit()
				err := recorders[i%2].Record(t.Context(), v)
				mu.Lock()
				if err == nil {
					acknowledged = append(acknowledged, v.ID)
				} else {
					shed++
				}
				if len(acknowledged) == 2000 {
					reached()
				}
				mu.Unlock()
			}
		})
	}
	<-half
	leader := leaderOf(t, cfg.URL)
	nodes[leader].kill()
	wg.Wait()
	require.Eventually(t, func() bool { return store.has(acknowledged) == 0 }, patience, 50*time.Millisecond)
	t.Logf("%s, the leader, killed under load: %d acknowledged, %d shed, %d stored, 0 lost", leader, len(acknowledged), shed, len(store.offered))
	require.GreaterOrEqual(t, len(acknowledged), 2000)
}

// leaderOf returns the name of the node that leads the stream.
func leaderOf(t *testing.T, url string) string {
	t.Helper()
	conn, err := nats.Connect(url)
	require.NoError(t, err)
	defer conn.Close()
	js, err := natsjs.New(conn)
	require.NoError(t, err)
	stream, err := js.Stream(t.Context(), jetstream.DefaultStream)
	require.NoError(t, err)
	return stream.CachedInfo().Cluster.Leader
}
