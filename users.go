package superher

import (
	"context"
	"errors"

	"github.com/superher/superher/auth"
	"github.com/superher/superher/fault"
	"github.com/superher/superher/storage"
	"github.com/superher/superher/tenant"
)

// SignIn returns the user behind an identity that a verifier vouched for.
// Somebody who is seen for the first time is stored as pending, without any
// right. A verified e-mail address that is new is taken over.
func (c *Client) SignIn(ctx context.Context, identity auth.Identity) (tenant.User, error) {
	if identity.Issuer == "" || identity.Subject == "" {
		return tenant.User{}, auth.InvalidCredential(nil)
	}
	users := c.store.System()
	user, err := users.UserByIdentity(ctx, identity.Issuer, identity.Subject)
	if errors.Is(err, fault.NotFound) {
		user, err = c.welcome(ctx, identity)
	}
	if err != nil {
		return tenant.User{}, err
	}
	email := addressOf(identity)
	if email == "" || email == user.Email {
		return user, nil
	}
	user.Email = email
	switch err := users.UpdateUser(ctx, user); {
	case err == nil:
		user.Version++
		return user, nil
	case errors.Is(err, fault.Conflict): // somebody else's change may be one of rights, which counts at once
		return users.UserByIdentity(ctx, identity.Issuer, identity.Subject)
	default:
		return tenant.User{}, err
	}
}

// maxAddress is the length of the longest e-mail address that is kept, in characters.
const maxAddress = 254

// addressOf returns the e-mail address that an identity is known by: one that is
// verified, and that every store can keep.
func addressOf(identity auth.Identity) string {
	var checks fault.Checks
	if !identity.EmailVerified || !checks.Text("email", identity.Email, true, maxAddress) {
		return ""
	}
	return identity.Email
}

// welcome stores a new user, or returns the one that another request of the
// same person has just stored.
func (c *Client) welcome(ctx context.Context, identity auth.Identity) (tenant.User, error) {
	now := c.now()
	id, err := newID[tenant.User](c, now)
	if err != nil {
		return tenant.User{}, err
	}
	user := tenant.NewUser(id, now, identity.Issuer, identity.Subject, addressOf(identity))
	err = c.store.System().CreateUser(ctx, user)
	if errors.Is(err, fault.Conflict) {
		return c.store.System().UserByIdentity(ctx, identity.Issuer, identity.Subject)
	}
	return user, err
}

// User returns one person. Like all that concerns users it is an act of the
// platform: the host decides who may do it.
func (c *Client) User(ctx context.Context, id tenant.UserID) (tenant.User, error) {
	return c.store.System().User(ctx, id)
}

// Users lists the people of a status, "" for all, newest first.
func (c *Client) Users(ctx context.Context, status tenant.UserStatus, page storage.Page) (storage.List[tenant.User], error) {
	return c.store.System().Users(ctx, status, page)
}

// ChangeUser approves or suspends a person, or changes role and advertiser. It
// counts from the person's next request on. The errors are those of
// [tenant.User.Apply], and fault.NotFound for an unknown advertiser.
func (c *Client) ChangeUser(ctx context.Context, id tenant.UserID, change tenant.UserChange) (tenant.User, error) {
	for tries := 1; ; tries++ {
		changed, err := c.changeUser(ctx, id, change)
		// Who does not care for the version need not hear of another change.
		if change.Version != 0 || tries == maxChanges || !fault.HasReason(err, "changed-meanwhile") {
			return changed, err
		}
	}
}

// maxChanges bounds how often a change of a user is tried that others get ahead of.
const maxChanges = 100

func (c *Client) changeUser(ctx context.Context, id tenant.UserID, change tenant.UserChange) (tenant.User, error) {
	users := c.store.System()
	old, err := users.User(ctx, id)
	if err != nil {
		return old, err
	}
	changed, err := old.Apply(change)
	if err != nil {
		return tenant.User{}, err
	}
	if same(old, changed) {
		return old, nil
	}
	if err := users.UpdateUser(ctx, changed); err != nil {
		return tenant.User{}, err
	}
	changed.Version++
	return changed, nil
}
