package server

import (
	"context"
	"net/http"

	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/fault"
	"github.com/superher/superher/links"
	"github.com/superher/superher/tenant"
)

// newLink is a tracking link to be made.
type newLink struct {
	body
	Campaign    ref[campaigns.Campaign]   `json:"campaign_id"`
	Influencer  ref[campaigns.Influencer] `json:"influencer_id"`
	Destination string                    `json:"destination"`
	Title       string                    `json:"title"`
	UTM         newUTM                    `json:"utm"`
	Code        *string                   `json:"code"` // vanity code
}

// inCampaign implements inCampaign.
func (l newLink) inCampaign() campaigns.ID { return l.Campaign.id() }

type newUTM struct {
	Source   string `json:"source"`
	Medium   string `json:"medium"`
	Campaign string `json:"campaign"`
	Term     string `json:"term"`
	Content  string `json:"content"`
}

// link is a stored tracking link.
type link struct {
	ID          ref[links.Link]           `json:"id"`
	Campaign    ref[campaigns.Campaign]   `json:"campaign_id"`
	Influencer  ref[campaigns.Influencer] `json:"influencer_id"`
	Code        links.Code                `json:"code"`
	ShortURL    string                    `json:"short_url"`
	Destination string                    `json:"destination"`
	Title       text                      `json:"title"`
	UTM         utm                       `json:"utm"`
	Status      links.Status              `json:"status"`
	Clicks      int64                     `json:"clicks"` // by people, repeats left out
	CreatedAt   stamp                     `json:"created_at"`
	Advertiser  ref[tenant.Advertiser]    `json:"advertiser_id"`
	versioned
}

type utm struct {
	Source   text `json:"source"`
	Medium   text `json:"medium"`
	Campaign text `json:"campaign"`
	Term     text `json:"term"`
	Content  text `json:"content"`
}

// linkOf returns how links look with their clicks.
func (s *server) linkOf(clicks map[links.ID]int64) func(links.Link) link {
	return func(l links.Link) link { return s.linkWith(l, clicks[l.ID]) }
}

func (s *server) linkWith(l links.Link, clicks int64) link {
	return link{
		ID: refTo(l.ID), Campaign: refTo(l.Campaign), Influencer: refTo(l.Influencer), Code: l.Code,
		ShortURL: s.base + redirectPrefix + string(l.Code), Destination: l.Destination, Title: text(l.Title),
		UTM:    utm{text(l.UTM.Source), text(l.UTM.Medium), text(l.UTM.Campaign), text(l.UTM.Term), text(l.UTM.Content)},
		Status: l.Status, Clicks: clicks, CreatedAt: stamp(l.CreatedAt),
		Advertiser: refTo(l.Advertiser), versioned: versioned{l.Version},
	}
}

func (s *server) createLink(c *call, in newLink) (int, link, error) {
	wanted := links.NewLink{
		Campaign: in.Campaign.id(), Influencer: in.Influencer.id(), Destination: in.Destination, Title: in.Title,
		UTM: links.UTM(in.UTM),
	}
	if in.Code != nil {
		if wanted.Code = *in.Code; wanted.Code == "" { // which would ask for a drawn one
			return 0, link{}, fault.Bad("code", "malformed-code", "a code has 3 to 32 letters, digits, - and _; leave it out for a drawn one")
		}
	}
	made, err := c.account.CreateLink(c.r.Context(), wanted)
	if err != nil {
		return 0, link{}, err
	}
	c.created("/tracking-links/", made.ID)
	return http.StatusCreated, s.linkWith(made, 0), nil
}

func (s *server) links(c *call) (list[link], error) {
	q := c.query()
	of, asked := q.of(), q.page()
	if err := q.done(); err != nil {
		return list[link]{}, err
	}
	found, err := c.viewer.Links(c.r.Context(), of, asked)
	if err != nil {
		return list[link]{}, err
	}
	clicks, err := c.viewer.LinkClicks(c.r.Context(), each(found.Items, func(l links.Link) links.ID { return l.ID }))
	return listOf(found, s.linkOf(clicks)), err
}

func (s *server) link(c *call) (link, error) {
	return one(c, func(ctx context.Context, id links.ID) (link, error) {
		found, err := c.viewer.Link(ctx, id)
		if err != nil {
			return link{}, err
		}
		clicks, err := c.viewer.LinkClicks(ctx, []links.ID{id})
		return s.linkWith(found, clicks[id]), err
	}, func(l link) link { return l })
}

// linkChange is a change of a tracking link.
type linkChange struct {
	body
	Destination field[string]       `json:"destination"`
	Title       field[string]       `json:"title"`
	UTM         field[newUTM]       `json:"utm"` // all of it
	Status      field[links.Status] `json:"status"`
}

func (s *server) changeLink(c *call, in linkChange, version int64) (link, error) {
	return s.updateLink(c, links.Change{
		Version: version, Destination: in.Destination.pointer(), Title: in.Title.pointer(),
		UTM: (*links.UTM)(in.UTM.pointer()), Status: in.Status.pointer(),
	})
}

// disableLink is what deleting comes to: its clicks stay, and its code is never
// given to another.
func (s *server) disableLink(c *call, version int64) (link, error) {
	return s.updateLink(c, links.Change{Version: version, Status: new(links.Disabled)})
}

func (s *server) updateLink(c *call, change links.Change) (link, error) {
	id, err := pathID[links.Link](c, "id")
	if err != nil {
		return link{}, err
	}
	changed, err := c.account.ChangeLink(c.r.Context(), id, change)
	if err != nil {
		return link{}, err
	}
	clicks, err := c.account.LinkClicks(c.r.Context(), []links.ID{id})
	return s.linkWith(changed, clicks[id]), err
}
