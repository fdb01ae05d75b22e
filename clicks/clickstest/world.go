package clickstest

import (
	"context"
	"encoding/binary"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/clicks"
	"github.com/superher/superher/links"
	"github.com/superher/superher/tenant"
)

// world is a recorder, the store that it delivers to, and what was recorded.
type world struct {
	recorder clicks.Recorder
	store    *store
	patience time.Duration

	mu       sync.Mutex
	next     uint64
	recorded []clicks.Visit

	stop  context.CancelFunc // ends Run
	ended chan error         // its result
}

// run starts Run. It ends at the end of the test, if not before.
func (w *world) run(t *testing.T) *world {
	t.Helper()
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	w.stop = stop
	over := make(chan struct{})
	go func() {
		defer close(over)
		w.ended <- w.recorder.Run(ctx, w.store.sink)
	}()
	t.Cleanup(func() { // what is left in a broken recorder must not hold up the rest
		w.store.become(always(take))
		close(w.store.over)
		stop()
		<-over
	})
	return w
}

// end stops Run in order and returns its error.
func (w *world) end(t *testing.T) error {
	t.Helper()
	w.stop()
	select {
	case err := <-w.ended:
		return err
	case <-time.After(clicks.FlushTime + w.patience):
		require.FailNow(t, "Run goes on after its context was done")
		return nil
	}
}

// visit returns a visit that no other is like.
func (w *world) visit() clicks.Visit {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.next++
	n := w.next
	v := clicks.Visit{
		Advertiser: tenant.ID{0: 1, 15: byte(n % 3)}, Link: links.ID{0: 2, 15: byte(n % 7)},
		Hit: links.Hit{
			At: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC).Add(time.Duration(n) * 1001 * time.Microsecond), Method: "GET",
			Address:   netip.AddrFrom16([16]byte{0x20, 0x01, 0x0d, 0xb8, 12: byte(n >> 24), 13: byte(n >> 16), 14: byte(n >> 8), 15: byte(n)}),
			UserAgent: "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/137.0 Mobile Safari/537.36",
			Referrer:  "https://www.example.com/a?b=c",
		},
	}
	v.ID = links.ClickID{0: 3, 6: 0x70, 8: 0x80}
	binary.BigEndian.PutUint32(v.ID[12:], uint32(n))
	switch n % 16 {
	case 1:
		v.Hit.Address, v.Hit.Country = netip.AddrFrom4([4]byte{203, 0, byte(n >> 8), byte(n)}), "DE"
	case 2:
		v.Hit.Address, v.Hit.Method, v.Hit.UserAgent = netip.Addr{}, "HEAD", ""
	case 3:
		v.Hit.Purpose, v.Hit.Referrer = "prefetch;prerender", ""
	case 4:
		v.Hit.UserAgent = strings.Repeat("é", links.MaxAgent/2)
	case 5:
		v.Hit.UserAgent, v.Hit.Referrer = "\xff\x00\n", "\"%zz"
	}
	return v
}

// visits returns n of them.
func (w *world) visits(n int) []clicks.Visit {
	out := make([]clicks.Visit, n)
	for i := range out {
		out[i] = w.visit()
	}
	return out
}

// record records visits and expects each to be taken.
func (w *world) record(t *testing.T, visits []clicks.Visit) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), w.patience)
	defer cancel()
	for _, v := range visits {
		require.NoError(t, w.recorder.Record(ctx, v), "there is room for it")
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.recorded = append(w.recorded, visits...)
}

// settle waits until nothing is on its way, and fails where it never is so.
func (w *world) settle(t *testing.T) clicks.Stats {
	t.Helper()
	require.Eventually(t, func() bool { return w.recorder.Stats().Waiting == 0 }, w.patience, time.Millisecond, "visits wait for ever")
	return w.recorder.Stats()
}

// requireAll waits until the recorder has settled, and fails unless the store
// has all that was recorded and the figures say so.
func (w *world) requireAll(t *testing.T) {
	t.Helper()
	n := len(w.recorded)
	w.store.awaitTaken(t, n)
	got := w.settle(t)
	w.store.requireExactly(t, w.recorded)
	require.EqualValues(t, n, got.Recorded, "recorded")
	require.EqualValues(t, n, got.Stored, "stored")
	require.Zero(t, got.Refused, "refused")
	require.Zero(t, got.Shed, "shed")
}
