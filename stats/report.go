package stats

import (
	"time"

	"github.com/superher/superher/attribution"
	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/money"
)

// Figures are the numbers that every report gives for what it groups.
//
// Revenue is the value of conversions and of purchases: a purchase is revenue
// also where a campaign pays for something else. Payout is the commission
// earned. Both list one amount for each currency that occurred among the covered events, an
// amount of zero included; they are nil where none occurred.
type Figures struct {
	Clicks      int64 // by people, repeats left out
	AllClicks   int64 // every hit
	Visitors    int64 // distinct visitors among Clicks; does not add up over groups
	Events      int64 // of all types
	Conversions int64 // events that count as conversions
	Revenue     money.Totals
	Payout      money.Totals
}

// Overview is the summary of a period.
type Overview struct {
	Figures
	AverageOrder money.Totals // value of purchases / number of purchases with a value, rounded half to even
	Purchases    []Count      // number of purchases behind each AverageOrder
}

// Count is a number of things in one currency.
type Count struct {
	Currency money.Currency
	N        int64
}

// Bucket is one point of a chart.
type Bucket struct {
	Start time.Time // first moment of the bucket, in the filter's zone
	Figures
}

// Unit is the width of a chart's buckets.
type Unit string

// The units. Days, weeks (from Monday) and months are those of the calendar in
// the filter's zone.
const (
	Hour  Unit = "hour"
	Day   Unit = "day"
	Week  Unit = "week"
	Month Unit = "month"
)

// TypeRow is the figures of one event type; clicks have no type and are zero.
type TypeRow struct {
	Type campaigns.EventType
	Figures
}

// JourneyRow is one path of the Sankey diagram; clicks are zero.
type JourneyRow struct {
	Source attribution.Source
	Method attribution.Method
	Type   campaigns.EventType
	Figures
}

// Kind is what the rows of a [Table] are about.
type Kind string

// The kinds.
const (
	ByCampaign   Kind = "campaigns"
	ByInfluencer Kind = "influencers"
	ByCoupon     Kind = "coupons"
	ByLink       Kind = "tracking-links"
)

// Kinds lists all of them.
func Kinds() []Kind { return []Kind{ByCampaign, ByInfluencer, ByCoupon, ByLink} }

// Row is one entity of a [Table].
type Row struct {
	ID    [16]byte // of the campaign, influencer, coupon or link
	Name  string   // name, coupon code or short code
	Title string   // handle of an influencer, title of a link, otherwise empty
	Figures
}

// Table is a page of rows, with the totals over all its pages.
type Table struct {
	Rows []Row
	Next string // cursor of the next page; "" on the last
	// Totals are the figures of all rows that match the filter and the search.
	Totals Figures
	// Unattributed are the figures of what belongs to no row: an event without
	// such an entity, a click on a link without one. Together with the totals
	// of an empty search they are the overview.
	Unattributed Figures
}

// PayoutRow is what an influencer earned in a campaign; clicks are zero.
type PayoutRow struct {
	Campaign       campaigns.ID
	Influencer     campaigns.InfluencerID
	CampaignName   string
	InfluencerName string
	Figures
}

// PayoutTable is a page of payout rows.
type PayoutTable struct {
	Rows   []PayoutRow
	Totals Figures // of all rows, on every page; clicks are zero
	Next   string  // cursor of the next page; "" on the last
}
