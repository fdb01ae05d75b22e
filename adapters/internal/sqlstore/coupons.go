package sqlstore

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/Masterminds/squirrel"

	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/coupons"
	"github.com/superher/superher/stats/statsql"
	"github.com/superher/superher/storage"
)

const (
	couponColumns     = "advertiser_id, id, campaign_id, influencer_id, code, status, valid_from, valid_to, discount_percent, discount_minor, discount_currency, created_at, version"
	couponColumnCount = 13
)

func scanCoupon(r row) (coupons.Coupon, error) {
	var c coupons.Coupon
	err := r.Scan(&c.Advertiser, &c.ID, &c.Campaign, &c.Influencer, &c.Code, &c.Status, moment{&c.ValidFrom}, moment{&c.ValidTo},
		&c.Discount.Percent, &c.Discount.Amount.Minor, &c.Discount.Amount.Currency, moment{&c.CreatedAt}, &c.Version)
	return c, err
}

func (r reader) coupons() squirrel.SelectBuilder {
	return r.dialect.Builder().Select(couponColumns).From("coupons").Where(statsql.Tenant(r.view, "advertiser_id"))
}

// Coupon implements storage.CouponReader.
func (r reader) Coupon(ctx context.Context, id coupons.ID) (coupons.Coupon, error) {
	return fetch(ctx, r, r.coupons().Where("id = ?", id), scanCoupon)
}

// Coupons implements storage.CouponReader.
func (r reader) Coupons(ctx context.Context, of storage.Of, page storage.Page) (storage.List[coupons.Coupon], error) {
	query := r.belonging(r.coupons(), of, "coupons", "coupons")
	return list(ctx, r, page, "id", query, scanCoupon, func(c coupons.Coupon) [16]byte { return c.ID })
}

// CouponUses implements storage.CouponReader.
func (r reader) CouponUses(ctx context.Context, ids []coupons.ID) (map[coupons.ID]int64, error) {
	out := make(map[coupons.ID]int64)
	err := r.snapshot(ctx, func(ctx context.Context, q Querier) error {
		for chunk := range chunks(distinct(ids), maxList) {
			uses, err := statsql.CouponUses(ctx, q, r.view, r.dialect, chunk)
			if err != nil {
				return err
			}
			maps.Copy(out, uses)
		}
		return nil
	})
	return out, err
}

// CreateCoupons implements storage.CouponWriter.
func (t tx) CreateCoupons(ctx context.Context, list []coupons.Coupon) ([]coupons.Code, error) {
	var ofCampaigns []campaigns.ID
	var ofInfluencers []campaigns.InfluencerID
	for _, c := range list {
		ofCampaigns = append(ofCampaigns, c.Campaign)
		ofInfluencers = append(ofInfluencers, c.Influencer)
	}
	if err := t.requireCampaigns(ctx, ofCampaigns...); err != nil {
		return nil, err
	}
	if err := t.requireInfluencers(ctx, ofInfluencers...); err != nil {
		return nil, err
	}
	first := make(map[coupons.Code]int, len(list))
	fresh := make([]coupons.Coupon, 0, len(list))
	for i, c := range list {
		if _, repeated := first[c.Code]; !repeated {
			first[c.Code] = i
			fresh = append(fresh, c)
		}
	}
	// In one order for all, so that calls that create the same codes at the same
	// time wait for each other and not in a circle.
	slices.SortFunc(fresh, func(a, b coupons.Coupon) int { return strings.Compare(string(a.Code), string(b.Code)) })
	created := make(map[coupons.Code]bool, len(fresh))
	for chunk := range chunks(fresh, min(maxList, maxVariables/couponColumnCount)) {
		codes, err := collect(ctx, t.q, t.couponInsert(chunk), scanText[coupons.Code])
		if err != nil {
			return nil, err
		}
		for _, code := range codes {
			created[code] = true
		}
	}
	var taken []coupons.Code
	for i, c := range list {
		if first[c.Code] != i || !created[c.Code] {
			taken = append(taken, c.Code)
		}
	}
	if err := t.requireCodes(ctx, taken); err != nil {
		return nil, err
	}
	return taken, nil
}

// requireCodes reports that an id was taken unless all the codes are stored: a
// coupon whose code was free and that was not stored met its own id.
func (t tx) requireCodes(ctx context.Context, codes []coupons.Code) error {
	for chunk := range chunks(distinct(codes), maxList) {
		stored, err := collect(ctx, t.q, t.dialect.Builder().Select("code").From("coupons").
			Where(statsql.Tenant(t.view, "advertiser_id")).Where(in("code", texts(chunk))), scanText[coupons.Code])
		if err != nil {
			return err
		}
		if len(stored) < len(chunk) {
			return storage.IDTaken()
		}
	}
	return nil
}

func texts[T ~string](values []T) []string {
	out := make([]string, len(values))
	for i, value := range values {
		out[i] = string(value)
	}
	return out
}

func (t tx) couponInsert(list []coupons.Coupon) squirrel.InsertBuilder {
	insert := t.dialect.Builder().Insert("coupons").Columns(couponColumns).Suffix("ON CONFLICT DO NOTHING RETURNING code")
	for _, c := range list {
		insert = insert.Values(t.owner(), c.ID, c.Campaign, c.Influencer, string(c.Code), string(c.Status), t.dialect.Moment(c.ValidFrom),
			t.dialect.Moment(c.ValidTo), int64(c.Discount.Percent), c.Discount.Amount.Minor, string(c.Discount.Amount.Currency),
			t.dialect.Moment(c.CreatedAt), c.Version)
	}
	return insert
}

// UpdateCoupon implements storage.CouponWriter.
func (t tx) UpdateCoupon(ctx context.Context, c coupons.Coupon) error {
	return changed(ctx, t.q, t.dialect, t.view, "coupons", c.ID, t.dialect.Builder().Update("coupons").
		Set("status", string(c.Status)).Set("valid_from", t.dialect.Moment(c.ValidFrom)).Set("valid_to", t.dialect.Moment(c.ValidTo)).
		Set("discount_percent", int64(c.Discount.Percent)).Set("discount_minor", c.Discount.Amount.Minor).
		Set("discount_currency", string(c.Discount.Amount.Currency)).Set("version", c.Version+1).
		Where(statsql.Tenant(t.view, "advertiser_id")).Where("id = ?", c.ID).Where("version = ?", c.Version))
}
