package clicktest

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/links"
)

// Cut is the moment before which RunDetached takes the clicks out of a store.
func Cut() time.Time { return time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC) }

// RunDetached takes the clicks of before Cut out of the store, lets more of these
// days come late, and requires that the totals hold every click all the same.
func RunDetached(t *testing.T, db Database, detach func(t *testing.T)) {
	var made atomic.Uint64
	made.Store(1 << 41)
	old := []time.Time{at(1, 31, 23), at(2, 10, 9), Cut().Add(-30 * time.Minute), Cut().Add(-time.Microsecond)}
	recent := []time.Time{Cut(), Cut().AddDate(0, 0, 4)}
	late := []time.Time{at(2, 10, 12), at(1, 20, 0), time.Unix(0, 0), time.Unix(0, 0).AddDate(0, 0, 400)}
	var worlds []world
	for _, zone := range []string{"UTC", "Asia/Kolkata", "America/New_York"} {
		both, gone := newWorld(t, db, &made, zone), newWorld(t, db, &made, zone)
		both.append(t, db, &made, old...)
		both.append(t, db, &made, recent...)
		gone.append(t, db, &made, old...)
		worlds = append(worlds, both, gone)
	}
	want := make([]map[key]sums, len(worlds))
	for i, w := range worlds {
		var stored []stored
		want[i], stored = db.read(t, w)
		require.Equal(t, recount(t, w, stored), want[i])
	}
	hold := func(when string) {
		for i, w := range worlds {
			db.sound(t, w, when)
			require.NoError(t, db.Store.System().RebuildTotals(t.Context(), w.advertiser, Cut()), when)
			got, _ := db.read(t, w)
			require.Equal(t, want[i], got, "%s, after a rebuild of totals in %s", when, w.zone)
			db.sound(t, w, when+", after a rebuild")
		}
	}
	detach(t)
	hold("when clicks were taken out")
	for _, moment := range late {
		for i, w := range worlds {
			w.append(t, db, &made, moment)
			want[i], _ = db.read(t, w)
		}
		hold("when a click of " + moment.String() + " has come late")
	}
	detach(t)
	for _, w := range worlds {
		_, left := db.read(t, w)
		require.LessOrEqual(t, len(left), len(recent), "what came late is taken out as well")
	}
	hold("when what came late was taken out")

	w := worlds[1]
	db.change(t, fmt.Sprintf("UPDATE click_days SET day = %d, utc_day = %d WHERE grain = 0 AND advertiser_id = $1 AND kind = 0 AND utc_day = %d",
		day(Cut()), day(Cut()), day(at(2, 10, 0))), db.ID(w.advertiser))
	check, err := db.Store.System().VerifyTotals(t.Context(), w.advertiser)
	require.NoError(t, err)
	require.NotEmpty(t, check.Differences, "a total of a day whose clicks are all there is compared, also where there are none")
}

func at(month time.Month, day, hour int) time.Time {
	return time.Date(2026, month, day, hour, 0, 0, 0, time.UTC)
}

func day(at time.Time) int64 { return at.Unix() / (24 * 60 * 60) }

// append stores a click at each moment, of a visitor of its own.
func (w world) append(t *testing.T, db Database, made *atomic.Uint64, moments ...time.Time) {
	t.Helper()
	clicks := make([]links.Click, len(moments))
	for i, moment := range moments {
		id := newID[links.Click](made)
		clicks[i] = links.Click{ID: id, Advertiser: w.advertiser, Link: w.links[i%len(w.links)].ID, At: moment, Class: links.Human}
		copy(clicks[i].Visitor[:], id[8:])
	}
	require.NoError(t, db.Store.System().AppendClicks(t.Context(), clicks))
}

// sound requires that the store's own comparison finds nothing.
func (db Database) sound(t *testing.T, w world, when string) {
	t.Helper()
	check, err := db.Store.System().VerifyTotals(t.Context(), w.advertiser)
	require.NoError(t, err)
	require.Empty(t, check.Differences[:min(3, len(check.Differences))], "%s, totals in %s", when, w.zone)
}
