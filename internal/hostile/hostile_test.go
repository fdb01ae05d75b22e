package hostile_test

import (
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const (
	leastKinds    = 41
	maxMemory     = 256 << 20
	noticed       = 8 << 20     // growth of the peak that the log tells
	maxPing       = time.Second // generous: a busy machine is no fault; the figure is in the log of the test
	maxGoroutines = 64          // of the process itself, its database and the honest clients
	pool          = 24          // files of a database whose connections were all in use at once
)

// kinds are all of them.
func kinds() []kind {
	return slices.Concat(crowds(), lengths(), encodings(), chunks(), headers(), lines(), paths(), unread(), documents(), games(), vanishings())
}

func TestKinds_AreAtLeastFortyOneEachWithItsName(t *testing.T) {
	names := map[string]bool{}
	for _, k := range kinds() {
		require.False(t, names[k.name], k.name)
		names[k.name] = true
	}
	require.GreaterOrEqual(t, len(names), leastKinds)
	t.Logf("%d kinds", len(names))
}

// victim is a brand whose key the hostile clients have, and that must not gain
// anything by it.
type victim struct {
	key string
	api api
}

func TestServer_BearsHostileHTTPWhileOthersAreServed(t *testing.T) {
	folder := t.TempDir()
	program, file := build(t, folder), filepath.Join(folder, "superher.db")
	keys := map[string]string{}
	for _, name := range []string{"Honest", "Quick", "Slow"} {
		keys[name] = newBrand(t, program, file, name).Key
	}
	p := start(t, program, file)
	quick, slow := victim{keys["Quick"], p.api(t, keys["Quick"])}, victim{keys["Slow"], p.api(t, keys["Slow"])}
	before := storedBefore(t, p, quick, slow)
	plain := begin(t.Context(), p.api(t, keys["Honest"]))
	defer plain.stop()
	sockets, files, seen := p.files()

	attack(t, p, quick, slow)

	t.Run("nothing more is open than before", func(t *testing.T) {
		if !seen {
			t.Skip("THE OPEN FILES WERE NOT COUNTED: there is no /proc here")
		}
		require.Eventually(t, func() bool {
			s, all, _ := p.files()
			return s <= sockets+1 && all <= files+pool // the first ping may have come after the count
		}, closedWithin, 100*time.Millisecond, "before: %d sockets of %d files", sockets, files)
	})
	t.Run("nothing was stored", func(t *testing.T) {
		after, err := quick.api.events(t.Context(), "")
		require.NoError(t, err)
		require.Equal(t, before, after)
		after, err = slow.api.events(t.Context(), "")
		require.NoError(t, err)
		require.Empty(t, after)
	})
	t.Run("the others were served", func(t *testing.T) {
		half, nearlyAll, worst := plain.end()
		t.Logf("%d requests: p50 %s, p99 %s, worst %s", len(plain.took), half, nearlyAll, worst)
		require.NotEmpty(t, plain.took)
		require.Empty(t, plain.failed)
		require.Less(t, nearlyAll, maxPing)
	})
	t.Run("the memory stayed small", func(t *testing.T) {
		peak, ok := p.peak()
		if !ok {
			t.Skip("THE MEMORY WAS NOT MEASURED: there is no /proc here")
		}
		t.Logf("peak of %d MB", peak>>20)
		require.Less(t, peak, int64(maxMemory))
	})
	t.Run("nothing went wrong inside", func(t *testing.T) {
		log := p.logs.String()
		require.Contains(t, log, "status=422", "the log tells the statuses")
		for line := range strings.Lines(log) {
			for _, bad := range []string{"level=ERROR", "msg=panic", "status=500", "status=502", "status=503", "status=504", quick.key, slow.key} {
				require.NotContains(t, line, bad)
			}
		}
	})
	t.Run("nobody is served any more", func(t *testing.T) {
		stacks := p.goroutines(t)
		require.NotEmpty(t, stacks)
		t.Logf("%d goroutines", len(stacks))
		require.Less(t, len(stacks), maxGoroutines)
		serving := slices.DeleteFunc(stacks, func(stack string) bool { return !strings.Contains(stack, "net/http.(*conn).serve") })
		require.LessOrEqual(t, len(serving), 3, "those of the honest client and of the checks\n%s", strings.Join(serving, "\n\n"))
	})
}

// storedBefore shows that what the hostile clients hide in their requests is
// stored where it is not hidden, and returns what there is then.
func storedBefore(t *testing.T, p *process, quick, slow victim) []string {
	t.Helper()
	x := target{addr: p.addr, key: quick.key, marker: "control"}
	got, err := x.say(t.Context(), strings.NewReader(x.hidden()+x.last()))
	require.NoError(t, got.expect(err, []int{http.StatusCreated, http.StatusOK}))
	before, err := quick.api.events(t.Context(), "")
	require.NoError(t, err)
	require.Len(t, before, 1)
	none, err := slow.api.events(t.Context(), "")
	require.NoError(t, err)
	require.Empty(t, none)
	return before
}

// result is how a slow kind ended.
type result struct {
	err  error
	took time.Duration
}

// attack does everything that is hostile: the slow kinds at once, and the others
// meanwhile.
func attack(t *testing.T, p *process, quick, slow victim) {
	t.Helper()
	aim := func(v victim, k kind) target {
		return target{addr: p.addr, key: v.key, marker: "hostile: " + k.name}
	}
	judge := func(t *testing.T, v victim, k kind, err error) {
		t.Helper()
		require.NoError(t, err)
		stored, err := v.api.events(t.Context(), "hostile: "+k.name)
		require.NoError(t, err)
		require.Empty(t, stored, "it was carried out")
	}
	peak, _ := p.peak()
	results := map[string]chan result{}
	for _, k := range kinds() {
		if k.slow {
			ended := make(chan result, 1)
			results[k.name] = ended
			go func() {
				began := time.Now()
				err := k.try(t.Context(), aim(slow, k))
				ended <- result{err, time.Since(began)}
			}()
		}
	}
	for _, k := range kinds() {
		if !k.slow {
			t.Run(k.name, func(t *testing.T) {
				judge(t, quick, k, k.try(t.Context(), aim(quick, k)))
				if now, ok := p.peak(); ok && now > peak+noticed {
					t.Logf("the peak of the memory rose from %d to %d MB", peak>>20, now>>20)
					peak = now
				}
			})
		}
	}
	for _, k := range kinds() {
		if k.slow {
			t.Run(k.name, func(t *testing.T) {
				got := <-results[k.name]
				t.Logf("ended after %s", got.took.Round(100*time.Millisecond))
				judge(t, slow, k, got.err)
			})
		}
	}
}
