package clickstest

import (
	"cmp"
	"testing"
	"time"

	"github.com/superher/superher/clicks"
)

// Harness is what a recorder's author brings.
type Harness struct {
	// New returns an empty recorder with room for 20,000 visits at least, whose Run
	// was not called yet, and cleans up after it with t.Cleanup. Required.
	New func(t *testing.T) clicks.Recorder

	// Small returns an empty recorder that has room for fewer than [SmallMost]
	// visits and for a hundred at least. Required.
	Small func(t *testing.T) clicks.Recorder

	// Reopen returns a recorder over what r has kept, as it would be opened after
	// the process of r was killed at this moment. It takes what is kept as it lies
	// there, for example by copying the files, and does not end r in order: r goes
	// on and ends later, without disturbing the new one. The last torn bytes of
	// what was written last are missing, as after a write that was cut; torn is
	// less than a sealed visit has. A recorder that writes several visits at once
	// has written those before when its Stats have told of them. nil for recorders that keep nothing.
	Reopen func(t *testing.T, r clicks.Recorder, torn int) clicks.Recorder

	// Folder returns the folder with all that r keeps, which may be looked through
	// while r works. nil where Reopen is.
	Folder func(r clicks.Recorder) string

	// Patience is how long the suite waits for something that has to happen; 0
	// means half a minute.
	Patience time.Duration
}

// world returns a world around a recorder that does not run yet.
func (h Harness) world(r clicks.Recorder) *world {
	return &world{recorder: r, store: newStore(h.Patience), ended: make(chan error, 1), patience: h.Patience}
}

// SmallMost is how many visits a small recorder is offered to fill it.
const SmallMost = 20_000

// Run runs the whole suite as subtests, one for each contract.
func Run(t *testing.T, h Harness) {
	if h.New == nil || h.Small == nil {
		t.Fatal("clickstest: Harness.New and Harness.Small are required")
	}
	if (h.Reopen == nil) != (h.Folder == nil) {
		t.Fatal("clickstest: Harness.Reopen and Harness.Folder come together")
	}
	h.Patience = cmp.Or(h.Patience, 30*time.Second)
	t.Run("Delivered", h.delivered)
	t.Run("Unavailable", h.unavailable)
	t.Run("Refused", h.refused)
	t.Run("Room", h.room)
	t.Run("End", h.end)
	t.Run("Kept", h.kept)
	t.Run("Privacy", h.privacy)
}
