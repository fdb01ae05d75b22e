package jetstream_test

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	natsjs "github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/superher/superher/adapters/jetstream"
	"github.com/superher/superher/clicks"
	"github.com/superher/superher/fault"
	"github.com/superher/superher/links"
)

// admin is somebody who may do with the stream what an operator may.
type admin struct {
	conn *nats.Conn
	js   natsjs.JetStream
}

func newAdmin(t *testing.T, url string) admin {
	t.Helper()
	conn, err := nats.Connect(url)
	require.NoError(t, err)
	t.Cleanup(conn.Close)
	js, err := natsjs.New(conn)
	require.NoError(t, err)
	return admin{conn, js}
}

// silence is a stream that does not answer: the server has deleted it, and
// somebody listens in its place who says nothing.
type silence struct {
	listening *nats.Subscription
	heard     chan struct{} // something came

	mu       sync.Mutex
	messages map[string]bool // their ids
}

func (a admin) silence(t *testing.T) *silence {
	t.Helper()
	require.NoError(t, a.js.DeleteStream(t.Context(), jetstream.DefaultStream))
	s := &silence{heard: make(chan struct{}, 1), messages: map[string]bool{}}
	var err error
	s.listening, err = a.conn.Subscribe(jetstream.DefaultStream+".*", func(m *nats.Msg) {
		s.mu.Lock()
		s.messages[m.Header.Get(natsjs.MsgIDHeader)] = true
		s.mu.Unlock()
		select {
		case s.heard <- struct{}{}:
		default:
		}
	})
	require.NoError(t, err)
	require.NoError(t, a.conn.Flush())
	return s
}

// over makes the stream again, as the next node does that starts.
func (s *silence) over(t *testing.T, cfg jetstream.Config) {
	t.Helper()
	require.NoError(t, s.listening.Unsubscribe())
	open(t, cfg)
}

func (s *silence) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.messages)
}

func requireUnavailable(t *testing.T, err error) {
	t.Helper()
	require.ErrorIs(t, err, fault.Unavailable)
	require.True(t, fault.HasReason(err, "clicks-unpublished"), "%v", err)
}

func TestRecord_OnceTheStreamIsSilentOneAtATimeWaitsForIt(t *testing.T) {
	cfg := jetstream.Config{URL: external(t), Key: key, Timeout: 300 * time.Millisecond}
	r := open(t, cfg)
	kept := record(t, r, 10)
	silent := newAdmin(t, cfg.URL).silence(t)
	patient, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var shed int64
	for range 300 {
		requireUnavailable(t, r.Record(patient, newVisit()))
		shed++
	}
	require.Less(t, silent.count(), 100, "most were answered without asking the stream")
	silent.over(t, cfg)
	require.Eventually(t, func() bool {
		err := r.Record(t.Context(), newVisit())
		if err != nil {
			requireUnavailable(t, err)
			shed++
		}
		return err == nil
	}, patience, time.Millisecond)
	record(t, r, 10)
	got := r.Stats()
	require.Equal(t, shed, got.Shed)
	require.EqualValues(t, len(kept)+11, got.Recorded)
	require.EqualValues(t, 11, got.Waiting, "in the new stream")
}

func TestRecord_ThoseBehindAGroupThatFailedAreAnsweredWithIt(t *testing.T) {
	cfg := jetstream.Config{URL: external(t), Key: key}
	r := open(t, cfg)
	silent := newAdmin(t, cfg.URL).silence(t)
	var wg sync.WaitGroup
	for range 2000 { // several messages
		wg.Go(func() { requireUnavailable(t, r.Record(t.Context(), newVisit())) })
	}
	wg.Wait()
	require.Equal(t, 1, silent.count(), "messages that were tried")
	require.EqualValues(t, 2000, r.Stats().Shed)
	require.Zero(t, r.Stats().Recorded)
}

func TestRecord_AVisitOfACallerWhoLeftCountsAsWhatBecameOfIt(t *testing.T) {
	cfg := jetstream.Config{URL: external(t), Key: key, Timeout: 4 * time.Second}
	r := open(t, cfg)
	boss := newAdmin(t, cfg.URL)
	leave := func(silent *silence) {
		ctx, cancel := context.WithCancel(t.Context())
		answer := make(chan error, 1)
		go func() { answer <- r.Record(ctx, newVisit()) }()
		<-silent.heard
		cancel()
		require.Error(t, <-answer)
		require.Zero(t, r.Stats().Shed, "it is on its way")
	}
	silent := boss.silence(t)
	leave(silent)
	silent.over(t, cfg)
	require.Eventually(t, func() bool { return r.Stats().Recorded == 1 }, patience, time.Millisecond)
	require.EqualValues(t, 1, r.Stats().Waiting)
	require.Zero(t, r.Stats().Shed)

	leave(boss.silence(t))
	require.Eventually(t, func() bool { return r.Stats().Shed == 1 }, patience, time.Millisecond)
	require.EqualValues(t, 1, r.Stats().Recorded)
}

