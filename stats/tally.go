package stats

import (
	"maps"
	"slices"

	"github.com/superher/superher/attribution"
	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/links"
	"github.com/superher/superher/money"
)

// tally counts the figures of one group. The zero value is ready.
type tally struct {
	Figures
	visitors map[links.Visitor]bool
}

func (t *tally) click(c links.Click) {
	t.AllClicks++
	if c.Class != links.Human {
		return
	}
	t.Clicks++
	if t.visitors == nil {
		t.visitors = map[links.Visitor]bool{}
	}
	t.visitors[c.Visitor] = true
	t.Visitors = int64(len(t.visitors))
}

func (t *tally) event(e attribution.Event) (err error) {
	t.Events++
	if e.Conversion {
		t.Conversions++
	}
	if isRevenue(e) {
		if t.Revenue, err = t.Revenue.Plus(e.Value); err != nil {
			return err
		}
	}
	t.Payout, err = t.Payout.Plus(e.Commission.Amount)
	return err
}

// merge adds what another tally counted.
func (t *tally) merge(other *tally) error {
	if err := t.Figures.Add(other.Figures); err != nil {
		return err
	}
	if t.visitors == nil {
		t.visitors = map[links.Visitor]bool{}
	}
	maps.Copy(t.visitors, other.visitors)
	t.Visitors = int64(len(t.visitors))
	return nil
}

// Add adds the figures of another group. Visitors are left alone, they do not
// add up. The error is that of [money.Amount.Add], and f then is of no use.
func (f *Figures) Add(other Figures) (err error) {
	f.Clicks += other.Clicks
	f.AllClicks += other.AllClicks
	f.Events += other.Events
	f.Conversions += other.Conversions
	if f.Revenue, err = f.Revenue.Plus(other.Revenue...); err != nil {
		return err
	}
	f.Payout, err = f.Payout.Plus(other.Payout...)
	return err
}

// isRevenue reports whether the value of an event, if it has one, is revenue.
func isRevenue(e attribution.Event) bool {
	return e.Conversion || e.Type == campaigns.Purchase
}

// isOrder reports whether an event counts towards the average order: a
// purchase that has a value.
func isOrder(e attribution.Event) bool {
	return e.Type == campaigns.Purchase && e.Value.Currency != ""
}

// AverageOrders divides the value of the orders in each currency by their
// number, rounded half to even to the minor unit. A currency without orders is
// left out.
func AverageOrders(values money.Totals, orders []Count) money.Totals {
	var out money.Totals
	for _, value := range values {
		i := slices.IndexFunc(orders, func(c Count) bool { return c.Currency == value.Currency })
		if i >= 0 && orders[i].N > 0 {
			out = append(out, money.Of(divide(value.Minor, orders[i].N), value.Currency))
		}
	}
	return out
}

// divide returns a/n rounded half to even, for n above zero.
func divide(a, n int64) int64 {
	quotient, rest := floorDiv(a, n), a%n
	if rest < 0 {
		rest += n
	}
	if up := n - rest; rest > up || rest == up && quotient%2 != 0 {
		quotient++
	}
	return quotient
}
