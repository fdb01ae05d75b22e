package clicktest

import (
	"context"
	"database/sql"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/ident"
	"github.com/superher/superher/links"
	"github.com/superher/superher/storage"
	"github.com/superher/superher/tenant"
)

// Database is a store and a way to its tables.
type Database struct {
	Store storage.Store
	Begin func(ctx context.Context) (*sql.Tx, error) // sees and may write every row
	// Hex and Micros return expressions for the hexadecimal text of an id or of
	// bytes, "" for none, and for the microseconds since 1970 of a moment.
	Hex, Micros func(column string) string
	ID          func(id [16]byte) any // the argument for an id
	Now         string                // an expression for a moment
}

// world is an advertiser with links.
type world struct {
	advertiser tenant.ID
	zone       string
	links      []links.Link
}

// zones are at whole, half and quarter hours, and some change their clocks near the
// moments that are drawn.
func zones() []string {
	return []string{"UTC", "Asia/Kolkata", "Asia/Kathmandu", "America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Pacific/Apia"}
}

// Run appends clicks in random batches, with repeats and late ones, and compares
// the totals with a plain recount of what is stored.
func Run(t *testing.T, db Database) {
	var made atomic.Uint64
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld(t, db, &made, zone(t))
		clicks := rapid.SliceOfN(w.click(&made), 1, 60).Draw(t, "clicks")
		var sent []links.Click
		for len(clicks) > 0 {
			n := rapid.IntRange(1, len(clicks)).Draw(t, "batch")
			batch := append([]links.Click{}, clicks[:n]...)
			if len(sent) > 0 {
				for range rapid.IntRange(0, 3).Draw(t, "repeats") {
					batch = append(batch, rapid.SampledFrom(sent).Draw(t, "again"))
				}
			}
			batch = rapid.Permutation(batch).Draw(t, "order")
			require.NoError(t, db.Store.System().AppendClicks(context.Background(), batch))
			sent, clicks = append(sent, batch...), clicks[n:]
		}
		got, rows := db.read(t, w)
		require.Equal(t, recount(t, w, rows), got)
	})
}

// RunManyAdvertisers appends one batch of clicks of several advertisers, of which
// one has no totals.
func RunManyAdvertisers(t *testing.T, db Database) {
	var made atomic.Uint64
	made.Store(1 << 40)
	rapid.Check(t, func(t *rapid.T) {
		worlds := []world{newWorld(t, db, &made, zone(t)), newWorld(t, db, &made, zone(t)), newWorld(t, db, &made, zone(t))}
		db.change(t, "DELETE FROM totals WHERE advertiser_id = $1", db.ID(worlds[2].advertiser))
		for range 2 {
			var batch []links.Click
			for _, w := range worlds {
				batch = append(batch, rapid.SliceOfN(w.click(&made), 0, 20).Draw(t, "clicks")...)
			}
			require.NoError(t, db.Store.System().AppendClicks(context.Background(), rapid.Permutation(batch).Draw(t, "order")))
		}
		for _, w := range worlds[:2] {
			got, rows := db.read(t, w)
			require.Equal(t, recount(t, w, rows), got)
		}
		got, _ := db.read(t, worlds[2])
		require.Empty(t, got, "there are no totals until they are made")
	})
}

func zone(t *rapid.T) string { return rapid.SampledFrom(zones()).Draw(t, "zone") }

func newWorld(t require.TestingT, db Database, made *atomic.Uint64, zone string) world {
	ctx := context.Background()
	w := world{advertiser: newID[tenant.Advertiser](made), zone: zone}
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	require.NoError(t, db.Store.System().CreateAdvertiser(ctx, tenant.Advertiser{ID: w.advertiser, Name: "Brand", Zone: w.zone, Currency: "INR", CreatedAt: at, Version: 1}))
	require.NoError(t, db.Store.Write(ctx, tenant.For(w.advertiser), func(ctx context.Context, tx storage.Tx) error {
		w.links = nil
		influencer := newID[campaigns.Influencer](made)
		if err := tx.CreateInfluencer(ctx, campaigns.Influencer{ID: influencer, Name: "Jessica", CreatedAt: at, Version: 1}); err != nil {
			return err
		}
		for range 2 {
			campaign := newID[campaigns.Campaign](made)
			if err := tx.CreateCampaign(ctx, campaigns.Campaign{ID: campaign, Name: "Summer", Status: campaigns.Active, CreatedAt: at, Version: 1}); err != nil {
				return err
			}
			for _, of := range []campaigns.InfluencerID{influencer, {}} {
				l := links.Link{ID: newID[links.Link](made), Campaign: campaign, Influencer: of, Code: links.Code(fmt.Sprintf("c%x", made.Add(1))),
					Destination: "https://shop.example/", Status: links.Active, CreatedAt: at, Version: 1}
				if err := tx.CreateLink(ctx, l); err != nil {
					return err
				}
				w.links = append(w.links, l)
			}
		}
		return nil
	}))
	db.change(t, "DELETE FROM totals WHERE advertiser_id = $1", db.ID(w.advertiser))
	db.change(t, "INSERT INTO totals (advertiser_id, zone, rebuilt_at) VALUES ($1, $2, "+db.Now+")", db.ID(w.advertiser), w.zone)
	return w
}

func newID[T any](made *atomic.Uint64) ident.Of[T] {
	var id ident.Of[T]
	binary.BigEndian.PutUint64(id[8:], made.Add(1))
	id[0] = 1
	return id
}

