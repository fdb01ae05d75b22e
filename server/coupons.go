package server

import (
	"context"
	"net/http"
	"time"

	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/coupons"
	"github.com/superher/superher/fault"
	"github.com/superher/superher/money"
	"github.com/superher/superher/tenant"
)

// couponTerms is what all ways to make coupons share.
type couponTerms struct {
	body
	Campaign   ref[campaigns.Campaign]   `json:"campaign_id"`
	Influencer ref[campaigns.Influencer] `json:"influencer_id"`
	ValidFrom  when                      `json:"valid_from"`
	ValidTo    when                      `json:"valid_to"`
	Discount   *newDiscount              `json:"discount"`
	Prefix     string                    `json:"prefix"`
	Length     *int                      `json:"length"` // random characters
}

// inCampaign implements inCampaign.
func (t couponTerms) inCampaign() campaigns.ID { return t.Campaign.id() }

// newDiscount is what the shopper gets: a percentage or an amount.
type newDiscount struct {
	Percent decimal    `json:"percent"`
	Amount  *newAmount `json:"amount"`
}

// read translates what is shared, and notes what is wrong with it.
func (t couponTerms) read(checks *fault.Checks) (coupons.NewCoupon, coupons.Pattern) {
	in := coupons.NewCoupon{Campaign: t.Campaign.id(), Influencer: t.Influencer.id(), ValidFrom: time.Time(t.ValidFrom), ValidTo: time.Time(t.ValidTo)}
	in.Discount = t.Discount.read(checks)
	pattern := coupons.Pattern{Prefix: t.Prefix}
	if t.Length != nil {
		pattern.Length = *t.Length
		checks.That(pattern.Length != 0, "length", "out-of-range", "length must be from 4 to 16") // 0 asks for the default
	}
	return in, pattern
}

// read returns the discount, none for nil, and notes what is wrong with it.
func (d *newDiscount) read(checks *fault.Checks) coupons.Discount {
	var out coupons.Discount
	if d == nil {
		return out
	}
	checks.That(d.Amount != nil || d.Percent.given, "discount", "required", "a discount has a percent or an amount; leave it out for none")
	out.Amount = d.Amount.read("discount.amount", checks)
	if d.Percent.given {
		var err error
		out.Percent, err = money.ParseRate(d.Percent.text)
		if e := fault.Of(err); e != nil {
			checks.Add("discount.percent", e.Reason, e.Detail)
		}
	}
	return out
}

// newCoupon is a coupon to be made: with a code of the caller's choice, or with
// a drawn one.
type newCoupon struct {
	couponTerms
	Code *string `json:"code"`
}

// newCoupons are coupons to be made with drawn codes.
type newCoupons struct {
	couponTerms
	Count int `json:"count"`
}

// coupon is a stored coupon.
type coupon struct {
	ID         ref[coupons.Coupon]       `json:"id"`
	Campaign   ref[campaigns.Campaign]   `json:"campaign_id"`
	Influencer ref[campaigns.Influencer] `json:"influencer_id"` // null: generic
	Code       coupons.Code              `json:"code"`
	Status     coupons.Status            `json:"status"`
	ValidFrom  stamp                     `json:"valid_from"`
	ValidTo    stamp                     `json:"valid_to"`
	Discount   *discount                 `json:"discount"`
	Uses       int64                     `json:"uses"` // conversions it won
	CreatedAt  stamp                     `json:"created_at"`
	Advertiser ref[tenant.Advertiser]    `json:"advertiser_id"`
	versioned
}

type discount struct {
	Percent text    `json:"percent"`
	Amount  *amount `json:"amount"`
}

// couponOf returns how coupons look with their uses.
func couponOf(uses map[coupons.ID]int64) func(coupons.Coupon) coupon {
	return func(c coupons.Coupon) coupon {
		out := coupon{
			ID: refTo(c.ID), Campaign: refTo(c.Campaign), Influencer: refTo(c.Influencer), Code: c.Code, Status: c.Status,
			ValidFrom: stamp(c.ValidFrom), ValidTo: stamp(c.ValidTo), Uses: uses[c.ID], CreatedAt: stamp(c.CreatedAt),
			Advertiser: refTo(c.Advertiser), versioned: versioned{c.Version},
		}
		switch {
		case !c.Discount.Amount.IsZero():
			out.Discount = &discount{Amount: amountOf(c.Discount.Amount)}
		case c.Discount.Percent != 0:
			out.Discount = &discount{Percent: text(c.Discount.Percent.String())}
		}
		return out
	}
}

