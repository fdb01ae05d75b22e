package superher

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/superher/superher/fault"
	"github.com/superher/superher/storage"
	"github.com/superher/superher/tenant"
)

// Defaults of a TotalsConfig.
const (
	DefaultTotalsEvery  = time.Second
	DefaultTotalsVerify = time.Minute
)

const (
	// idleFactor is how many times longer the pause becomes while there is
	// nothing to do.
	idleFactor = 5
	// verifyShare is the part of the time that comparing may take, as 1 in so
	// many: on a large store it goes on all the time, and must leave the machine
	// to others.
	verifyShare = 20
	// firstRetry and lastRetry are the pauses before an advertiser is tried again
	// for whom something went wrong that will not pass by itself.
	firstRetry = time.Minute
	lastRetry  = time.Hour
)

// TotalsConfig is how totals are kept. The zero TotalsConfig is complete.
type TotalsConfig struct {
	Every  time.Duration // between two looks for work; 0 means DefaultTotalsEvery
	Verify time.Duration // between two comparisons, of one advertiser each; 0 means DefaultTotalsVerify, less than 0 never
	Log    *slog.Logger  // nil means none
}

// TotalsStats is what a [TotalsKeeper] has done since it was made.
type TotalsStats struct {
	Waiting     int64 // changes that the last look found, up to storage.MaxWaiting of each advertiser
	Folded      int64 // changes moved into totals
	Rebuilt     int64 // advertisers whose totals were made anew
	Verified    int64 // comparisons
	Differences int64 // what the comparisons found, none on a healthy store
	Failed      int64 // steps that failed, and are tried again
}

// TotalsKeeper keeps the sums that reports are answered from up to date. Reports
// are right without it, but grow slow. One is enough for a store; several, as in
// several processes, share the work.
type TotalsKeeper struct {
	client *Client
	config TotalsConfig

	mu    sync.Mutex
	stats TotalsStats
}

// retries say when advertisers are tried again for whom something went wrong.
type retries map[tenant.ID]retry

type retry struct {
	after time.Time
	pause time.Duration
}

// NewTotalsKeeper returns a keeper that does nothing until it runs.
func (c *Client) NewTotalsKeeper(config TotalsConfig) *TotalsKeeper {
	config.Every = cmp.Or(config.Every, DefaultTotalsEvery)
	config.Verify = cmp.Or(config.Verify, DefaultTotalsVerify)
	if config.Log == nil {
		config.Log = slog.New(slog.DiscardHandler)
	}
	return &TotalsKeeper{client: c, config: config}
}

// Stats returns what was done so far. It is safe for concurrent use.
func (k *TotalsKeeper) Stats() TotalsStats {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.stats
}

// Run keeps the totals until ctx is done. What goes wrong is counted, logged and
// tried again; what goes wrong for one advertiser keeps nobody else waiting.
// What is cut short by the end of ctx has changed nothing.
func (k *TotalsKeeper) Run(ctx context.Context) {
	var wait sync.WaitGroup
	defer wait.Wait()
	wait.Go(func() { k.loop(ctx, k.foldDue) })
	wait.Go(func() { k.loop(ctx, k.rebuildDue) }) // beside, since one takes as long as many folds
	if k.config.Verify > 0 {
		wait.Go(func() { k.verifyAll(ctx) })
	}
}

// loop calls step again and again, less often while it finds nothing to do.
func (k *TotalsKeeper) loop(ctx context.Context, step func(context.Context, retries) (busy bool)) {
	pause, later := k.config.Every, retries{}
	for {
		if step(ctx, later) {
			pause = k.config.Every
		} else {
			pause = min(pause*2, k.config.Every*idleFactor)
		}
		if !wait(ctx, pause) {
			return
		}
	}
}

