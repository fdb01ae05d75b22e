package server

import (
	"context"
	"net/http"
	"time"

	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/coupons"
	"github.com/superher/superher/fault"
	"github.com/superher/superher/money"
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

// newDiscount is what the shopper gets: a percentage or an amount.
type newDiscount struct {
	Percent decimal    `json:"percent"`
	Amount  *newAmount `json:"amount"`
}

// read translates what is shared, and notes what is wrong with it.
func (t couponTerms) read(checks *fault.Checks) (coupons.NewCoupon, coupons.Pattern) {
	in := coupons.NewCoupon{Campaign: t.Campaign.id(), Influencer: t.Influencer.id(), ValidFrom: time.Time(t.ValidFrom), ValidTo: time.Time(t.ValidTo)}
	if t.Discount != nil {
		in.Discount.Amount = t.Discount.Amount.read("discount.amount", checks)
		if t.Discount.Percent.given {
			var err error
			in.Discount.Percent, err = money.ParseRate(t.Discount.Percent.text)
			if e := fault.Of(err); e != nil {
				checks.Add("discount.percent", e.Reason, e.Detail)
			}
		}
	}
	pattern := coupons.Pattern{Prefix: t.Prefix}
	if t.Length != nil {
		pattern.Length = *t.Length
		checks.That(pattern.Length != 0, "length", "out-of-range", "length must be from 4 to 16") // 0 asks for the default
	}
	return in, pattern
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
	asked := q.page()
	if err := q.done(); err != nil {
		return list[coupon]{}, err
	}
	found, err := c.account.Coupons(c.r.Context(), asked)
	if err != nil {
		return list[coupon]{}, err
	}
	uses, err := c.account.CouponUses(c.r.Context(), each(found.Items, func(c coupons.Coupon) coupons.ID { return c.ID }))
	return listOf(found, couponOf(uses)), err
}

func (s *server) coupon(c *call) (coupon, error) {
	return one(c, func(ctx context.Context, id coupons.ID) (coupon, error) {
		found, err := c.account.Coupon(ctx, id)
		if err != nil {
			return coupon{}, err
		}
		uses, err := c.account.CouponUses(ctx, []coupons.ID{id})
		return couponOf(uses)(found), err
	}, func(c coupon) coupon { return c })
}
