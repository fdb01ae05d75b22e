package server

import (
	"net/http"

	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/fault"
	"github.com/superher/superher/links"
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
	CreatedAt   stamp                     `json:"created_at"`
}

type utm struct {
	Source   text `json:"source"`
	Medium   text `json:"medium"`
	Campaign text `json:"campaign"`
	Term     text `json:"term"`
	Content  text `json:"content"`
}

func (s *server) linkOf(l links.Link) link {
	return link{
		ID: refTo(l.ID), Campaign: refTo(l.Campaign), Influencer: refTo(l.Influencer), Code: l.Code,
		ShortURL: s.base + redirectPrefix + string(l.Code), Destination: l.Destination, Title: text(l.Title),
		UTM:    utm{text(l.UTM.Source), text(l.UTM.Medium), text(l.UTM.Campaign), text(l.UTM.Term), text(l.UTM.Content)},
		Status: l.Status, CreatedAt: stamp(l.CreatedAt),
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
	return http.StatusCreated, s.linkOf(made), nil
}

func (s *server) links(c *call) (list[link], error) { return page(c, c.account.Links, s.linkOf) }

func (s *server) link(c *call) (link, error) { return one(c, c.account.Link, s.linkOf) }
