package demo

import (
	"context"
	"strings"
	"time"

	"github.com/superher/superher"
	"github.com/superher/superher/attribution"
	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/coupons"
	"github.com/superher/superher/fault"
	"github.com/superher/superher/links"
	"github.com/superher/superher/money"
	"github.com/superher/superher/tenant"
)

// Days on which something happens to every brand.
const (
	termsChangeOn    = 45
	couponDisabledOn = 40
	couponExpiresOn  = 30
	linkDisabledOn   = 70
)

// stage is a brand as it is stored, and the state of its story.
type stage struct {
	plan       brand
	number     uint64
	seed       uint64
	client     *superher.Client
	clock      *clock
	end        time.Time
	zone       *time.Location
	advertiser tenant.Advertiser
	account    superher.Account
	campaigns  []campaigns.Campaign
	people     []campaigns.Influencer
	weights    []float64 // of the people
	doors      []door
	personal   []coupons.Code           // of each person, on the first campaign
	generic    []coupons.Code           // of nobody
	dead       []coupons.Code           // of no use from some day on
	dying      coupons.Coupon           // the one that is disabled
	orders     int                      // so far
	signups    int                      // so far
	resend     []attribution.Submission // what the shop will send a second time
}

// door is a tracking link with its place in the plan.
type door struct {
	link     links.Link
	campaign int
	person   int     // -1: the brand's own
	weight   float64 // share of the brand's traffic
}

// start returns the first moment of a day in the brand's zone.
func (s *stage) start(day int) time.Time {
	y, m, d := s.end.Add(-time.Nanosecond).In(s.zone).Date()
	return time.Date(y, m, d-(Days-1)+day, 0, 0, 0, 0, s.zone)
}

