package attribution

import (
	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/coupons"
	"github.com/superher/superher/links"
	"github.com/superher/superher/payouts"
)

// Method is the step of the waterfall that decided.
type Method string

// The methods, in the order in which they are tried.
const (
	ByCoupon     Method = "coupon"
	ByRefCode    Method = "ref_code"
	ByLandingURL Method = "landing_url"
	None         Method = "none" // unattributed
)

// Methods lists all of them.
func Methods() []Method { return []Method{ByCoupon, ByRefCode, ByLandingURL, None} }

// Source says whether the shopper came through a tracking link.
type Source string

// The sources.
const (
	TrackingLink Source = "tracking_link"
	Direct       Source = "direct"
)

// Sources lists all of them.
func Sources() []Source { return []Source{TrackingLink, Direct} }

// Verdict says what became of a candidate.
type Verdict string

// The verdicts.
const (
	Won                Verdict = "won"
	CreditedByCoupon   Verdict = "credited-by-coupon" // a generic coupon won and credits this link's influencer
	Outranked          Verdict = "outranked"          // usable, but an earlier step won
	Malformed          Verdict = "malformed"          // no code could be read from it
	UnknownCode        Verdict = "unknown-code"       // no such code of this advertiser
	IsDisabled         Verdict = "disabled"
	NotYetValid        Verdict = "not-yet-valid"
	Expired            Verdict = "expired"
	CampaignPaused     Verdict = "campaign-paused"
	CampaignEnded      Verdict = "campaign-ended"
	CampaignArchived   Verdict = "campaign-archived"
	CampaignNotStarted Verdict = "campaign-not-started"
	CampaignOver       Verdict = "campaign-over"
)

// Candidate is one piece of evidence with what became of it.
type Candidate struct {
	Method     Method
	Text       string // as it was received, or as it was found in the landing URL
	Verdict    Verdict
	Campaign   campaigns.ID           // of the coupon or link, if one was found
	Influencer campaigns.InfluencerID // of the coupon or link, if it has one
	Coupon     coupons.ID             // if one was found
	Link       links.ID               // if one was found
}

// Decision is the answer of [Decide]: who is credited, by which step, and what
// became of every candidate, in the order of the waterfall.
type Decision struct {
	Method     Method
	Source     Source
	Influencer campaigns.InfluencerID // zero: nobody, or the campaign alone
	Campaign   campaigns.ID           // zero: unattributed
	Coupon     coupons.ID             // the coupon that won
	Link       links.ID               // the link the shopper came through, also where a coupon won; the credited one where there is one
	Candidates []Candidate
}

// Assigned names a campaign and an influencer.
type Assigned struct {
	Campaign   campaigns.ID
	Influencer campaigns.InfluencerID
}

// Facts is what one advertiser's store knows about the codes of the evidence.
// More than that does no harm; what is missing counts as unknown.
type Facts struct {
	Coupons   map[coupons.Code]coupons.Coupon
	Links     map[links.Code]links.Link
	Campaigns map[campaigns.ID]campaigns.Campaign
	Terms     map[Assigned]payouts.History
}

// Policy holds what campaigns may leave open.
type Policy struct {
	GenericCoupon campaigns.GenericCoupon // for campaigns without a policy of their own; "" means GenericWins
}

// Codes returns the coupon codes and short codes that the evidence names, well
// formed and without repeats: what [Facts] has to be loaded for.
func (e Evidence) Codes() ([]coupons.Code, []links.Code) {
	var couponCodes []coupons.Code
	if code, err := coupons.ParseCode(e.CouponCode); err == nil {
		couponCodes = append(couponCodes, code)
	}
	var linkCodes []links.Code
	seen := map[links.Code]bool{}
	for _, text := range append([]string{e.RefCode}, links.RefCodes(e.LandingURL)...) {
		if code, err := links.ParseCode(text); err == nil && !seen[code] {
			seen[code] = true
			linkCodes = append(linkCodes, code)
		}
	}
	return couponCodes, linkCodes
}

