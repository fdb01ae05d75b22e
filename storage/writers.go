package storage

import (
	"context"
	"time"

	"github.com/superher/superher/attribution"
	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/coupons"
	"github.com/superher/superher/links"
	"github.com/superher/superher/payouts"
	"github.com/superher/superher/tenant"
)

// AdvertiserWriter changes the advertiser and its keys.
type AdvertiserWriter interface {
	// UpdateAdvertiser changes the scope's own advertiser.
	UpdateAdvertiser(ctx context.Context, a tenant.Advertiser) error
	// CreateAPIKey stores a new key; a known hash is fault.Conflict "api-key-taken".
	CreateAPIKey(ctx context.Context, k tenant.APIKey) error
	// UpdateAPIKey changes the name, scopes, expiry and revocation of a key.
	UpdateAPIKey(ctx context.Context, k tenant.APIKey) error
}

// CampaignWriter changes campaigns and assignments.
type CampaignWriter interface {
	// CreateCampaign stores a new campaign.
	CreateCampaign(ctx context.Context, c campaigns.Campaign) error
	// UpdateCampaign changes a campaign.
	UpdateCampaign(ctx context.Context, c campaigns.Campaign) error
	// Assign stores a new assignment with its terms; an influencer who is
	// already assigned is fault.Conflict "already-assigned", a version number
	// that two of the terms have fault.Conflict "changed-meanwhile".
	Assign(ctx context.Context, a campaigns.Assignment) error
	// AddTerms adds a version of the terms of an assignment: fault.NotFound
	// without the assignment, fault.Conflict "changed-meanwhile" for a version
	// number that exists.
	AddTerms(ctx context.Context, campaign campaigns.ID, influencer campaigns.InfluencerID, t payouts.Terms) error
}

// InfluencerWriter changes influencers.
type InfluencerWriter interface {
	// CreateInfluencer stores a new influencer, created by the scope's advertiser.
	CreateInfluencer(ctx context.Context, i campaigns.Influencer) error
	// UpdateInfluencer changes an influencer that the scope's advertiser
	// created; one it only sees is fault.Forbidden "not-the-creator".
	UpdateInfluencer(ctx context.Context, i campaigns.Influencer) error
}

// LinkWriter changes tracking links.
type LinkWriter interface {
	// CreateLink stores a new link: fault.Conflict "short-code-taken" when any
	// advertiser has the code, fault.NotFound for a campaign or influencer that
	// the scope does not see.
	CreateLink(ctx context.Context, l links.Link) error
	// UpdateLink changes the destination, title, UTM set and status of a link.
	UpdateLink(ctx context.Context, l links.Link) error
}

// CouponWriter changes coupons.
type CouponWriter interface {
	// CreateCoupons stores those of the coupons whose code is free and returns
	// the codes that were taken, by a stored coupon or by an earlier one of the
	// same call. fault.NotFound for a campaign or influencer that the scope
	// does not see; nothing is stored then. Of a call that is fault.Conflict
	// "id-taken" a part may be stored.
	CreateCoupons(ctx context.Context, list []coupons.Coupon) (taken []coupons.Code, err error)
	// UpdateCoupon changes the status, validity and discount of a coupon.
	UpdateCoupon(ctx context.Context, c coupons.Coupon) error
}

// Outcome is what became of one event of a call of RecordEvents.
type Outcome struct {
	Event  attribution.Event // as stored: this one, or the first one under its external id
	Repeat bool              // nothing was stored: the same event is there already
	Err    error             // fault.Conflict "event-differs": another event has the external id; nothing was stored
}

// Recommission is the new commission of a stored event.
type Recommission struct {
	Event      attribution.ID
	Commission payouts.Commission
}

// EventWriter records conversion events.
type EventWriter interface {
	// Facts returns the coupons, links, campaigns and terms of the scope that
	// the codes lead to. Unknown codes, and those of other advertisers, are
	// left out.
	Facts(ctx context.Context, couponCodes []coupons.Code, linkCodes []links.Code) (attribution.Facts, error)
	// RecordEvents stores events and returns an outcome for each, in order. An
	// event with an external id is stored once for ever for each (external id,
	// type): a later one with an equal Print is a repeat, also within the same
	// call, one with another Print has Err set. Events without an external id
	// are always stored. A reference to a campaign, influencer, coupon or link
	// that the scope does not see is fault.NotFound for the whole call, and
	// nothing is stored then. Of a call that is fault.Conflict "id-taken" a part
	// may be stored.
	RecordEvents(ctx context.Context, events []attribution.Event) ([]Outcome, error)
	// SetCommissions replaces the commissions of stored events; an unknown event
	// is fault.NotFound, and nothing is changed then.
	SetCommissions(ctx context.Context, changes []Recommission) error
}

// Request is something asked for under an idempotency key, with the answer that
// it got. What key, fingerprint and answer are made of is for the caller alone.
type Request struct {
	Key         string    // names the request; other advertisers may use the same
	Fingerprint [32]byte  // of all that makes it this request and no other
	Answer      []byte    // as it was given; empty as long as it is being carried out
	At          time.Time // when it was first asked for
}

// RequestWriter remembers requests with their effects: what a transaction
// claims, it answers, or it rolls back both claim and effect.
type RequestWriter interface {
	// ClaimRequest notes that this transaction carries out the request. first is
	// false where the key was claimed before; then stored is that request with
	// its answer, whatever its fingerprint. A call waits while another
	// transaction that claimed the key is running.
	ClaimRequest(ctx context.Context, r Request) (stored Request, first bool, err error)
	// AnswerRequest stores the answer to a request that this transaction
	// claimed; an unknown key is fault.NotFound.
	AnswerRequest(ctx context.Context, key string, answer []byte) error
}

// Ticket is a secret that can be used once, until it expires. Only its hash is
// known here; what it is good for is for the caller alone.
type Ticket struct {
	Hash      [32]byte
	Purpose   []byte
	ExpiresAt time.Time
}

// TicketWriter stores tickets.
type TicketWriter interface {
	// CreateTicket stores a ticket; a known hash is fault.Conflict "ticket-taken".
	CreateTicket(ctx context.Context, t Ticket) error
}
