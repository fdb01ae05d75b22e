package server

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/superher/superher"
	"github.com/superher/superher/auth"
	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/coupons"
	"github.com/superher/superher/fault"
	"github.com/superher/superher/ident"
	"github.com/superher/superher/links"
	"github.com/superher/superher/stats"
	"github.com/superher/superher/tenant"
)

// TicketLife is how long an export may be fetched after it was asked for.
const TicketLife = time.Minute

// maxListed bounds the lists of a filter in a body.
const maxListed = 100

// newExport is an export to be made: the filter of the reports.
type newExport struct {
	body
	From        when                           `json:"from"`
	To          when                           `json:"to"`
	Zone        string                         `json:"time_zone"`
	Campaigns   few[ref[campaigns.Campaign]]   `json:"campaign_ids"`
	Influencers few[ref[campaigns.Influencer]] `json:"influencer_ids"`
	Links       few[ref[links.Link]]           `json:"tracking_link_ids"`
	Coupons     few[ref[coupons.Coupon]]       `json:"coupon_ids"`
	EventTypes  few[campaigns.EventType]       `json:"event_types"`
}

// exportOrder is what a ticket stands for: whose right, and which events.
type exportOrder struct {
	Key        ref[tenant.APIKey]     `json:"key"`
	User       ref[tenant.User]       `json:"user"`
	Advertiser ref[tenant.Advertiser] `json:"advertiser"` // null: all of them
	Filter     newExport              `json:"filter"`
}

// exportTicket says where an export can be fetched, once.
type exportTicket struct {
	URL       string `json:"url"`
	ExpiresAt stamp  `json:"expires_at"`
}

// createExport makes a ticket for an export: a link that needs no header, so
// that a browser can save what it leads to.
func (s *server) createExport(c *call) error {
	in, body, err := receive[newExport](c)
	if err != nil {
		return err
	}
	everything := func(*call) (tenant.ID, error) { return tenant.ID{}, nil } // an admin need not name anybody
	if err := c.act(in.names().id(), everything); err != nil {
		return err
	}
	advertiser := c.account.Scope().Advertiser()
	if !advertiser.IsZero() {
		c.see(tenant.For(advertiser).View())
	}
	if err := c.complete(&in); err != nil {
		return err
	}
	purpose, err := json.Marshal(exportOrder{refTo(c.who.key.ID), refTo(c.who.user.ID), refTo(advertiser), in})
	if err != nil {
		return err
	}
	answer := func(t superher.Ticket, err error) (int, any, error) {
		return http.StatusCreated, exportTicket{apiPrefix + "/exports/" + t.Text, stamp(t.ExpiresAt)}, err
	}
	if !advertiser.IsZero() {
		return c.carryOut(body, func(c *call) (int, any, error) {
			return answer(c.account.IssueTicket(c.r.Context(), purpose, TicketLife))
		})
	}
	return c.administer(body, func(ctx context.Context, a superher.Administration) (int, any, error) {
		return answer(a.IssueTicket(ctx, purpose, TicketLife))
	})
}

// complete checks the filter of an export and settles what it leaves open, so
// that the answer does not depend on when it is fetched.
func (c *call) complete(in *newExport) error {
	var checks fault.Checks
	var zone *time.Location
	var err error
	if in.Zone != "" {
		if zone, err = tenant.LoadZone(in.Zone); !checks.Take("time_zone", err) {
			return checks.Err()
		}
	} else if zone, err = c.viewer.Zone(c.r.Context()); err != nil {
		return err
	}
	in.Zone = zone.String()
	for _, l := range []struct {
		name string
		n    int
	}{
		{"campaign_ids", len(in.Campaigns)}, {"influencer_ids", len(in.Influencers)}, {"tracking_link_ids", len(in.Links)},
		{"coupon_ids", len(in.Coupons)}, {"event_types", len(in.EventTypes)},
	} {
		checks.That(l.n <= maxListed, l.name, "too-many", l.name+" must have at most 100 entries")
	}
	if err := checks.Err(); err != nil {
		return err
	}
	from, to := c.s.covered(time.Time(in.From), time.Time(in.To), zone)
	in.From, in.To = when(from), when(to)
	f, err := in.filter()
	if err != nil {
		return err
	}
	return f.Check()
}

// filter translates a complete filter.
func (in newExport) filter() (stats.Filter, error) {
	zone, err := tenant.LoadZone(in.Zone)
	return stats.Filter{
		From: time.Time(in.From).UTC().Truncate(time.Microsecond), To: time.Time(in.To).UTC().Truncate(time.Microsecond), Zone: zone,
		Campaigns: idsOf(in.Campaigns), Influencers: idsOf(in.Influencers), Links: idsOf(in.Links), Coupons: idsOf(in.Coupons),
		EventTypes: in.EventTypes,
	}, err
}

func idsOf[T any](refs []ref[T]) []ident.Of[T] {
	return each(refs, func(r ref[T]) ident.Of[T] { return r.id() })
}

// redeem streams the export of a ticket, with the rights that whoever asked for
// it has now.
func (s *server) redeem(c *call) error {
	if err := c.query().done(); err != nil {
		return err
	}
	if err := c.streamable(); err != nil { // before the ticket is used up
		return err
	}
	purpose, err := s.client.RedeemTicket(c.r.Context(), c.params.ByName("ticket"))
	if errors.Is(err, fault.Unauthenticated) {
		return c.stranger(fault.New(fault.NotFound, "not-found", "there is no such export"))
	}
	if err != nil {
		return err
	}
	var order exportOrder
	if err := json.Unmarshal(purpose, &order); err != nil {
		return err
	}
	if err := c.standIn(order); err != nil {
		return err
	}
	f, err := order.Filter.filter()
	if err != nil {
		return err
	}
	return c.stream(f)
}

// standIn gives the call the rights of whoever ordered an export, as they are now.
func (c *call) standIn(order exportOrder) error {
	ctx, asked := c.r.Context(), order.Advertiser.id()
	if !order.Key.id().IsZero() {
		view := tenant.For(asked).View()
		key, err := c.s.client.Across(view).APIKey(ctx, order.Key.id())
		if err != nil {
			return err
		}
		if !key.Usable(c.s.now()) || !key.Allows(tenant.EventsRead) {
			return auth.InvalidCredential(nil)
		}
		return c.goOn(caller{key: key}, view)
	}
	user, err := c.s.client.User(ctx, order.User.id())
	if err != nil {
		return err
	}
	view, err := user.View(asked)
	if err != nil {
		return err
	}
	if one, ok := view.One(); order.Advertiser.id() != one && ok { // moved to another advertiser meanwhile
		return fault.New(fault.NotFound, "not-found", "there is no such export")
	}
	return c.goOn(caller{user: user}, view)
}

// goOn continues as the caller who ordered an export, within its limits.
func (c *call) goOn(who caller, view tenant.View) error {
	c.who, c.w.caller = who, who.name()
	if err := c.pace(); err != nil {
		return err
	}
	c.see(view)
	return nil
}
