package memory

import (
	"bytes"
	"maps"
	"slices"
	"time"

	"github.com/superher/superher/attribution"
	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/coupons"
	"github.com/superher/superher/links"
	"github.com/superher/superher/payouts"
	"github.com/superher/superher/storage"
	"github.com/superher/superher/tenant"
)

// The functions below return what is stored of a value, sharing no memory with
// it; they are applied on the way in and on the way out.

// moment returns what databases keep of a time: UTC, cut to the microsecond.
func moment(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return t.UTC().Truncate(time.Microsecond)
}

func advertiserOf(a tenant.Advertiser) tenant.Advertiser {
	a.CreatedAt = moment(a.CreatedAt)
	return a
}

func keyOf(k tenant.APIKey) tenant.APIKey {
	k.Scopes = slices.Clone(k.Scopes)
	k.CreatedAt, k.ExpiresAt = moment(k.CreatedAt), moment(k.ExpiresAt)
	k.RevokedAt, k.LastUsedAt = moment(k.RevokedAt), moment(k.LastUsedAt)
	return k
}

func campaignOf(c campaigns.Campaign) campaigns.Campaign {
	c.ConversionTypes = slices.Clone(c.ConversionTypes)
	c.StartsAt, c.EndsAt, c.CreatedAt = moment(c.StartsAt), moment(c.EndsAt), moment(c.CreatedAt)
	return c
}

func influencerOf(i campaigns.Influencer) campaigns.Influencer {
	i.Platforms = slices.Clone(i.Platforms)
	i.CreatedAt = moment(i.CreatedAt)
	return i
}

func termsOf(t payouts.Terms) payouts.Terms {
	t.From, t.RecordedAt = moment(t.From), moment(t.RecordedAt)
	return t
}

func assignmentOf(a campaigns.Assignment) campaigns.Assignment {
	a.Terms = slices.Clone(a.Terms)
	for i, t := range a.Terms {
		a.Terms[i] = termsOf(t)
	}
	slices.SortFunc(a.Terms, func(x, y payouts.Terms) int { return x.Version - y.Version })
	a.CreatedAt = moment(a.CreatedAt)
	return a
}

func linkOf(l links.Link) links.Link {
	l.CreatedAt = moment(l.CreatedAt)
	return l
}

func couponOf(c coupons.Coupon) coupons.Coupon {
	c.ValidFrom, c.ValidTo, c.CreatedAt = moment(c.ValidFrom), moment(c.ValidTo), moment(c.CreatedAt)
	return c
}

func commissionOf(c payouts.Commission) payouts.Commission {
	c.Terms = termsOf(c.Terms)
	return c
}

func eventOf(e attribution.Event) attribution.Event {
	e.Metadata = maps.Clone(e.Metadata)
	e.Decision.Candidates = slices.Clone(e.Decision.Candidates)
	e.OccurredAt, e.ReceivedAt = moment(e.OccurredAt), moment(e.ReceivedAt)
	e.Commission = commissionOf(e.Commission)
	return e
}

func clickOf(c links.Click) links.Click {
	c.At = moment(c.At)
	return c
}

func userOf(u tenant.User) tenant.User {
	u.CreatedAt = moment(u.CreatedAt)
	return u
}

func requestOf(r storage.Request) storage.Request {
	r.Answer = contentOf(r.Answer)
	r.At = moment(r.At)
	return r
}

func ticketOf(t storage.Ticket) storage.Ticket {
	t.Purpose = contentOf(t.Purpose)
	t.ExpiresAt = moment(t.ExpiresAt)
	return t
}

// contentOf returns what databases keep of bytes: nothing of none.
func contentOf(content []byte) []byte {
	if len(content) == 0 {
		return nil
	}
	return bytes.Clone(content)
}