// Decide credits an event: the first candidate that is usable wins, the coupon
// before the ref code, the ref code before the ref codes of the landing URL in
// their order. It is total and deterministic: equal input gives equal output.
func Decide(evidence Evidence, facts Facts, policy Policy) Decision {
	d := Decision{Method: None, Source: Direct, Candidates: facts.candidates(evidence)}
	winner := -1
	for i := range d.Candidates {
		if d.Candidates[i].Verdict != Outranked {
			continue // not usable, and its verdict says why
		}
		winner = i
		break
	}
	d.recordLink()
	if winner < 0 {
		return d
	}
	won := &d.Candidates[winner]
	won.Verdict = Won
	d.Method, d.Campaign, d.Influencer, d.Coupon = won.Method, won.Campaign, won.Influencer, won.Coupon
	if won.Method == ByCoupon && won.Influencer.IsZero() {
		d.creditLink(facts.Campaigns[won.Campaign], policy)
	}
	return d
}

// recordLink notes the link the shopper came through: the first usable one, or
// the first known one where none is usable.
func (d *Decision) recordLink() {
	for _, c := range d.Candidates {
		if c.Link.IsZero() {
			continue
		}
		if d.Link.IsZero() {
			d.Link, d.Source = c.Link, TrackingLink
		}
		if c.Verdict == Outranked {
			d.Link = c.Link
			return
		}
	}
}

// creditLink gives a generic coupon's win to the influencer of the first usable
// link of the same campaign, where the campaign's policy says so. That link is
// then the one on record, so that person and link agree in every report.
func (d *Decision) creditLink(c campaigns.Campaign, policy Policy) {
	generic := c.GenericCoupon
	if generic == "" {
		generic = policy.GenericCoupon
	}
	if generic != campaigns.GenericCreditsLink {
		return
	}
	for i := range d.Candidates {
		link := &d.Candidates[i]
		if link.Verdict == Outranked && link.Campaign == c.ID && !link.Influencer.IsZero() {
			link.Verdict = CreditedByCoupon
			d.Influencer, d.Link = link.Influencer, link.Link
			return
		}
	}
}

// candidates lists every piece of evidence in the order of the waterfall; the
// usable ones carry the verdict Outranked until one of them wins.
func (f Facts) candidates(evidence Evidence) []Candidate {
	var out []Candidate
	if evidence.CouponCode != "" {
		out = append(out, f.couponCandidate(evidence))
	}
	if evidence.RefCode != "" {
		out = append(out, f.linkCandidate(ByRefCode, evidence.RefCode, evidence))
	}
	for _, text := range links.RefCodes(evidence.LandingURL) {
		out = append(out, f.linkCandidate(ByLandingURL, text, evidence))
	}
	return out
}

func (f Facts) couponCandidate(evidence Evidence) Candidate {
	out := Candidate{Method: ByCoupon, Text: evidence.CouponCode}
	code, err := coupons.ParseCode(evidence.CouponCode)
	if err != nil {
		out.Verdict = Malformed
		return out
	}
	coupon, found := f.Coupons[code]
	if !found {
		out.Verdict = UnknownCode
		return out
	}
	out.Coupon, out.Campaign, out.Influencer = coupon.ID, coupon.Campaign, coupon.Influencer
	if standing := coupon.StandingAt(evidence.OccurredAt); standing != coupons.Usable {
		out.Verdict = Verdict(standing)
		return out
	}
	out.Verdict = f.campaignVerdict(coupon.Campaign, evidence)
	return out
}

func (f Facts) linkCandidate(method Method, text string, evidence Evidence) Candidate {
	out := Candidate{Method: method, Text: text}
	code, err := links.ParseCode(text)
	if err != nil {
		out.Verdict = Malformed
		return out
	}
	link, found := f.Links[code]
	if !found {
		out.Verdict = UnknownCode
		return out
	}
	out.Link, out.Campaign, out.Influencer = link.ID, link.Campaign, link.Influencer
	if link.Status != links.Active {
		out.Verdict = IsDisabled
		return out
	}
	out.Verdict = f.campaignVerdict(link.Campaign, evidence)
	return out
}

// campaignVerdict returns Outranked, the verdict of a usable candidate, if the
// campaign earns credit at the time of the event, and otherwise why not.
func (f Facts) campaignVerdict(id campaigns.ID, evidence Evidence) Verdict {
	c, found := f.Campaigns[id]
	if !found {
		return UnknownCode
	}
	if standing := c.StandingAt(evidence.OccurredAt); standing != campaigns.Earning {
		return Verdict(standing)
	}
	return Outranked
}
