package server

import (
	"github.com/superher/superher/attribution"
	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/money"
	"github.com/superher/superher/stats"
)

// period says what a report covers: half-open, in a zone.
type period struct {
	From stamp  `json:"from"`
	To   stamp  `json:"to"`
	Zone string `json:"time_zone"`
}

func periodOf(f stats.Filter) period {
	return period{stamp(f.From), stamp(f.To), f.Location().String()}
}

// figures are the numbers of whatever a report groups.
type figures struct {
	Clicks      int64    `json:"clicks"`
	AllClicks   int64    `json:"all_clicks"`
	Visitors    int64    `json:"visitors"`
	Events      int64    `json:"events"`
	Conversions int64    `json:"conversions"`
	Revenue     []amount `json:"revenue"`
	Payout      []amount `json:"payout"`
}

func figuresOf(f stats.Figures) figures {
	return figures{f.Clicks, f.AllClicks, f.Visitors, f.Events, f.Conversions, amountsOf(f.Revenue), amountsOf(f.Payout)}
}

// report reads the filter and asks for a report.
func report[From, To any](c *call, ask func(stats.Filter) (From, error), translate func(stats.Filter, From) To) (To, error) {
	var nothing To
	f, err := c.filter(c.query())
	if err != nil {
		return nothing, err
	}
	found, err := ask(f)
	if err != nil {
		return nothing, err
	}
	return translate(f, found), nil
}

type overview struct {
	period
	figures
	AverageOrder []amount    `json:"average_order"`
	Purchases    []purchases `json:"purchases"`
}

// purchases are the orders behind an average.
type purchases struct {
	Currency money.Currency `json:"currency"`
	Count    int64          `json:"count"`
}

func (s *server) overview(c *call) (overview, error) {
	ask := func(f stats.Filter) (stats.Overview, error) { return c.viewer.Stats().Overview(c.r.Context(), f) }
	return report(c, ask, func(f stats.Filter, o stats.Overview) overview {
		return overview{
			period: periodOf(f), figures: figuresOf(o.Figures), AverageOrder: amountsOf(o.AverageOrder),
			Purchases: each(o.Purchases, func(n stats.Count) purchases { return purchases{n.Currency, n.N} }),
		}
	})
}

// rows is a report of all its groups.
type rows[T any] struct {
	period
	Data []T `json:"data"`
}

type chart struct {
	period
	Unit stats.Unit `json:"unit"`
	Data []bucket   `json:"data"`
}

type bucket struct {
	Start stamp `json:"start"`
	figures
}

func (s *server) chart(c *call) (chart, error) {
	q := c.query()
	unit := stats.Day
	if asked, given := q.one("unit"); given {
		unit = stats.Unit(asked)
	}
	f, err := c.filter(q)
	if err != nil {
		return chart{}, err
	}
	found, err := c.viewer.Stats().Chart(c.r.Context(), f, unit)
	return chart{periodOf(f), unit, each(found, func(b stats.Bucket) bucket {
		return bucket{stamp(b.Start), figuresOf(b.Figures)}
	})}, err
}

type typeRow struct {
	Type campaigns.EventType `json:"event_type"`
	figures
}

func (s *server) breakdown(c *call) (rows[typeRow], error) {
	ask := func(f stats.Filter) ([]stats.TypeRow, error) { return c.viewer.Stats().Breakdown(c.r.Context(), f) }
	return report(c, ask, func(f stats.Filter, found []stats.TypeRow) rows[typeRow] {
		return rows[typeRow]{periodOf(f), each(found, func(r stats.TypeRow) typeRow { return typeRow{r.Type, figuresOf(r.Figures)} })}
	})
}

type journeyRow struct {
	Source attribution.Source  `json:"source"`
	Method attribution.Method  `json:"method"`
	Type   campaigns.EventType `json:"event_type"`
	figures
}

func (s *server) journey(c *call) (rows[journeyRow], error) {
	ask := func(f stats.Filter) ([]stats.JourneyRow, error) { return c.viewer.Stats().Journey(c.r.Context(), f) }
	return report(c, ask, func(f stats.Filter, found []stats.JourneyRow) rows[journeyRow] {
		return rows[journeyRow]{periodOf(f), each(found, func(r stats.JourneyRow) journeyRow {
			return journeyRow{r.Source, r.Method, r.Type, figuresOf(r.Figures)}
		})}
	})
}

// table is a page of rows, with the figures of all pages.
type table struct {
	period
	list[tableRow]
	Totals       figures `json:"totals"`
	Unattributed figures `json:"unattributed"`
}

// entity stands for whichever thing a row of a table is about.
type entity struct{}

type tableRow struct {
	ID    ref[entity] `json:"id"`
	Name  string      `json:"name"`
	Title text        `json:"title"`
	figures
}

// table returns the operation of one kind of rows.
func (s *server) table(kind stats.Kind) func(c *call) (table, error) {
	return func(c *call) (table, error) {
		q := c.query()
		asked, err := c.tableQuery(q)
		if err != nil {
			return table{}, err
		}
		f, err := c.filter(q)
		if err != nil {
			return table{}, err
		}
		found, err := c.viewer.Stats().Table(c.r.Context(), kind, f, asked)
		return table{
			period: periodOf(f), Totals: figuresOf(found.Totals), Unattributed: figuresOf(found.Unattributed),
			list: list[tableRow]{each(found.Rows, func(r stats.Row) tableRow {
				return tableRow{ref[entity](r.ID), r.Name, text(r.Title), figuresOf(r.Figures)}
			}), text(found.Next)},
		}, err
	}
}

// reconciliation compares the reports with one another.
type reconciliation struct {
	period
	Agrees      bool         `json:"agrees"`
	Comparisons []comparison `json:"comparisons"`
}

type comparison struct {
	Report   string     `json:"report"`
	Figure   stats.Sort `json:"figure"`
	Currency text       `json:"currency"`
	Overview int64      `json:"overview"` // number, or minor units of the currency
	Other    int64      `json:"other"`
	Agrees   bool       `json:"agrees"`
}

func (s *server) reconcile(c *call) (reconciliation, error) {
	ask := func(f stats.Filter) (stats.Reconciliation, error) { return c.viewer.Reconcile(c.r.Context(), f) }
	return report(c, ask, func(f stats.Filter, r stats.Reconciliation) reconciliation {
		return reconciliation{periodOf(f), r.Agrees(), each(r.Comparisons, func(x stats.Comparison) comparison {
			return comparison{x.Report, x.Figure, text(x.Currency), x.Overview, x.Other, x.Agrees()}
		})}
	})
}
