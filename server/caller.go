package server

import (
	"strings"

	"github.com/superher/superher/auth"
	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/fault"
	"github.com/superher/superher/ident"
	"github.com/superher/superher/tenant"
)

// keyPrefix is what every API key begins with, and no token of a person can.
const keyPrefix = "sk_"

// caller is who makes a request: a machine with a key or a person. The zero
// caller is a stranger.
type caller struct {
	key  tenant.APIKey
	user tenant.User
}

func (w caller) isKey() bool { return !w.key.ID.IsZero() }

func (w caller) isUser() bool { return !w.user.ID.IsZero() }

// isAdmin reports whether the caller looks after the whole platform.
func (w caller) isAdmin() bool {
	return w.isUser() && w.user.Role == tenant.RoleAdmin && w.user.Status == tenant.UserActive
}

// advertiser is the one that the caller belongs to; zero for an admin.
func (w caller) advertiser() tenant.ID {
	if w.isKey() {
		return w.key.Advertiser
	}
	return w.user.Advertiser
}

// allows reports whether the caller holds a permission. People hold all that
// their role gives; keys what they were made with.
func (w caller) allows(p tenant.Permission) bool { return w.isUser() || w.key.Allows(p) }

// name tells callers from each other, for limits and logs; it is no secret.
func (w caller) name() string {
	if w.isKey() {
		return "key " + w.key.ID.String()
	}
	return "user " + w.user.ID.String()
}

// authenticate finds out who calls. Everything that is wrong with a credential
// has the same answer.
func (c *call) authenticate() error {
	values := c.r.Header.Values("Authorization")
	if len(values) != 1 {
		return auth.InvalidCredential(nil)
	}
	token, err := auth.BearerToken(values[0])
	if err != nil {
		return err
	}
	if strings.HasPrefix(token, keyPrefix) {
		c.who.key, err = c.s.client.Authenticate(c.r.Context(), token)
		return err
	}
	if c.s.verifier == nil {
		return auth.InvalidCredential(nil)
	}
	identity, err := c.s.verifier.Verify(c.r.Context(), token)
	if err != nil {
		return err
	}
	c.who.user, err = c.s.client.SignIn(c.r.Context(), identity)
	return err
}

// admit lets a caller pass who may use the operation, and settles what it may
// read.
func (c *call) admit(op operation) error {
	if op.access == byAnyone || op.access == byIdentity {
		return nil
	}
	asked, err := c.asked()
	if err != nil {
		return err
	}
	if c.who.isKey() {
		if op.access == byAdmin {
			return fault.New(fault.Forbidden, "role-insufficient", "this is for people with the role admin")
		}
		c.see(tenant.For(c.who.key.Advertiser).View())
		return c.need(op.permission)
	}
	view, err := c.who.user.View(asked)
	if err != nil {
		return err
	}
	if op.access == byAdmin && !c.who.isAdmin() {
		return fault.New(fault.Forbidden, "role-insufficient", "this is for people with the role admin")
	}
	c.see(view)
	return nil
}

// see settles what the call may read.
func (c *call) see(view tenant.View) { c.view, c.viewer = view, c.s.client.Across(view) }

// asked returns the advertiser that an admin wants to look at. For everybody
// else the parameter says nothing.
func (c *call) asked() (tenant.ID, error) {
	if !c.who.isAdmin() {
		return tenant.ID{}, nil
	}
	list := c.r.URL.Query()["advertiser_id"]
	if len(list) == 0 {
		return tenant.ID{}, nil
	}
	if len(list) > 1 {
		return tenant.ID{}, fault.Bad("advertiser_id", "repeated", "advertiser_id must be given once")
	}
	id, err := ident.Parse[tenant.Advertiser](list[0])
	if e := fault.Of(err); e != nil {
		return id, fault.Bad("advertiser_id", e.Reason, e.Detail)
	}
	return id, nil
}

// need refuses a caller without the permission; "" asks for none.
func (c *call) need(p tenant.Permission) error {
	if p == "" || c.who.allows(p) {
		return nil
	}
	return fault.New(fault.Forbidden, "scope-insufficient", "the key does not have the scope "+string(p))
}

// act settles whose data the call changes: its own, or for an admin that of
// the advertiser it names or, where it names none, that of whom owner finds.
func (c *call) act(named tenant.ID, owner func(c *call) (tenant.ID, error)) error {
	target := c.who.advertiser()
	if c.who.isAdmin() {
		if asked, ok := c.view.One(); ok {
			if !named.IsZero() && named != asked {
				return fault.New(fault.NotFound, "not-found", "there is no such advertiser")
			}
			named = asked
		}
		if target = named; named.IsZero() {
			found, err := owner(c)
			if err != nil {
				return err
			}
			target = found
		}
	} else if !named.IsZero() && named != target {
		return fault.New(fault.NotFound, "not-found", "there is no such advertiser")
	}
	c.account = c.s.client.For(tenant.For(target))
	return nil
}

// inCampaign is a body about something in a campaign.
type inCampaign interface{ inCampaign() campaigns.ID }

// ownerOfNew is the owner of what does not exist yet: the owner of the campaign that
// it is made in, or else an admin has to say whose it will be.
func ownerOfNew(c *call) (tenant.ID, error) {
	if in, ok := c.in.(inCampaign); ok && !in.inCampaign().IsZero() {
		found, err := c.viewer.Campaign(c.r.Context(), in.inCampaign())
		return found.Advertiser, err
	}
	return tenant.ID{}, fault.Bad("advertiser_id", "required", "an admin must name the advertiser")
}