// click draws a click of a few days around the end of a month in which clocks
// change. Visitors come back within the window, the day and beyond.
func (w world) click(made *atomic.Uint64) *rapid.Generator[links.Click] {
	return rapid.Custom(func(t *rapid.T) links.Click {
		start := rapid.SampledFrom([]time.Time{
			time.Date(2026, 3, 28, 12, 0, 0, 0, time.UTC), time.Date(2026, 10, 31, 12, 0, 0, 0, time.UTC), time.Date(1969, 12, 31, 0, 0, 0, 0, time.UTC),
		}).Draw(t, "start")
		c := links.Click{
			ID: newID[links.Click](made), Advertiser: w.advertiser, Link: rapid.SampledFrom(w.links).Draw(t, "link").ID,
			At:      start.Add(time.Duration(rapid.IntRange(0, 4*24*4).Draw(t, "quarter")) * 15 * time.Minute).Add(time.Duration(rapid.IntRange(0, 1).Draw(t, "micro")) * time.Microsecond),
			Visitor: links.Visitor{byte(rapid.IntRange(1, 4).Draw(t, "visitor"))},
			Class:   rapid.SampledFrom([]links.Class{links.Human, links.Human, links.Human, links.Bot}).Draw(t, "class"),
		}
		return c
	})
}

func (db Database) change(t require.TestingT, text string, args ...any) {
	tx, err := db.Begin(context.Background())
	require.NoError(t, err)
	defer func() { _ = tx.Rollback() }()
	_, err = tx.ExecContext(context.Background(), text, args...)
	require.NoError(t, err)
	require.NoError(t, tx.Commit())
}

// key is a row of one of the tables of totals: which, and its key.
type key struct {
	table       string
	kind, grain int64
	day, utc    int64
	thing       string
}

type sums struct{ clicks, all, visitors int64 }

type stored struct {
	at                                  int64
	visitor, link, campaign, influencer string
	human                               bool
}

// read returns the totals of an advertiser and its clicks.
func (db Database) read(t require.TestingT, w world) (map[key]sums, []stored) {
	tx, err := db.Begin(context.Background())
	require.NoError(t, err)
	defer func() { _ = tx.Rollback() }()
	totals := map[key]sums{}
	of := func(text string, scan func(*sql.Rows)) {
		rows, err := tx.QueryContext(context.Background(), text, db.ID(w.advertiser))
		require.NoError(t, err)
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			scan(rows)
		}
		require.NoError(t, rows.Err())
	}
	of("SELECT kind, grain, day, utc_day, "+db.Hex("thing_id")+", clicks, all_clicks, visitors FROM click_days WHERE advertiser_id = $1", func(r *sql.Rows) {
		k, s := key{table: "click_days"}, sums{}
		require.NoError(t, r.Scan(&k.kind, &k.grain, &k.day, &k.utc, &k.thing, &s.clicks, &s.all, &s.visitors))
		totals[k] = s
	})
	of("SELECT kind, grain, day, "+db.Hex("thing_id")+", visitors FROM click_visitors WHERE advertiser_id = $1", func(r *sql.Rows) {
		k, s := key{table: "click_visitors"}, sums{}
		require.NoError(t, r.Scan(&k.kind, &k.grain, &k.day, &k.thing, &s.visitors))
		totals[k] = s
	})
	var clicks []stored
	of("SELECT "+db.Micros("occurred_at")+", "+db.Hex("visitor")+", "+db.Hex("link_id")+", "+db.Hex("campaign_id")+", "+db.Hex("influencer_id")+
		", class = 'human' FROM click_events WHERE advertiser_id = $1", func(r *sql.Rows) {
		var c stored
		require.NoError(t, r.Scan(&c.at, &c.visitor, &c.link, &c.campaign, &c.influencer, &c.human))
		clicks = append(clicks, c)
	})
	return totals, clicks
}

// recount adds the clicks up, as the tables' definitions say.
func recount(t require.TestingT, w world, clicks []stored) map[key]sums {
	zone, err := time.LoadLocation(w.zone)
	require.NoError(t, err)
	dayOf := func(y int, m time.Month, d int) int64 {
		return int64(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Sub(time.Unix(0, 0)).Hours()) / 24
	}
	type person struct {
		key
		visitor string
	}
	out, people := map[key]sums{}, map[person]bool{}
	for _, c := range clicks {
		at := time.UnixMicro(c.at)
		y, m, d := at.In(zone).Date()
		day, month := dayOf(y, m, d), dayOf(y, m, 1)
		y, m, d = at.UTC().Date()
		utc, utcMonth := dayOf(y, m, d), dayOf(y, m, 1)
		none := hex.EncodeToString(make([]byte, 16))
		if c.influencer == "" {
			c.influencer = none
		}
		things := []string{none, c.campaign, c.influencer, c.link}
		if c.influencer != none {
			things = append(things, none) // all that have one, together
		}
		for kind, thing := range things {
			add := func(k key, more sums) {
				s := out[k]
				out[k] = sums{s.clicks + more.clicks, s.all + more.all, s.visitors + more.visitors}
			}
			k := key{"click_days", int64(kind), 0, day, utc, thing}
			months := key{"click_days", int64(kind), 1, month, 0, thing}
			if !c.human {
				add(k, sums{all: 1})
				add(months, sums{all: 1})
				continue
			}
			add(k, sums{clicks: 1, all: 1})
			add(months, sums{clicks: 1, all: 1})
			if p := (person{k, c.visitor}); !people[p] {
				people[p] = true
				add(k, sums{visitors: 1})
			}
			k = key{"click_visitors", int64(kind), 0, utc, 0, thing}
			if p := (person{k, c.visitor}); !people[p] {
				people[p] = true
				add(k, sums{visitors: 1})
				add(key{"click_visitors", int64(kind), 1, utcMonth, 0, thing}, sums{visitors: 1})
			}
		}
	}
	return out
}
