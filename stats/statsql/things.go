package statsql

import (
	"github.com/Masterminds/squirrel"

	"github.com/superher/superher/stats"
	"github.com/superher/superher/tenant"
)

// things is where the rows of a kind come from. The table goes by the name t.
type things struct {
	kind        stats.Kind
	from        string // table
	name, title string // expressions
	clickColumn string // of click_events; typed, so that it compares with an id
	eventColumn string // of customer_events
	clicks      clickKind
}

func thingsOf(kind stats.Kind) things {
	switch kind {
	case stats.ByCampaign:
		return things{kind, "campaigns", "t.name", "''", "campaign_id", "campaign_id", campaignClicks}
	case stats.ByInfluencer:
		return things{kind, "influencers", "t.name", "t.handle", "influencer_id", "influencer_id", influencerClicks}
	case stats.ByCoupon:
		return things{kind, "coupons", "t.code", "''", "CAST(NULL AS uuid)", "coupon_id", allClicks}
	default:
		return things{kind, "tracking_links", "t.code", "t.title", "link_id", "link_id", linkClicks}
	}
}

// visible returns the condition that the view reaches a thing. An influencer
// has no advertiser; who sees it is recorded for each.
func (t things) visible(view tenant.View) squirrel.Sqlizer {
	if t.kind != stats.ByInfluencer {
		return Tenant(view, "t.advertiser_id")
	}
	return squirrel.Expr("t.id IN (?)", squirrel.Select("influencer_id").From("influencer_access").Where(Tenant(view, "advertiser_id")))
}

// inReach returns the condition of [stats.Reach]: that a thing is in reach of
// the filter by structure.
func (t things) inReach(view tenant.View, f stats.Filter) squirrel.Sqlizer {
	all := squirrel.And{squirrel.Expr("1 = 1")}
	switch t.kind {
	case stats.ByCampaign:
		all = append(all, oneOf("t.id", f.Campaigns)...)
		all = append(all, joined(view, "campaign_id", oneOf("influencer_id", f.Influencers))...)
		all = append(all, owned(view, "campaign_id", "tracking_links", oneOf("id", f.Links))...)
		return append(all, owned(view, "campaign_id", "coupons", oneOf("id", f.Coupons))...)
	case stats.ByInfluencer:
		all = append(all, oneOf("t.id", f.Influencers)...)
		all = append(all, joined(view, "influencer_id", oneOf("campaign_id", f.Campaigns))...)
		all = append(all, owned(view, "influencer_id", "tracking_links", oneOf("id", f.Links))...)
		return append(all, owned(view, "influencer_id", "coupons", oneOf("id", f.Coupons))...)
	case stats.ByCoupon:
		if len(f.Links) > 0 {
			return never()
		}
		all = append(all, oneOf("t.id", f.Coupons)...)
	default:
		if len(f.Coupons) > 0 {
			return never()
		}
		all = append(all, oneOf("t.id", f.Links)...)
	}
	all = append(all, oneOf("t.campaign_id", f.Campaigns)...)
	return append(all, oneOf("t.influencer_id", f.Influencers)...)
}

// joined returns the condition that an assignment, link or coupon joins t with
// one that meets the condition; without a condition there is none.
func joined(view tenant.View, column string, condition []squirrel.Sqlizer) []squirrel.Sqlizer {
	if len(condition) == 0 {
		return nil
	}
	return []squirrel.Sqlizer{squirrel.Expr("t.id IN (?)", union(
		owners(view, column, "assignments", condition),
		owners(view, column, "tracking_links", condition),
		owners(view, column, "coupons", condition)))}
}

// owned returns the condition that t owns a thing that meets the condition.
func owned(view tenant.View, column, table string, condition []squirrel.Sqlizer) []squirrel.Sqlizer {
	if len(condition) == 0 {
		return nil
	}
	return []squirrel.Sqlizer{squirrel.Expr("t.id IN (?)", owners(view, column, table, condition))}
}

func owners(view tenant.View, column, table string, condition []squirrel.Sqlizer) squirrel.SelectBuilder {
	return squirrel.Select(column).From(table).Where(Tenant(view, "advertiser_id")).Where(squirrel.And(condition))
}