// wait reports whether the context lasts as long.
func wait(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// foldDue folds what was found waiting: one advertiser whose events come in as
// fast as they are folded does not keep the others waiting.
func (k *TotalsKeeper) foldDue(ctx context.Context, later retries) (busy bool) {
	waiting := k.eachDue(ctx, later, func(due storage.DueTotals) error {
		for left := due.Waiting; left > 0; {
			folded, err := k.client.store.System().FoldTotals(ctx, due.Advertiser)
			if err != nil {
				return err
			}
			busy = busy || folded.Changes > 0
			k.count(func(s *TotalsStats) { s.Folded += folded.Changes })
			if left -= folded.Changes; !folded.More {
				break
			}
		}
		return nil
	})
	k.count(func(s *TotalsStats) { s.Waiting = waiting })
	return busy
}

// rebuildDue makes the totals anew of all who have none, or in another zone.
func (k *TotalsKeeper) rebuildDue(ctx context.Context, later retries) (busy bool) {
	k.eachDue(ctx, later, func(due storage.DueTotals) error {
		if !due.Rebuild {
			return nil
		}
		busy = true
		began := k.client.now()
		made, err := k.client.store.System().RebuildTotals(ctx, due.Advertiser, storage.Rebuild{At: began, IfDue: true})
		if err != nil || made.Skipped {
			return err
		}
		if made.Lost > 0 {
			k.config.Log.Warn("totals of clicks that are no longer stored were lost, as days of one time zone cannot be cut into those of another",
				"advertiser", due.Advertiser.String(), "clicks", made.Lost)
		}
		k.config.Log.Info("totals were made anew", "advertiser", due.Advertiser.String(), "took", k.client.now().Sub(began).String())
		k.count(func(s *TotalsStats) { s.Rebuilt++ })
		return nil
	})
	return busy
}

// eachDue calls step for every advertiser for whom something is due, but those
// who are not to be tried again yet. It returns how many changes wait of all.
func (k *TotalsKeeper) eachDue(ctx context.Context, later retries, step func(storage.DueTotals) error) (waiting int64) {
	for after := (tenant.ID{}); ctx.Err() == nil; {
		due, err := k.client.store.System().DueTotals(ctx, after)
		if err != nil {
			k.failed(ctx, tenant.ID{}, err)
			return waiting
		}
		if after = due.Advertiser; after.IsZero() {
			return waiting
		}
		waiting += due.Waiting
		if k.client.now().Before(later[after].after) {
			continue
		}
		err = step(due)
		k.failed(ctx, after, err)
		later.note(after, err, k.client.now())
	}
	return waiting
}

// note keeps when to try again. A store that is busy or away is asked at the
// next look; what is wrong with the data of an advertiser stays wrong for
// longer.
func (r retries) note(id tenant.ID, err error, now time.Time) {
	if err == nil || errors.Is(err, fault.Unavailable) {
		delete(r, id)
		return
	}
	pause := max(firstRetry, min(2*r[id].pause, lastRetry))
	r[id] = retry{now.Add(pause), pause}
}

// failed tells of a step that went wrong, unless it was to end.
func (k *TotalsKeeper) failed(ctx context.Context, id tenant.ID, err error) {
	if err == nil || ctx.Err() != nil {
		return
	}
	k.count(func(s *TotalsStats) { s.Failed++ })
	k.config.Log.Warn("totals could not be kept; reports read what is behind them, and it is tried again", "advertiser", id.String(), "error", err)
}

// verifyAll compares one advertiser after another, and begins again.
func (k *TotalsKeeper) verifyAll(ctx context.Context) {
	everyone, page := k.client.store.Read(tenant.Everyone()), storage.Page{Limit: 1}
	pause := k.config.Verify
	for wait(ctx, pause) {
		pause = k.config.Verify
		list, err := everyone.Advertisers(ctx, page)
		if err != nil {
			k.failed(ctx, tenant.ID{}, err)
			continue
		}
		page.Cursor = list.Next
		for _, a := range list.Items {
			began := time.Now()
			check, err := k.client.VerifyTotals(ctx, a.ID)
			pause = max(pause, verifyShare*time.Since(began))
			k.failed(ctx, a.ID, err)
			if err != nil {
				continue
			}
			k.count(func(s *TotalsStats) {
				s.Verified, s.Differences = s.Verified+1, s.Differences+int64(len(check.Differences))
			})
			for _, d := range check.Differences {
				k.config.Log.Error("a total is wrong; superher rollup rebuild makes it anew",
					"advertiser", a.ID.String(), "cell", d.Cell, "figure", d.Figure, "off", d.Off)
			}
		}
	}
}

func (k *TotalsKeeper) count(change func(*TotalsStats)) {
	k.mu.Lock()
	defer k.mu.Unlock()
	change(&k.stats)
}

// RebuildTotals makes an advertiser's totals anew, due or not, see
// [storage.TotalsStore].
func (c *Client) RebuildTotals(ctx context.Context, advertiser tenant.ID) (storage.Rebuilt, error) {
	return c.store.System().RebuildTotals(ctx, advertiser, storage.Rebuild{At: c.now()})
}

// VerifyTotals compares an advertiser's totals with its events and clicks, see
// [storage.TotalsStore].
func (c *Client) VerifyTotals(ctx context.Context, advertiser tenant.ID) (storage.TotalsCheck, error) {
	return c.store.System().VerifyTotals(ctx, advertiser)
}
