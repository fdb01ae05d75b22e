package stats

import (
	"bytes"
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/superher/superher/attribution"
	"github.com/superher/superher/fault"
	"github.com/superher/superher/ident"
	"github.com/superher/superher/links"
)

// Table implements [Source].
func (s fold) Table(ctx context.Context, kind Kind, f Filter, q TableQuery) (Table, error) {
	if !slices.Contains(Kinds(), kind) {
		return Table{}, UnknownKind()
	}
	q, cursor, err := q.Check()
	if err != nil {
		return Table{}, err
	}
	groups := groupsOf[[16]byte]{}
	err = s.covered(ctx, f,
		func(c links.Click) { groups.of(kind.ofClick(c)).click(c) },
		func(e attribution.Event) error { return groups.of(kind.ofEvent(e)).event(e) })
	if err != nil {
		return Table{}, err
	}
	out := Table{Unattributed: groups.of([16]byte{}).Figures}
	var totals tally
	for _, e := range s.entities(kind, f) {
		t, covered := groups[e.ID]
		if !covered && !e.inReach || !q.finds(e.Row) {
			continue
		}
		if covered {
			e.Figures = t.Figures
			if err := totals.merge(t); err != nil {
				return Table{}, err
			}
		}
		out.Rows = append(out.Rows, e.Row)
	}
	out.Totals = totals.Figures
	out.Rows, out.Next = q.page(out.Rows, cursor)
	return out, nil
}

// UnknownKind is the error for a [Kind] that is none.
func UnknownKind() error {
	return fault.Bad("kind", "unknown-kind", "a table is of campaigns, influencers, coupons or tracking-links")
}

// ofClick returns the entity whose row a click counts in, zero for none.
func (k Kind) ofClick(c links.Click) [16]byte {
	switch k {
	case ByCampaign:
		return c.Campaign
	case ByInfluencer:
		return c.Influencer
	case ByLink:
		return c.Link
	default:
		return [16]byte{} // no click belongs to a coupon
	}
}

// ofEvent returns the entity whose row an event counts in, zero for none.
func (k Kind) ofEvent(e attribution.Event) [16]byte {
	switch k {
	case ByCampaign:
		return e.Decision.Campaign
	case ByInfluencer:
		return e.Decision.Influencer
	case ByLink:
		return e.Decision.Link
	default:
		return e.Decision.Coupon
	}
}

type entity struct {
	Row
	inReach bool
}

// entities lists all things of a kind, with empty figures.
func (s fold) entities(kind Kind, f Filter) []entity {
	reach := NewReach(f, s.Data)
	var out []entity
	switch kind {
	case ByCampaign:
		for _, c := range s.Campaigns {
			out = append(out, entity{Row{ID: c.ID, Name: c.Name}, reach.Campaign(c.ID)})
		}
	case ByInfluencer:
		for _, i := range s.Influencers {
			out = append(out, entity{Row{ID: i.ID, Name: i.Name, Title: i.Handle}, reach.Influencer(i.ID)})
		}
	case ByCoupon:
		for _, c := range s.Coupons {
			out = append(out, entity{Row{ID: c.ID, Name: string(c.Code)}, reach.Coupon(c)})
		}
	case ByLink:
		for _, l := range s.Links {
			out = append(out, entity{Row{ID: l.ID, Name: string(l.Code), Title: l.Title}, reach.Link(l)})
		}
	}
	return out
}

// finds reports whether a row matches the search.
func (q TableQuery) finds(r Row) bool {
	return strings.Contains(lowerASCII(r.Name), q.Needle()) || strings.Contains(lowerASCII(r.Title), q.Needle())
}

// lowerASCII folds the letters that every database folds alike, and no others.
func lowerASCII(text string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, text)
}

// page sorts the rows and cuts out the page behind the cursor.
func (q TableQuery) page(rows []Row, cursor ident.Cursor) ([]Row, string) {
	slices.SortFunc(rows, q.compare)
	if !cursor.IsZero() {
		start, found := slices.BinarySearchFunc(rows, cursor, func(r Row, c ident.Cursor) int {
			return cmp.Or(q.compareKeys(q.Key(r), c.Key), bytes.Compare(r.ID[:], c.ID[:]))
		})
		if found {
			start++
		}
		rows = rows[start:]
	}
	if len(rows) <= q.Limit {
		return slices.Clip(rows), ""
	}
	rows = rows[:q.Limit:q.Limit]
	last := rows[q.Limit-1]
	return rows, q.After(q.Key(last), last.ID)
}

func (q TableQuery) compare(a, b Row) int {
	return cmp.Or(q.compareKeys(q.Key(a), q.Key(b)), bytes.Compare(a.ID[:], b.ID[:]))
}

// compareKeys compares two sort keys in the direction of the order.
func (q TableQuery) compareKeys(a, b string) int {
	order := strings.Compare(a, b)
	if q.Sort != SortName {
		// The check of the query has seen that the cursor's key is a number.
		x, _ := strconv.ParseInt(a, 10, 64)
		y, _ := strconv.ParseInt(b, 10, 64)
		order = cmp.Compare(y, x)
	}
	if q.Reverse {
		return -order
	}
	return order
}

// Key returns the sort key of a row, as [TableQuery.After] takes it.
func (q TableQuery) Key(r Row) string {
	var number int64
	switch q.Sort {
	case SortName:
		return r.Name
	case SortClicks:
		number = r.Clicks
	case SortAllClicks:
		number = r.AllClicks
	case SortVisitors:
		number = r.Visitors
	case SortEvents:
		number = r.Events
	case SortRevenue:
		number = r.Revenue.In(q.Currency).Minor
	case SortPayout:
		number = r.Payout.In(q.Currency).Minor
	default:
		number = r.Conversions
	}
	return strconv.FormatInt(number, 10)
}
