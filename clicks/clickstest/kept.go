package clickstest

import (
	"bytes"
	"errors"
	"io/fs"
	"maps"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/clicks"
	"github.com/superher/superher/links"
)

// kept: what was recorded before the process was killed is delivered by the
// next one.
func (h Harness) kept(t *testing.T) {
	if h.Reopen == nil {
		t.Skip("this recorder keeps nothing over the life of its process")
	}
	t.Run("WhatWasNeverDelivered", func(t *testing.T) {
		w := h.world(h.New(t))
		w.record(t, w.visits(1300))
		next := w.crash(t, h, 0)
		require.EqualValues(t, 1300, next.recorder.Stats().Waiting, "those of the earlier process are known")
		next.run(t).requireRest(t, w.recorded, len(w.recorded))
	})
	t.Run("WhatASinkThatWasAwayDidNotTake", func(t *testing.T) {
		w := h.world(h.New(t))
		w.store.become(func(offer int, _ []clicks.Visit) verdict {
			if offer <= 2 {
				return take
			}
			return away
		})
		w.run(t)
		w.record(t, w.visits(5000))
		w.store.awaitOffers(t, 3)
		w.crashMidway(t, h)
	})
	t.Run("WhatWasOnItsWay", func(t *testing.T) {
		// The store has taken the batch, and the process is killed before it knows.
		for range 3 {
			w := h.world(h.New(t))
			w.store.become(func(offer int, _ []clicks.Visit) verdict {
				if offer == 2 {
					return loseAnswer
				}
				return take
			})
			w.run(t)
			w.record(t, w.visits(300))
			w.store.awaitTaken(t, 1)
			w.record(t, w.visits(300))
			w.crashMidway(t, h)
		}
	})
	t.Run("AllOfManyAtOnce", func(t *testing.T) {
		w := h.world(h.New(t)).run(t)
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() { w.record(t, w.visits(250)) })
		}
		wg.Wait()
		w.crashMidway(t, h)
	})
	t.Run("AfterOneCrashAndAnother", func(t *testing.T) {
		w := h.world(h.New(t))
		var all []clicks.Visit
		for range 4 {
			some := w.visits(200)
			w.record(t, some)
			all = append(all, some...)
			next := w.crash(t, h, 0)
			next.next = w.next
			w = next
		}
		w.run(t).requireRest(t, all, len(all))
	})
	t.Run("WhatWasRefusedDoesNotComeBack", func(t *testing.T) {
		w := h.world(h.New(t))
		visits := w.visits(100)
		poison := map[links.ClickID]bool{visits[40].ID: true}
		w.store.become(func(_ int, offer []clicks.Visit) verdict {
			if has(offer, poison) {
				return refuse
			}
			return take
		})
		w.record(t, visits)
		w.run(t)
		w.settle(t)
		require.NoError(t, w.end(t))
		next := w.crash(t, h, 0)
		next.store.become(w.store.judge)
		next.run(t)
		next.record(t, []clicks.Visit{w.visit()})
		next.store.awaitTaken(t, 1)
		require.Zero(t, next.settle(t).Refused)
	})
	t.Run("ATornLastRecordCostsNoOther", func(t *testing.T) {
		for _, torn := range []int{1, 2, 5, 17, 60, clicks.MinSealed - 1} {
			w := h.world(h.New(t))
			w.record(t, w.visits(249))
			w.recorder.Stats()
			w.record(t, w.visits(1)) // in a write of its own
			w.recorder.Stats()
			next := w.crash(t, h, torn)
			more := next.visits(100)
			next.record(t, more) // there is a place for the next ones, and they last as well
			last := next.crash(t, h, 0).run(t)
			last.store.awaitTaken(t, 349)
			last.settle(t)
			want := slices.Concat(w.recorded[:249], more)
			if _, found := last.store.taken[w.recorded[249].ID]; found {
				want = append(want, w.recorded[249])
			}
			last.store.requireExactly(t, want)
		}
	})
}

// crash returns the world of the next process.
func (w *world) crash(t *testing.T, h Harness, torn int) *world {
	t.Helper()
	next := h.world(h.Reopen(t, w.recorder, torn))
	next.next = w.next
	return next
}

// crashMidway kills the process while it delivers: from one moment on the store
// hears nothing more of it, and the next process delivers the rest.
func (w *world) crashMidway(t *testing.T, h Harness) {
	t.Helper()
	w.store.mu.Lock()
	w.store.judge = always(away)
	taken := maps.Clone(w.store.taken)
	w.store.mu.Unlock()
	next := w.crash(t, h, 0)
	next.store.taken = taken
	next.run(t).requireRest(t, w.recorded, 0)
}

// requireRest waits until the store has exactly these visits, of which the
// recorder, which has recorded none itself, has delivered at least some.
func (w *world) requireRest(t *testing.T, want []clicks.Visit, atLeast int) {
	t.Helper()
	w.store.awaitTaken(t, len(want))
	got := w.settle(t)
	w.store.requireExactly(t, want)
	require.Zero(t, got.Refused)
	require.Zero(t, got.Shed)
	require.Zero(t, got.Recorded)
	require.GreaterOrEqual(t, got.Stored, int64(atLeast))
}

// privacy: no address of a visitor lies anywhere in clear.
func (h Harness) privacy(t *testing.T) {
	if h.Folder == nil {
		t.Skip("this recorder keeps nothing over the life of its process")
	}
	w := h.world(h.New(t))
	visits := w.visits(1000)
	for i := range visits {
		n := byte(i)
		visits[i].Hit.Address = netip.AddrFrom16([16]byte{0x20, 0x01, 0x0d, 0xb8, 0xde, 0xad, 0xbe, 0xef, 0xfe, 0xed, 0xca, 0xfe, 0xba, 0xbe, byte(i >> 8), n})
		visits[i].Hit.UserAgent = "the agent of a person"
	}
	w.record(t, visits)
	search := func() (files int) {
		require.NoError(t, filepath.WalkDir(h.Folder(w.recorder), func(path string, entry fs.DirEntry, err error) error {
			if errors.Is(err, fs.ErrNotExist) || err == nil && entry.IsDir() {
				return nil
			}
			content, err := os.ReadFile(path)
			if errors.Is(err, fs.ErrNotExist) { // gone meanwhile
				return nil
			}
			files++
			for _, text := range []string{"\xde\xad\xbe\xef\xfe\xed\xca\xfe", "2001:db8:dead:beef", "the agent of a person"} {
				require.False(t, bytes.Contains(content, []byte(text)), "%s holds %q", path, text)
			}
			return err
		}))
		return files
	}
	require.NotZero(t, search(), "the recorder keeps nothing in its folder")
	w.run(t).requireAll(t)
	search()
}
