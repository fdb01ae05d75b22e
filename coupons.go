package superher

import (
	"context"

	"github.com/superher/superher/coupons"
	"github.com/superher/superher/fault"
	"github.com/superher/superher/storage"
)

// maxDraws bounds how often a generated code that is taken is drawn again. While
// half of a code space is free, ten draws that are all taken are one call in a
// thousand; a fuller space is reported instead of searched.
const maxDraws = 10

// CreateCoupon makes a coupon with a code of the caller's choice. A taken code,
// also one of a disabled coupon, is fault.Conflict "coupon-code-taken".
func (a Account) CreateCoupon(ctx context.Context, code string, in coupons.NewCoupon) (coupons.Coupon, error) {
	var checks fault.Checks
	parsed, err := coupons.ParseCode(code)
	checks.Take("code", err)
	draft, err := a.couponDraft(in, parsed)
	checks.Take("", err)
	if err := checks.Err(); err != nil {
		return coupons.Coupon{}, err
	}
	return update(ctx, a, func(ctx context.Context, tx storage.Tx) (coupons.Coupon, error) {
		coupon, err := a.stampCoupon(draft, parsed)
		if err != nil {
			return coupon, err
		}
		taken, err := tx.CreateCoupons(ctx, []coupons.Coupon{coupon})
		if err == nil && len(taken) > 0 {
			err = fault.New(fault.Conflict, "coupon-code-taken", "the code "+string(parsed)+" is taken")
		}
		return coupon, err
	})
}

// GenerateCoupons makes count coupons (1 to [coupons.MaxBulk]) with drawn codes,
// all or none. Codes that are taken are drawn again, a bounded number of times;
// then fault.Exhausted "code-space-exhausted".
func (a Account) GenerateCoupons(ctx context.Context, pattern coupons.Pattern, count int, in coupons.NewCoupon) ([]coupons.Coupon, error) {
	var checks fault.Checks
	checks.That(count >= 1 && count <= coupons.MaxBulk, "count", "out-of-range", "count must be from 1 to 1000")
	pattern, err := pattern.Check()
	checks.Take("", err)
	draft, err := a.couponDraft(in, "STANDIN")
	checks.Take("", err)
	if err := checks.Err(); err != nil {
		return nil, err
	}
	return update(ctx, a, func(ctx context.Context, tx storage.Tx) ([]coupons.Coupon, error) {
		made := make([]coupons.Coupon, 0, count)
		for range maxDraws {
			drawn, err := a.drawCoupons(pattern, count-len(made), draft)
			if err != nil {
				return nil, err
			}
			taken, err := tx.CreateCoupons(ctx, drawn)
			if err != nil {
				return nil, err
			}
			made = append(made, without(drawn, taken)...)
			if len(made) == count {
				return made, nil
			}
		}
		return nil, fault.New(fault.Exhausted, "code-space-exhausted", "too many codes of this pattern are taken; choose a longer one")
	})
}

// couponDraft checks what all coupons of a call share.
func (a Account) couponDraft(in coupons.NewCoupon, code coupons.Code) (coupons.Coupon, error) {
	in.ValidFrom, in.ValidTo = moment(in.ValidFrom), moment(in.ValidTo)
	return coupons.Create(coupons.ID{}, a.scope.Advertiser(), a.client.now(), code, in)
}

// stampCoupon gives a checked draft its own id and code.
func (a Account) stampCoupon(draft coupons.Coupon, code coupons.Code) (coupons.Coupon, error) {
	id, err := newID[coupons.Coupon](a.client, draft.CreatedAt)
	draft.ID, draft.Code = id, code
	return draft, err
}

// drawCoupons makes n coupons with drawn codes, no code twice. In a code space
// that is nearly used up by the call itself it may return fewer.
func (a Account) drawCoupons(pattern coupons.Pattern, n int, draft coupons.Coupon) ([]coupons.Coupon, error) {
	made := make([]coupons.Coupon, 0, n)
	seen := make(map[coupons.Code]bool, n)
	for draws := 0; len(made) < n && draws < n*maxDraws; draws++ {
		code, err := pattern.Generate(a.client.random)
		if err != nil {
			return nil, err
		}
		if seen[code] {
			continue
		}
		seen[code] = true
		coupon, err := a.stampCoupon(draft, code)
		if err != nil {
			return nil, err
		}
		made = append(made, coupon)
	}
	return made, nil
}

// without returns the coupons whose codes were not taken.
func without(list []coupons.Coupon, taken []coupons.Code) []coupons.Coupon {
	gone := make(map[coupons.Code]bool, len(taken))
	for _, code := range taken {
		gone[code] = true
	}
	kept := list[:0:0]
	for _, coupon := range list {
		if !gone[coupon.Code] {
			kept = append(kept, coupon)
		}
	}
	return kept
}

// ChangeCoupon changes a coupon; disabling it keeps its code reserved.
func (a Account) ChangeCoupon(ctx context.Context, id coupons.ID, change coupons.Change) (coupons.Coupon, error) {
	if change.ValidFrom != nil {
		change.ValidFrom = new(moment(*change.ValidFrom))
	}
	if change.ValidTo != nil {
		change.ValidTo = new(moment(*change.ValidTo))
	}
	return update(ctx, a, func(ctx context.Context, tx storage.Tx) (coupons.Coupon, error) {
		old, err := tx.Coupon(ctx, id)
		if err != nil {
			return old, err
		}
		changed, err := old.Apply(change)
		if err != nil || same(old, changed) {
			return old, err
		}
		err = tx.UpdateCoupon(ctx, changed)
		changed.Version++
		return changed, err
	})
}
