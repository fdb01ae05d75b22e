-- +goose Up

-- The uses of a coupon, of all times, are the sum of its months.
CREATE INDEX event_coupons_by_coupon ON event_coupons (advertiser_id, coupon_id) WHERE grain = 1;