func TestRecord_AsyncKeepsItsWindowWhileTheStreamIsSilent(t *testing.T) {
	cfg := jetstream.Config{URL: external(t), Key: key, Publish: jetstream.Async, Timeout: 300 * time.Millisecond, Window: 50}
	r := open(t, cfg)
	silent := newAdmin(t, cfg.URL).silence(t)
	record(t, r, 1)
	require.Eventually(t, func() bool { return r.Stats().Shed == 1 }, patience, time.Millisecond, "that of the message that was tried")
	record(t, r, 1)
	<-silent.heard
	require.Eventually(t, func() bool { return r.Record(t.Context(), newVisit()) != nil }, patience, time.Nanosecond, "the window is full")
	silent.over(t, cfg)
	require.Eventually(t, func() bool {
		s := r.Stats()
		return s.Waiting > 0 && s.Recorded == s.Waiting+s.Shed-1
	}, patience, time.Millisecond, "each but the one that the window refused is in the stream or counted")
}

func TestRun_MakesWhatSomebodyDeletedAgain(t *testing.T) {
	cfg := jetstream.Config{URL: external(t), Key: key, Timeout: 300 * time.Millisecond}
	r := open(t, cfg)
	store := newShelf()
	run(t, r, store.take)
	stored := func(ids []links.ClickID) {
		t.Helper()
		require.Eventually(t, func() bool { return store.has(ids) == 0 }, patience, time.Millisecond)
	}
	stored(record(t, r, 10))
	boss := newAdmin(t, cfg.URL)
	require.NoError(t, boss.js.DeleteConsumer(t.Context(), jetstream.DefaultStream, "loader"))
	stored(record(t, r, 10))
	require.NoError(t, boss.js.DeleteStream(t.Context(), jetstream.DefaultStream))
	var kept links.ClickID
	require.Eventually(t, func() bool {
		v := newVisit()
		kept = v.ID
		return r.Record(t.Context(), v) == nil
	}, patience, time.Millisecond)
	stored([]links.ClickID{kept})
}

func TestRun_HoldsNoMoreThanABatchAndARequest(t *testing.T) {
	cfg := jetstream.Config{URL: external(t), Key: key}
	r := open(t, cfg)
	boss := newAdmin(t, cfg.URL)
	sealer, err := clicks.NewSealer(key)
	require.NoError(t, err)
	var content []byte
	for range 500 {
		sealed := sealer.Seal(nil, newVisit())
		content = append(append(content, byte(len(sealed)>>8), byte(len(sealed))), sealed...)
	}
	for range 60 {
		_, err := boss.js.Publish(t.Context(), jetstream.DefaultStream+".500", content)
		require.NoError(t, err)
	}
	begun, over := make(chan struct{}), make(chan struct{})
	begin := sync.OnceFunc(func() { close(begun) })
	run(t, r, func(context.Context, []clicks.Visit) error {
		begin()
		<-over
		return nil
	})
	defer close(over)
	<-begun
	consumer, err := boss.js.Consumer(t.Context(), jetstream.DefaultStream, "loader")
	require.NoError(t, err)
	require.LessOrEqual(t, consumer.CachedInfo().NumAckPending, 22)
}

// lines passes on what is logged.
type lines chan string

func (l lines) Write(line []byte) (int, error) {
	l <- string(line)
	return len(line), nil
}

func TestRun_SaysOnceForManyThatAKeyDoesNotOpenThem(t *testing.T) {
	cfg := jetstream.Config{URL: external(t), Key: make([]byte, clicks.KeySize)}
	theirs := open(t, cfg)
	log := make(lines, 10_000)
	cfg.Key, cfg.Log = key, slog.New(slog.NewTextHandler(log, nil))
	ours := open(t, cfg)
	record(t, theirs, 500)
	run(t, ours, newShelf().take)
	require.Eventually(t, func() bool { return ours.Stats().Refused == 500 }, patience, time.Millisecond)
	require.Contains(t, <-log, "clicks cannot be opened")
	require.Less(t, len(log), 100)
}
