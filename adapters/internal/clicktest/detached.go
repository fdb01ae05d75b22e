package clicktest

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/links"
	"github.com/superher/superher/storage"
	"github.com/superher/superher/tenant"
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
			made, err := db.Store.System().RebuildTotals(t.Context(), w.advertiser, storage.Rebuild{At: Cut()})
			require.NoError(t, err, when)
			require.Equal(t, storage.Rebuilt{}, made, when)
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

// RunRezoned moves totals to other zones after the clicks of before Cut were taken
// out of the store: to one with the same offsets, which keeps all clicks, and to
// another one, which tells how many it loses.
func RunRezoned(t *testing.T, db Database, detach func(t *testing.T)) {
	var made atomic.Uint64
	made.Store(1 << 42)
	w, other := newWorld(t, db, &made, "Asia/Kolkata"), newWorld(t, db, &made, "Asia/Kolkata")
	for _, of := range []world{w, other} {
		of.append(t, db, &made, at(1, 31, 23), at(2, 10, 9), Cut().Add(-30*time.Minute), Cut(), Cut().AddDate(0, 0, 4))
	}
	detach(t)
	w.append(t, db, &made, at(2, 10, 12))
	rezoned := func(zone string, lost int64) map[key]sums {
		w.zone = zone
		require.NoError(t, db.Store.Write(t.Context(), tenant.For(w.advertiser), func(ctx context.Context, tx storage.Tx) error {
			a, err := tx.Advertiser(ctx, w.advertiser)
			if err != nil {
				return err
			}
			a.Zone = zone
			return tx.UpdateAdvertiser(ctx, a)
		}))
		done, err := db.Store.System().RebuildTotals(t.Context(), w.advertiser, storage.Rebuild{At: Cut(), IfDue: true})
		require.NoError(t, err)
		require.Equal(t, storage.Rebuilt{Lost: lost}, done, zone)
		check, err := db.Store.System().VerifyTotals(t.Context(), w.advertiser)
		require.NoError(t, err)
		require.Equal(t, storage.TotalsCheck{Zone: zone}, check)
		got, _ := db.read(t, w)
		return got
	}
	want, _ := db.read(t, w)
	require.Equal(t, want, rezoned("Asia/Calcutta", 0), "it is the same zone by an older name")
	require.Equal(t, want, rezoned("Asia/Colombo", 0), "it has had the same offset since 2006")
	got := rezoned("Asia/Kathmandu", 3)
	_, left := db.read(t, w)
	require.Len(t, left, 3)
	require.Equal(t, recount(t, w, left), got, "what is stored is counted, also what came late")
	w.append(t, db, &made, at(1, 31, 22))
	db.sound(t, w, "when another click came late")
	db.sound(t, other, "of an advertiser whose zone stayed as it was")
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
