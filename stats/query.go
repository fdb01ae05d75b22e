package stats

import (
	"slices"
	"strconv"

	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/fault"
	"github.com/superher/superher/ident"
	"github.com/superher/superher/money"
)

// Limits of a table query.
const (
	DefaultRows = 50
	MaxRows     = 500
	MaxSearch   = 100 // characters
)

// Sort is the column a table is sorted by.
type Sort string

// The sortable columns. Money sorts by its amount in [TableQuery.Currency].
const (
	SortName        Sort = "name"
	SortClicks      Sort = "clicks"
	SortAllClicks   Sort = "all_clicks"
	SortVisitors    Sort = "visitors"
	SortEvents      Sort = "events"
	SortConversions Sort = "conversions"
	SortRevenue     Sort = "revenue"
	SortPayout      Sort = "payout"
)

// Sorts lists the sortable columns.
func Sorts() []Sort {
	return []Sort{SortName, SortClicks, SortAllClicks, SortVisitors, SortEvents, SortConversions, SortRevenue, SortPayout}
}

// TableQuery says which rows of a table to give, and in which order. Equal
// sort keys are in order of the ids, so the order is total. Names sort bytewise.
type TableQuery struct {
	Sort     Sort           // default SortConversions
	Reverse  bool           // ascending for numbers, Z to A for names; otherwise largest first, A to Z
	Currency money.Currency // for SortRevenue and SortPayout, required there
	Search   string         // part of the name or title, ASCII letters in any case; "" for all rows
	Limit    int            // rows of a page; 0 means DefaultRows
	Cursor   string         // from Table.Next; "" for the first page
}

// Check fills the defaults and returns the query with its cursor parsed, or
// fault.Invalid with every bad field.
func (q TableQuery) Check() (TableQuery, ident.Cursor, error) {
	if q.Sort == "" {
		q.Sort = SortConversions
	}
	if q.Limit == 0 {
		q.Limit = DefaultRows
	}
	var checks fault.Checks
	checks.That(slices.Contains(Sorts(), q.Sort), "sort", "unknown-sort", "sort must be a column of the table")
	if q.Sort == SortRevenue || q.Sort == SortPayout {
		_, err := money.ParseCurrency(string(q.Currency))
		checks.Take("currency", err)
	}
	checks.Text("search", q.Search, false, MaxSearch)
	checks.That(q.Limit >= 1 && q.Limit <= MaxRows, "limit", "out-of-range", "limit must be from 1 to 500")
	cursor, err := ident.ParseCursor(q.Cursor)
	checks.Take("cursor", err)
	if err == nil && !cursor.IsZero() {
		_, numeric := strconv.ParseInt(cursor.Key, 10, 64)
		checks.That(cursor.Sort == q.order() && (q.Sort == SortName || numeric == nil),
			"cursor", "cursor-of-another-order", "a cursor continues the order it was given for")
	}
	return q, cursor, checks.Err()
}

// order names the order, for cursors: a position in one order means nothing in
// another.
func (q TableQuery) order() string {
	name := string(q.Sort)
	if q.Sort == SortRevenue || q.Sort == SortPayout {
		name += ":" + string(q.Currency)
	}
	if q.Reverse {
		name += ":reverse"
	}
	return name
}

// Needle returns the search text with its ASCII letters in lower case.
func (q TableQuery) Needle() string { return lowerASCII(q.Search) }

// After returns the cursor text that continues behind a row with the given sort
// key, the name or the number in decimal.
func (q TableQuery) After(key string, id [16]byte) string {
	return ident.Cursor{Sort: q.order(), Key: key, ID: id}.String()
}

// PayoutQuery says which rows of a payout table to give.
type PayoutQuery struct {
	Limit  int    // rows of a page; 0 means DefaultRows
	Cursor string // from PayoutTable.Next; "" for the first page
}

// payoutOrder names the one order of payout rows, for cursors.
const payoutOrder = "payouts"

// Check fills the default and returns the query with the pair of ids that its
// page begins behind, zero for the first page, or fault.Invalid with every bad field.
func (q PayoutQuery) Check() (checked PayoutQuery, campaign campaigns.ID, influencer campaigns.InfluencerID, err error) {
	if q.Limit == 0 {
		q.Limit = DefaultRows
	}
	var checks fault.Checks
	checks.That(q.Limit >= 1 && q.Limit <= MaxRows, "limit", "out-of-range", "limit must be from 1 to 500")
	cursor, err := ident.ParseCursor(q.Cursor)
	checks.Take("cursor", err)
	if err == nil && !cursor.IsZero() {
		campaign, err = ident.Parse[campaigns.Campaign](cursor.Key)
		checks.That(cursor.Sort == payoutOrder && err == nil, "cursor", "cursor-of-another-order", "a cursor continues the order it was given for")
		influencer = campaigns.InfluencerID(cursor.ID)
	}
	return q, campaign, influencer, checks.Err()
}

// After returns the cursor text that continues behind a row.
func (q PayoutQuery) After(r PayoutRow) string {
	return ident.Cursor{Sort: payoutOrder, Key: r.Campaign.String(), ID: r.Influencer}.String()
}
