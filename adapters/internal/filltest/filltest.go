package filltest

import (
	"context"
	"time"

	"github.com/superher/superher/attribution"
	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/coupons"
	"github.com/superher/superher/links"
	"github.com/superher/superher/money"
	"github.com/superher/superher/payouts"
	"github.com/superher/superher/storage"
	"github.com/superher/superher/tenant"
)

// Tables lists the tables that [Fill] fills.
func Tables() []string {
	return []string{
		"advertisers", "api_keys", "campaigns", "influencers", "influencer_access", "assignments", "terms", "coupons",
		"tracking_links", "customer_events", "click_events", "visitor_salts", "link_codes", "api_key_hashes",
	}
}

// Prepared is the version of the tables that [Fill] needs.
const Prepared = 3

// Undo returns the statements that make a database of version Prepared one of
// the first version, with the rows of [Tables] as they are. What a store of
// today writes beside them goes with its tables.
func Undo() []string {
	var out []string
	for _, table := range []string{"totals", "event_changes", "event_days", "event_pairs", "event_coupons", "event_links",
		"click_days", "click_visitors", "users", "requests", "tickets"} {
		out = append(out, "DROP TABLE "+table)
	}
	return append(out, "DELETE FROM superher_migrations WHERE version_id > 1")
}

// Event returns the event that [Fill] stores.
func Event() attribution.Event {
	e := attribution.Event{ID: attribution.ID{8}, Advertiser: Advertiser(), Conversion: true}
	e.Type, e.ExternalID, e.Value = campaigns.Purchase, "order-1", money.Of(149_900, "INR")
	e.CouponCode, e.OccurredAt, e.ReceivedAt = "SUMMER20", now(), now()
	e.Decision = attribution.Decision{Method: attribution.ByCoupon, Source: attribution.Direct, Campaign: campaigns.ID{2},
		Influencer: campaigns.InfluencerID{3}, Coupon: coupons.ID{6}}
	e.Commission = payouts.Commission{Amount: money.Of(14_990, "INR"), Terms: terms()}
	return e
}

// Advertiser returns whose rows [Fill] stores.
func Advertiser() tenant.ID { return tenant.ID{1} }

func now() time.Time { return time.Date(2026, 3, 1, 10, 20, 30, 123_456_000, time.UTC) }

func terms() payouts.Terms {
	return payouts.Terms{Version: 1, Share: payouts.Percentage, Rate: 100_000, Fee: money.Of(0, "INR"), From: now(), RecordedAt: now()}
}

// Fill stores a row in each of the tables.
func Fill(ctx context.Context, store storage.Store) error {
	err := store.System().CreateAdvertiser(ctx, tenant.Advertiser{ID: Advertiser(), Name: "Brand", Zone: "UTC", Currency: "INR", CreatedAt: now(), Version: 1})
	if err != nil {
		return err
	}
	if err := store.Write(ctx, tenant.For(Advertiser()), fill); err != nil {
		return err
	}
	if _, err := store.System().VisitorSalt(ctx, Advertiser(), now(), links.Salt{1}); err != nil {
		return err
	}
	return store.System().AppendClicks(ctx, []links.Click{{ID: links.ClickID{9}, Advertiser: Advertiser(), Link: links.ID{5}, At: now(), Class: links.Human}})
}

func fill(ctx context.Context, tx storage.Tx) error {
	campaign, influencer := campaigns.ID{2}, campaigns.InfluencerID{3}
	steps := []func() error{
		func() error {
			return tx.CreateAPIKey(ctx, tenant.APIKey{ID: tenant.KeyID{4}, Name: "Shop", Hash: [32]byte{4}, CreatedAt: now(), Version: 1})
		},
		func() error {
			return tx.CreateCampaign(ctx, campaigns.Campaign{ID: campaign, Name: "Summer", Status: campaigns.Active,
				ConversionTypes: []campaigns.EventType{campaigns.Purchase}, CreatedAt: now(), Version: 1})
		},
		func() error {
			return tx.CreateInfluencer(ctx, campaigns.Influencer{ID: influencer, Name: "Jessica", CreatedAt: now(), Version: 1})
		},
		func() error {
			return tx.Assign(ctx, campaigns.Assignment{Campaign: campaign, Influencer: influencer, CreatedAt: now(), Terms: payouts.History{terms()}})
		},
		func() error {
			return tx.CreateLink(ctx, links.Link{ID: links.ID{5}, Campaign: campaign, Influencer: influencer, Code: "abc1234",
				Destination: "https://shop.example/", Status: links.Active, CreatedAt: now(), Version: 1})
		},
		func() error {
			_, err := tx.CreateCoupons(ctx, []coupons.Coupon{{ID: coupons.ID{6}, Campaign: campaign, Influencer: influencer, Code: "SUMMER20",
				Status: coupons.Active, CreatedAt: now(), Version: 1}})
			return err
		},
		func() error {
			_, err := tx.RecordEvents(ctx, []attribution.Event{Event()})
			return err
		},
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}
