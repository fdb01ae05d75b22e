package sqlstore

import (
	"context"
	"errors"

	"github.com/Masterminds/squirrel"

	"github.com/superher/superher/fault"
	"github.com/superher/superher/storage"
	"github.com/superher/superher/tenant"
)

const userColumns = "id, issuer, subject, email, status, role, advertiser_id, created_at, version"

func scanUser(r row) (tenant.User, error) {
	var u tenant.User
	err := r.Scan(&u.ID, &u.Issuer, &u.Subject, &u.Email, &u.Status, &u.Role, &u.Advertiser, moment{&u.CreatedAt}, &u.Version)
	return u, err
}

func (s system) users() squirrel.SelectBuilder {
	return s.engine.Dialect().Builder().Select(userColumns).From("users")
}

// run runs a transaction outside of any tenant.
func (s system) run(ctx context.Context, kind Kind, fn func(context.Context, Querier) error) error {
	return s.engine.Run(ctx, Work{Kind: kind, Reach: Reach{System: true}}, fn)
}

// CreateUser implements storage.UserStore.
func (s system) CreateUser(ctx context.Context, u tenant.User) error {
	return s.run(ctx, Change, func(ctx context.Context, q Querier) error {
		_, err := one(ctx, q, s.users().Where("issuer = ? AND subject = ?", u.Issuer, u.Subject), scanUser)
		switch {
		case err == nil:
			return storage.IdentityTaken()
		case !errors.Is(err, fault.NotFound):
			return err
		case u.ID.IsZero():
			return storage.IDTaken()
		}
		err = create(ctx, q, s.engine.Dialect().Builder().Insert("users").Columns(userColumns).
			Values(u.ID, u.Issuer, u.Subject, u.Email, string(u.Status), string(u.Role), u.Advertiser,
				s.engine.Dialect().Moment(u.CreatedAt), u.Version))
		if !errors.Is(err, fault.Conflict) {
			return err
		}
		// Another transaction may have stored the identity in between.
		_, reason := one(ctx, q, s.users().Where("id = ?", u.ID), scanUser)
		if errors.Is(reason, fault.NotFound) {
			return storage.IdentityTaken()
		}
		if reason != nil {
			return reason
		}
		return err
	})
}

// User implements storage.UserStore.
func (s system) User(ctx context.Context, id tenant.UserID) (tenant.User, error) {
	return s.user(ctx, s.users().Where("id = ?", id))
}

// UserByIdentity implements storage.UserStore.
func (s system) UserByIdentity(ctx context.Context, issuer, subject string) (tenant.User, error) {
	if !storable(issuer) || !storable(subject) {
		return tenant.User{}, storage.NotFound()
	}
	return s.user(ctx, s.users().Where("issuer = ? AND subject = ?", issuer, subject))
}

func (s system) user(ctx context.Context, query squirrel.SelectBuilder) (tenant.User, error) {
	var u tenant.User
	err := s.run(ctx, Snapshot, func(ctx context.Context, q Querier) (err error) {
		u, err = one(ctx, q, query, scanUser)
		return err
	})
	return u, err
}

// Users implements storage.UserStore.
func (s system) Users(ctx context.Context, status tenant.UserStatus, page storage.Page) (storage.List[tenant.User], error) {
	var out storage.List[tenant.User]
	cursor, limit, err := page.Check()
	if err != nil || !storable(string(status)) {
		return out, err
	}
	query := s.users()
	if status != "" {
		query = query.Where("status = ?", string(status))
	}
	err = s.run(ctx, Snapshot, func(ctx context.Context, q Querier) error {
		items, err := pageOf(ctx, q, cursor, limit, "id", query, scanUser)
		if err == nil {
			out = storage.Paged(items, limit, func(u tenant.User) [16]byte { return u.ID })
		}
		return err
	})
	return out, err
}

// UpdateUser implements storage.UserStore.
func (s system) UpdateUser(ctx context.Context, u tenant.User) error {
	return s.run(ctx, Change, func(ctx context.Context, q Querier) error {
		if !u.Advertiser.IsZero() {
			if err := s.requireAdvertiser(ctx, q, u.Advertiser); err != nil {
				return err
			}
		}
		touched, err := exec(ctx, q, s.engine.Dialect().Builder().Update("users").
			Set("email", u.Email).Set("status", string(u.Status)).Set("role", string(u.Role)).Set("advertiser_id", u.Advertiser).
			Set("version", u.Version+1).Where("id = ?", u.ID).Where("version = ?", u.Version))
		if err != nil || touched > 0 {
			return err
		}
		if _, err := one(ctx, q, s.users().Where("id = ?", u.ID), scanUser); err != nil {
			return err
		}
		return storage.ChangedMeanwhile()
	})
}
