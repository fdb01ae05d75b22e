package superher

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/fault"
	"github.com/superher/superher/money"
	"github.com/superher/superher/payouts"
	"github.com/superher/superher/stats"
	"github.com/superher/superher/storage"
)

// MaxRerate is how many events one re-rate may change, in one transaction. More
// are done period by period.
const MaxRerate = 25_000

// Rerating is the effect that the terms as they are now would have on the
// stored commissions of a campaign's events in a period.
type Rerating struct {
	Campaign    campaigns.ID
	From, To    time.Time // half-open, by the time of the events
	Examined    int64     // events of the campaign in the period
	Changed     int64     // events whose commission changes
	Before      money.Totals
	After       money.Totals
	Difference  money.Totals // After - Before; what comes to nothing is left out
	Influencers []RerateRow  // those with a changed event, by id
	Digest      string       // identifies exactly these changes
}

// RerateRow is the part of one influencer.
type RerateRow struct {
	Influencer campaigns.InfluencerID
	Changed    int64
	Before     money.Totals
	After      money.Totals
}

// PreviewRerate computes what re-rating the campaign's events in [from, to)
// would change. It changes nothing.
func (a Account) PreviewRerate(ctx context.Context, campaign campaigns.ID, from, to time.Time) (Rerating, error) {
	r, _, err := rerate(ctx, a.Reader, campaign, moment(from), moment(to))
	if err != nil {
		return Rerating{}, err
	}
	return r, nil
}

// ApplyRerate carries out a previewed re-rate: the commissions of the changed
// events are replaced, with the terms used. If events or terms have changed
// since the preview, so that the effect would be another one, it is
// fault.Conflict "rerate-differs" and nothing changes.
func (a Account) ApplyRerate(ctx context.Context, previewed Rerating) (Rerating, error) {
	return update(ctx, a, func(ctx context.Context, tx storage.Tx) (Rerating, error) {
		r, changes, err := rerate(ctx, tx, previewed.Campaign, moment(previewed.From), moment(previewed.To))
		if err != nil {
			return r, err
		}
		if r.Digest != previewed.Digest {
			return r, fault.New(fault.Conflict, "rerate-differs", "events or terms have changed since the preview; look at a new one")
		}
		return r, tx.SetCommissions(ctx, changes)
	})
}

// rerate computes the changes in event order.
func rerate(ctx context.Context, reader storage.Reader, campaign campaigns.ID, from, to time.Time) (Rerating, []storage.Recommission, error) {
	r := Rerating{Campaign: campaign, From: from, To: to}
	if _, err := reader.Campaign(ctx, campaign); err != nil {
		return r, nil, err
	}
	histories, err := termsOf(ctx, reader, campaign)
	if err != nil {
		return r, nil, err
	}
	var changes []storage.Recommission
	rows := map[campaigns.InfluencerID]*RerateRow{}
	digest := sha256.New()
	for event, err := range reader.EachEvent(ctx, stats.Filter{From: from, To: to, Campaigns: []campaigns.ID{campaign}}) {
		if err != nil {
			return r, nil, err
		}
		r.Examined++
		commission := payouts.Compute(event.Sale(), histories[event.Decision.Influencer])
		if commission.Equal(event.Commission) {
			continue
		}
		r.Changed++
		if r.Changed > MaxRerate {
			return r, nil, fault.Bad("to", "too-many-events", "more than "+strconv.Itoa(MaxRerate)+" events would change; choose a shorter period")
		}
		changes = append(changes, storage.Recommission{Event: event.ID, Commission: commission})
		if err := r.note(rows, event.Decision.Influencer, event.Commission.Amount, commission.Amount); err != nil {
			return r, nil, err
		}
		fmt.Fprintf(digest, "%s %+v %+v\n", event.ID, event.Commission, commission)
	}
	fmt.Fprintf(digest, "%s %s %s %d", campaign, from, to, r.Examined)
	r.Digest = hex.EncodeToString(digest.Sum(nil))
	r.Influencers = sortedRows(rows)
	r.Difference, err = r.After.Minus(r.Before...)
	r.Difference = r.Difference.NonZero()
	return r, changes, err
}

// note adds one changed event to the sums.
func (r *Rerating) note(rows map[campaigns.InfluencerID]*RerateRow, influencer campaigns.InfluencerID, before, after money.Amount) error {
	row := rows[influencer]
	if row == nil {
		row = &RerateRow{Influencer: influencer}
		rows[influencer] = row
	}
	row.Changed++
	for _, sum := range []struct {
		totals *money.Totals
		amount money.Amount
	}{{&r.Before, before}, {&row.Before, before}, {&r.After, after}, {&row.After, after}} {
		added, err := sum.totals.Plus(sum.amount)
		if err != nil {
			return err
		}
		*sum.totals = added
	}
	return nil
}

func sortedRows(rows map[campaigns.InfluencerID]*RerateRow) []RerateRow {
	out := make([]RerateRow, 0, len(rows))
	for _, row := range rows {
		out = append(out, *row)
	}
	slices.SortFunc(out, func(a, b RerateRow) int { return cmp.Compare(string(a.Influencer[:]), string(b.Influencer[:])) })
	return out
}

// termsOf returns every history of terms of a campaign.
func termsOf(ctx context.Context, r storage.CampaignReader, campaign campaigns.ID) (map[campaigns.InfluencerID]payouts.History, error) {
	histories := map[campaigns.InfluencerID]payouts.History{}
	page := storage.Page{Limit: storage.MaxPage}
	for {
		list, err := r.Assignments(ctx, campaign, page)
		if err != nil {
			return nil, err
		}
		for _, assignment := range list.Items {
			histories[assignment.Influencer] = assignment.Terms
		}
		if page.Cursor = list.Next; page.Cursor == "" {
			return histories, nil
		}
	}
}
