package storagetest

import (
	"testing"

	"github.com/superher/superher/storage"
)

// Defaults of a [Harness].
const (
	DefaultScale = 500 // external ids
	DefaultSeeds = 20  // seeds
)

// Harness is what an adapter's author brings.
type Harness struct {
	// New returns an empty store for one case and cleans up after it with
	// t.Cleanup. Required. Cases may run in parallel, so stores must not share data.
	New func(t *testing.T) storage.Store

	// Scale is the number of external ids that are sent 2 to 20 times each from
	// 16 goroutines; 0 means DefaultScale.
	Scale int

	// Seeds is the number of random filters whose reports are compared with
	// stats.Fold; 0 means DefaultSeeds.
	Seeds int

	// FirstSeed is where the seeds begin: a failure names its seed, and
	// FirstSeed with Seeds 1 repeats it.
	FirstSeed uint64

	// Texts are further odd texts that have to come back byte for byte. Those
	// that the domain refuses (control characters, broken UTF-8, too long) are
	// left out.
	Texts []string
}

// Run runs the whole suite as subtests, one for each contract.
func Run(t *testing.T, h Harness) {
	h = h.filled(t)
	t.Run("Doors", h.doors)
	t.Run("Isolation", h.isolation)
	t.Run("Visibility", h.visibility)
	t.Run("References", h.references)
	t.Run("Uniqueness", h.uniqueness)
	t.Run("Versions", h.versions)
	t.Run("Idempotency", h.idempotency)
	t.Run("Events", h.events)
	t.Run("Streams", h.streams)
	t.Run("Atomicity", h.atomicity)
	t.Run("Concurrency", h.concurrency)
	t.Run("Text", h.text)
	t.Run("Moments", h.moments)
	t.Run("Paging", h.paging)
	t.Run("Lists", h.lists)
	t.Run("Clicks", h.clicks)
	t.Run("System", h.system)
	t.Run("Users", h.users)
	t.Run("Requests", h.requests)
	t.Run("Tickets", h.tickets)
	t.Run("Administer", h.administration)
	t.Run("Stats", h.stats)
	t.Run("Totals", h.totals)
}

// RunStats runs the contract of the reports alone: for a way to answer them
// that leaves everything else of a store as it is.
func RunStats(t *testing.T, h Harness) { t.Run("Stats", h.filled(t).stats) }

func (h Harness) filled(t *testing.T) Harness {
	if h.New == nil {
		t.Fatal("storagetest: Harness.New is required")
	}
	if h.Scale == 0 {
		h.Scale = DefaultScale
	}
	if h.Seeds == 0 {
		h.Seeds = DefaultSeeds
	}
	return h
}
