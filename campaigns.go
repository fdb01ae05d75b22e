package superher

import (
	"context"
	"time"

	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/fault"
	"github.com/superher/superher/payouts"
	"github.com/superher/superher/storage"
)

// CreateCampaign makes a campaign.
func (a Account) CreateCampaign(ctx context.Context, in campaigns.NewCampaign) (campaigns.Campaign, error) {
	now := a.client.now()
	in.StartsAt, in.EndsAt = moment(in.StartsAt), moment(in.EndsAt)
	return update(ctx, a, func(ctx context.Context, tx storage.Tx) (campaigns.Campaign, error) {
		id, err := newID[campaigns.Campaign](a.client, now)
		if err != nil {
			return campaigns.Campaign{}, err
		}
		c, err := campaigns.Create(id, a.scope.Advertiser(), now, in)
		if err != nil {
			return c, err
		}
		return c, tx.CreateCampaign(ctx, c)
	})
}

// ChangeCampaign changes a campaign, its status included.
func (a Account) ChangeCampaign(ctx context.Context, id campaigns.ID, change campaigns.Change) (campaigns.Campaign, error) {
	if change.StartsAt != nil {
		change.StartsAt = new(moment(*change.StartsAt))
	}
	if change.EndsAt != nil {
		change.EndsAt = new(moment(*change.EndsAt))
	}
	return update(ctx, a, func(ctx context.Context, tx storage.Tx) (campaigns.Campaign, error) {
		old, err := tx.Campaign(ctx, id)
		if err != nil {
			return old, err
		}
		changed, err := old.Apply(change)
		if err != nil || same(old, changed) {
			return old, err
		}
		err = tx.UpdateCampaign(ctx, changed)
		changed.Version++
		return changed, err
	})
}

// CreateInfluencer makes an entry for a person.
func (a Account) CreateInfluencer(ctx context.Context, in campaigns.NewInfluencer) (campaigns.Influencer, error) {
	now := a.client.now()
	return update(ctx, a, func(ctx context.Context, tx storage.Tx) (campaigns.Influencer, error) {
		id, err := newID[campaigns.Influencer](a.client, now)
		if err != nil {
			return campaigns.Influencer{}, err
		}
		i, err := campaigns.CreateInfluencer(id, a.scope.Advertiser(), now, in)
		if err != nil {
			return i, err
		}
		return i, tx.CreateInfluencer(ctx, i)
	})
}

// ChangeInfluencer changes an influencer that the account's advertiser created.
func (a Account) ChangeInfluencer(ctx context.Context, id campaigns.InfluencerID, change campaigns.InfluencerChange) (campaigns.Influencer, error) {
	return update(ctx, a, func(ctx context.Context, tx storage.Tx) (campaigns.Influencer, error) {
		old, err := tx.Influencer(ctx, id)
		if err != nil {
			return old, err
		}
		changed, err := old.Apply(change)
		if err != nil || same(old, changed) {
			return old, err
		}
		err = tx.UpdateInfluencer(ctx, changed)
		changed.Version++
		return changed, err
	})
}

// EraseInfluencer removes what is known of a person whom the account's
// advertiser entered; the figures and payouts of the past stay as they are.
// Repeating it changes nothing more. version is the one it is meant for, 0 for
// whichever is stored; fault.Conflict "changed-meanwhile" for another.
func (a Account) EraseInfluencer(ctx context.Context, id campaigns.InfluencerID, version int64) (campaigns.Influencer, error) {
	return update(ctx, a, func(ctx context.Context, tx storage.Tx) (campaigns.Influencer, error) {
		old, err := tx.Influencer(ctx, id)
		if err != nil {
			return old, err
		}
		if err := fault.CheckVersion(version, old.Version); err != nil {
			return old, err
		}
		erased := old.Erase()
		if same(old, erased) {
			return old, nil
		}
		err = tx.UpdateInfluencer(ctx, erased)
		erased.Version++
		return erased, err
	})
}

// Assign gives an influencer a place in a campaign, with first terms unless
// they are the zero value. Terms may follow later, see [Account.ChangeTerms];
// until then conversions earn nothing, and say why.
func (a Account) Assign(ctx context.Context, campaign campaigns.ID, influencer campaigns.InfluencerID, terms payouts.Terms) (campaigns.Assignment, error) {
	now := a.client.now()
	made := campaigns.Assignment{
		Advertiser: a.scope.Advertiser(), Campaign: campaign, Influencer: influencer, CreatedAt: now,
	}
	if !terms.Equal(payouts.Terms{}) {
		dated, err := dateTerms(terms, now)
		if err != nil {
			return campaigns.Assignment{}, err
		}
		dated.Version = 1
		made.Terms = payouts.History{dated}
	}
	return update(ctx, a, func(ctx context.Context, tx storage.Tx) (campaigns.Assignment, error) {
		return made, tx.Assign(ctx, made)
	})
}

// dateTerms checks the terms of a caller and says when they were agreed and
// from when they count.
func dateTerms(terms payouts.Terms, now time.Time) (payouts.Terms, error) {
	terms.RecordedAt, terms.From = now, moment(terms.From)
	if terms.From.IsZero() {
		terms.From = now
	}
	return terms, terms.Check()
}

// ChangeTerms adds a version of the terms of an assignment, in force from
// terms.From on (zero: from now). Earlier versions and stored commissions stay
// as they are: terms that begin in the past count for events still to come and
// for a re-rate. Version and RecordedAt of the argument are ignored.
func (a Account) ChangeTerms(ctx context.Context, campaign campaigns.ID, influencer campaigns.InfluencerID, terms payouts.Terms) (campaigns.Assignment, error) {
	terms, err := dateTerms(terms, a.client.now())
	if err != nil {
		return campaigns.Assignment{}, err
	}
	return update(ctx, a, func(ctx context.Context, tx storage.Tx) (campaigns.Assignment, error) {
		assignment, err := tx.Assignment(ctx, campaign, influencer)
		if err != nil {
			return assignment, err
		}
		terms.Version = len(assignment.Terms) + 1
		assignment.Terms = append(assignment.Terms, terms)
		return assignment, tx.AddTerms(ctx, campaign, influencer, terms)
	})
}