// build creates everything that is there before the first visitor.
func (s *stage) build(ctx context.Context, others []*stage) error {
	var err error
	s.zone, err = tenant.LoadZone(s.plan.zone)
	if err != nil {
		return err
	}
	s.advertiser, err = s.client.CreateAdvertiser(ctx, tenant.NewAdvertiser{Name: s.plan.name, Zone: s.plan.zone, Currency: s.plan.currency})
	if err != nil {
		return err
	}
	s.account = s.client.For(tenant.For(s.advertiser.ID))
	for _, step := range []func(context.Context) error{
		s.invite, func(ctx context.Context) error { return s.borrow(ctx, others) }, s.launch, s.printCoupons,
	} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// invite creates the brand's own influencers.
func (s *stage) invite(ctx context.Context) error {
	for _, p := range s.plan.people {
		plain := strings.ReplaceAll(strings.TrimPrefix(p.handle, "@"), ".", "-")
		made, err := s.account.CreateInfluencer(ctx, campaigns.NewInfluencer{
			Name: p.name, Handle: p.handle, Email: plain + "@creators.example", Platforms: p.platforms, Country: p.country,
		})
		if err != nil {
			return err
		}
		s.people, s.weights = append(s.people, made), append(s.weights, p.weight)
	}
	return nil
}

// borrow makes an influencer of another brand work for this one as well.
func (s *stage) borrow(ctx context.Context, others []*stage) error {
	for _, other := range others {
		for i, p := range other.people {
			if s.plan.sharedFrom == "" || p.Handle != s.plan.sharedFrom {
				continue
			}
			if err := s.client.ShareInfluencer(ctx, s.advertiser.ID, p.ID); err != nil {
				return err
			}
			s.people, s.weights = append(s.people, p), append(s.weights, other.weights[i])
			s.plan.people = append(s.plan.people, other.plan.people[i])
		}
	}
	return nil
}

// launch creates the campaigns with their people and links.
func (s *stage) launch(ctx context.Context) error {
	for c, p := range s.plan.campaigns {
		in := campaigns.NewCampaign{Name: p.name, Status: campaigns.Active, ConversionTypes: p.conversions, GenericCoupon: p.generic}
		if p.draft {
			in.Status = campaigns.Draft
		}
		if p.startsOn > 0 {
			in.StartsAt = s.start(p.startsOn)
		}
		if p.endsOn > 0 {
			in.EndsAt = s.start(p.endsOn)
		}
		if p.budget > 0 {
			in.Budget = inUnits(p.budget, s.plan.currency)
		}
		made, err := s.account.CreateCampaign(ctx, in)
		if err != nil {
			return err
		}
		s.campaigns = append(s.campaigns, made)
		for n := range min(p.people, len(s.people)) {
			terms, _ := firstTerms(s.plan, c, n) // the zero terms are none
			if _, err := s.account.Assign(ctx, made.ID, s.people[n].ID, terms); err != nil {
				return err
			}
			if err := s.openDoor(ctx, c, n, p.weight*s.weights[n]); err != nil {
				return err
			}
		}
		if p.weight >= 3 {
			if err := s.openDoor(ctx, c, -1, p.weight*2); err != nil {
				return err
			}
		}
	}
	total := 0.0
	for _, d := range s.doors {
		total += d.weight
	}
	for i := range s.doors {
		s.doors[i].weight /= total
	}
	return nil
}

// openDoor creates a link. The first one of all has a code that can be spoken.
func (s *stage) openDoor(ctx context.Context, campaign, person int, weight float64) error {
	p := s.plan.campaigns[campaign]
	in := links.NewLink{
		Campaign: s.campaigns[campaign].ID, Destination: s.plan.site + p.path, Title: p.name + ", newsletter",
		UTM: links.UTM{Source: "newsletter", Medium: "email", Campaign: strings.ToLower(strings.ReplaceAll(p.name, " ", "-"))},
	}
	if person >= 0 {
		who := s.people[person]
		in.Influencer, in.Title = who.ID, p.name+", "+who.Handle
		in.UTM.Source, in.UTM.Medium = who.Platforms[0], "influencer"
	}
	if len(s.doors) == 0 {
		in.Code = strings.ReplaceAll(strings.TrimPrefix(s.people[person].Handle, "@"), ".", "-")
	}
	made, err := s.account.CreateLink(ctx, in)
	s.doors = append(s.doors, door{made, campaign, person, weight})
	return err
}

// printCoupons creates a code for everyone, some for nobody, and some that are
// of no use, now or later.
func (s *stage) printCoupons(ctx context.Context) error {
	first, ten := s.campaigns[0].ID, coupons.Discount{Percent: 100_000}
	for n, p := range s.plan.people {
		in := coupons.NewCoupon{Campaign: first, Influencer: s.people[n].ID, Discount: ten}
		code, err := s.printCoupon(ctx, p.code, strings.ToUpper(strings.Fields(p.name)[0]), in)
		if err != nil {
			return err
		}
		s.personal = append(s.personal, code.Code)
	}
	sale := s.plan.campaigns[3]
	coming := s.plan.campaigns[5]
	for _, c := range []struct {
		code string
		in   coupons.NewCoupon
		list *[]coupons.Code
	}{
		{s.plan.generic, coupons.NewCoupon{Campaign: first, Discount: ten}, &s.generic},
		{"CIRCLE5", coupons.NewCoupon{Campaign: s.campaigns[1].ID, Discount: coupons.Discount{Amount: inUnits(5, s.plan.currency)}}, &s.generic},
		{"SALE25", coupons.NewCoupon{
			Campaign: s.campaigns[3].ID, ValidFrom: s.start(sale.startsOn), ValidTo: s.start(sale.endsOn),
			Discount: coupons.Discount{Percent: 250_000},
		}, &s.generic},
		{"FLASH48", coupons.NewCoupon{Campaign: first, Influencer: s.people[0].ID, ValidTo: s.start(couponExpiresOn)}, &s.dead},
		{"STORY5", coupons.NewCoupon{Campaign: first, Influencer: s.people[1].ID}, &s.dead},
		{"SOON10", coupons.NewCoupon{Campaign: s.campaigns[5].ID, ValidFrom: s.start(Days + 30)}, &s.dead},
	} {
		made, err := s.printCoupon(ctx, c.code, "", c.in)
		if err != nil {
			return err
		}
		*c.list = append(*c.list, made.Code)
		if c.code == "STORY5" {
			s.dying = made
		}
	}
	_, err := s.account.GenerateCoupons(ctx, coupons.Pattern{Prefix: "VIP"}, 10*coming.people, coupons.NewCoupon{Campaign: s.campaigns[5].ID})
	return err
}

// printCoupon creates one coupon, under a drawn code if none is given.
func (s *stage) printCoupon(ctx context.Context, code, prefix string, in coupons.NewCoupon) (coupons.Coupon, error) {
	if code != "" {
		return s.account.CreateCoupon(ctx, code, in)
	}
	made, err := s.account.GenerateCoupons(ctx, coupons.Pattern{Prefix: prefix, Length: 4}, 1, in)
	if err != nil {
		return coupons.Coupon{}, err
	}
	return made[0], nil
}

// change does what the brand does on the morning of a day.
func (s *stage) change(ctx context.Context, day int) error {
	for c, p := range s.plan.campaigns {
		for _, change := range p.changes {
			if change.day != day {
				continue
			}
			if _, err := s.account.ChangeCampaign(ctx, s.campaigns[c].ID, campaigns.Change{Status: &change.to}); err != nil {
				return err
			}
		}
	}
	switch day {
	case termsChangeOn:
		return s.raise(ctx)
	case couponDisabledOn:
		_, err := s.account.ChangeCoupon(ctx, s.dying.ID, coupons.Change{Status: new(coupons.Disabled)})
		return err
	case linkDisabledOn:
		last := s.lastOwn()
		_, err := s.account.ChangeLink(ctx, last.link.ID, links.Change{Status: new(links.Disabled)})
		last.weight = 0 // nobody gets through any more
		return err
	}
	return nil
}

// raise agrees on other terms with some people of the first campaign.
func (s *stage) raise(ctx context.Context) error {
	for n := range s.people {
		terms, agreed := laterTerms(s.plan, 0, n)
		if !agreed {
			continue
		}
		if _, err := s.account.ChangeTerms(ctx, s.campaigns[0].ID, s.people[n].ID, terms); err != nil {
			return err
		}
	}
	return nil
}

// lastOwn returns the door of the last person on the first campaign.
func (s *stage) lastOwn() *door {
	last := &s.doors[0]
	for i := range s.doors {
		if d := &s.doors[i]; d.campaign == 0 && d.person > last.person {
			last = d
		}
	}
	return last
}

// price draws what an order comes to, in the brand's own currency or, of a
// shopper abroad, in another one.
func (s *stage) price(d dice) money.Amount {
	units, currency := d.between(s.plan.priceFrom, s.plan.priceTo), s.plan.currency
	if d.perhaps(0.1) {
		other := s.plan.abroad[d.IntN(len(s.plan.abroad))]
		units, currency = units*other.perMille/1000+1, other.currency
	}
	value := inUnits(units, currency)
	if d.perhaps(0.5) {
		value.Minor-- // 1,498.99 and the like
	}
	return value
}

// brand returns what to try things out on.
func (s *stage) brand() Brand {
	return Brand{
		Advertiser: s.advertiser, From: s.start(0), To: s.end, Campaign: s.campaigns[0],
		Influencer: s.people[0], Link: s.doors[0].link, Coupon: s.personal[0],
	}
}

// unexpected is an error for an answer that the story does not provide for.
func unexpected(what string) error {
	return fault.New(fault.Internal, "story-differs", "the demonstration data could not be written as planned: "+what)
}