func (s *server) createCoupon(c *call, in newCoupon) (int, coupon, error) {
	var checks fault.Checks
	shared, pattern := in.read(&checks)
	if in.Code != nil {
		checks.That(in.Prefix == "", "prefix", "not-with-code", "prefix goes with a drawn code only")
		checks.That(in.Length == nil, "length", "not-with-code", "length goes with a drawn code only")
	}
	if err := checks.Err(); err != nil {
		return 0, coupon{}, err
	}
	var made coupons.Coupon
	var err error
	if in.Code != nil {
		made, err = c.account.CreateCoupon(c.r.Context(), *in.Code, shared)
	} else {
		var drawn []coupons.Coupon
		if drawn, err = c.account.GenerateCoupons(c.r.Context(), pattern, 1, shared); err == nil {
			made = drawn[0]
		}
	}
	if err != nil {
		return 0, coupon{}, err
	}
	c.created("/coupons/", made.ID)
	return http.StatusCreated, couponOf(nil)(made), nil
}

// madeCoupons is the answer to coupons made in bulk: all of them, in one piece.
type madeCoupons struct {
	Data []coupon `json:"data"`
}

func (s *server) createCoupons(c *call, in newCoupons) (int, madeCoupons, error) {
	var checks fault.Checks
	shared, pattern := in.read(&checks)
	if err := checks.Err(); err != nil {
		return 0, madeCoupons{}, err
	}
	made, err := c.account.GenerateCoupons(c.r.Context(), pattern, in.Count, shared)
	return http.StatusCreated, madeCoupons{each(made, couponOf(nil))}, err
}

func (s *server) coupons(c *call) (list[coupon], error) {
	q := c.query()
	of, asked := q.of(), q.page()
	if err := q.done(); err != nil {
		return list[coupon]{}, err
	}
	found, err := c.viewer.Coupons(c.r.Context(), of, asked)
	if err != nil {
		return list[coupon]{}, err
	}
	uses, err := c.viewer.CouponUses(c.r.Context(), each(found.Items, func(c coupons.Coupon) coupons.ID { return c.ID }))
	return listOf(found, couponOf(uses)), err
}

func (s *server) coupon(c *call) (coupon, error) {
	return one(c, func(ctx context.Context, id coupons.ID) (coupon, error) {
		found, err := c.viewer.Coupon(ctx, id)
		if err != nil {
			return coupon{}, err
		}
		uses, err := c.viewer.CouponUses(ctx, []coupons.ID{id})
		return couponOf(uses)(found), err
	}, func(c coupon) coupon { return c })
}

// couponChange is a change of a coupon.
type couponChange struct {
	body
	Status    field[coupons.Status] `json:"status"`
	ValidFrom field[when]           `json:"valid_from"`
	ValidTo   field[when]           `json:"valid_to"`
	Discount  field[*newDiscount]   `json:"discount"`
}

func (s *server) changeCoupon(c *call, in couponChange, version int64) (coupon, error) {
	change := coupons.Change{Version: version, Status: in.Status.pointer(), ValidFrom: moment(in.ValidFrom), ValidTo: moment(in.ValidTo)}
	if in.Discount.given {
		var checks fault.Checks
		discount := in.Discount.value.read(&checks)
		if err := checks.Err(); err != nil {
			return coupon{}, err
		}
		change.Discount = &discount
	}
	return s.updateCoupon(c, change)
}

// disableCoupon is what deleting comes to: its code stays reserved for ever.
func (s *server) disableCoupon(c *call, version int64) (coupon, error) {
	return s.updateCoupon(c, coupons.Change{Version: version, Status: new(coupons.Disabled)})
}

func (s *server) updateCoupon(c *call, change coupons.Change) (coupon, error) {
	id, err := pathID[coupons.Coupon](c, "id")
	if err != nil {
		return coupon{}, err
	}
	changed, err := c.account.ChangeCoupon(c.r.Context(), id, change)
	if err != nil {
		return coupon{}, err
	}
	uses, err := c.account.CouponUses(c.r.Context(), []coupons.ID{id})
	return couponOf(uses)(changed), err
}
