package server

import (
	"net/http"
	"slices"

	"github.com/superher/superher/fault"
	"github.com/superher/superher/tenant"
)

// user is a person who signs in.
type user struct {
	ID         ref[tenant.User]       `json:"id"`
	Issuer     string                 `json:"issuer"`
	Subject    string                 `json:"subject"`
	Email      text                   `json:"email"`
	Status     tenant.UserStatus      `json:"status"`
	Role       text                   `json:"role"`
	Advertiser ref[tenant.Advertiser] `json:"advertiser_id"`
	CreatedAt  stamp                  `json:"created_at"`
	versioned
}

func userOf(u tenant.User) user {
	return user{
		ID: refTo(u.ID), Issuer: u.Issuer, Subject: u.Subject, Email: text(u.Email), Status: u.Status, Role: text(u.Role),
		Advertiser: refTo(u.Advertiser), CreatedAt: stamp(u.CreatedAt), versioned: versioned{u.Version},
	}
}

func (s *server) users(c *call) (list[user], error) {
	q := c.query()
	asked := q.page()
	text, given := q.one("status")
	status := tenant.UserStatus(text)
	q.checks.That(!given || slices.Contains([]tenant.UserStatus{tenant.UserPending, tenant.UserActive, tenant.UserSuspended}, status),
		"status", "unknown-status", "status must be pending, active or suspended")
	if err := q.done(); err != nil {
		return list[user]{}, err
	}
	found, err := s.client.Users(c.r.Context(), status, asked)
	return listOf(found, userOf), err
}

func (s *server) user(c *call) (user, error) { return one(c, s.client.User, userOf) }

// userChange is a change of a person's rights. The advertiser in it is the
// person's own one to be.
type userChange struct {
	Status     field[tenant.UserStatus]      `json:"status"`
	Role       field[tenant.Role]            `json:"role"`
	Advertiser field[ref[tenant.Advertiser]] `json:"advertiser_id"`
}

// names implements owned: a person is nobody's.
func (userChange) names() ref[tenant.Advertiser] { return ref[tenant.Advertiser]{} }

// changeUser approves or suspends a person, or gives another role. An admin does
// not change itself, so that nobody locks everybody out by mistake.
func (s *server) changeUser(c *call) error {
	version, err := c.expected()
	if err != nil {
		return err
	}
	in, _, err := receive[userChange](c)
	if err != nil {
		return err
	}
	id, err := pathID[tenant.User](c, "id")
	if err != nil {
		return err
	}
	if id == c.who.user.ID {
		return fault.New(fault.Conflict, "own-account", "an admin cannot change the own account")
	}
	change := tenant.UserChange{Version: version, Status: in.Status.pointer(), Role: in.Role.pointer()}
	if in.Advertiser.given {
		change.Advertiser = new(in.Advertiser.value.id())
	}
	changed, err := s.client.ChangeUser(c.r.Context(), id, change)
	return c.finish(http.StatusOK, userOf(changed), unmatched(version, err))
}

// me is who calls, and what they may do.
type me struct {
	Kind       string              `json:"kind"` // user or api_key
	User       *user               `json:"user"`
	Key        *key                `json:"api_key"`
	Advertiser *advertiser         `json:"advertiser"` // null for an admin, and for who has none
	Scopes     []tenant.Permission `json:"scopes"`
}

// me answers also those who have no right yet: they learn that they have to wait.
func (s *server) me(c *call) (me, error) {
	if err := c.query().done(); err != nil {
		return me{}, err
	}
	out := me{Kind: "user", Scopes: []tenant.Permission{}}
	switch {
	case c.who.isKey():
		own := keyOf(c.who.key)
		out.Kind, out.Key, out.Scopes = "api_key", &own, c.who.key.Scopes
	default:
		own := userOf(c.who.user)
		out.User = &own
		if c.who.user.Status == tenant.UserActive {
			out.Scopes = []tenant.Permission{tenant.EverythingAllowed}
		}
	}
	id := c.who.advertiser()
	if id.IsZero() || c.who.isUser() && c.who.user.Status != tenant.UserActive {
		return out, nil
	}
	found, err := s.client.Across(tenant.For(id).View()).Advertiser(c.r.Context(), id)
	if err != nil {
		return me{}, err
	}
	own := advertiserOf(found)
	out.Advertiser = &own
	return out, nil
}
