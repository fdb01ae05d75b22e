package memory

import (
	"context"

	"github.com/superher/superher/storage"
	"github.com/superher/superher/tenant"
)

func (s system) CreateUser(ctx context.Context, u tenant.User) error {
	return s.store.transact(ctx, func(data *tables) error {
		key := identity{u.Issuer, u.Subject}
		switch {
		case data.identities.has(nobody(), key):
			return storage.IdentityTaken()
		case u.ID.IsZero() || data.users.has(nobody(), u.ID):
			return storage.IDTaken()
		case !data.knows(u.Advertiser):
			return storage.NotFound()
		}
		data.users.put(nobody(), u.ID, userOf(u))
		data.identities.put(nobody(), key, u.ID)
		return nil
	})
}

// knows reports whether an advertiser that a person is given to exists; zero
// is none.
func (s *tables) knows(advertiser tenant.ID) bool {
	return advertiser.IsZero() || s.advertisers.has(advertiser, advertiser)
}

func (s system) User(ctx context.Context, id tenant.UserID) (tenant.User, error) {
	return look(ctx, s, func(data *tables) (tenant.User, error) {
		u, found := data.users.get(nobody(), id)
		if !found {
			return tenant.User{}, storage.NotFound()
		}
		return userOf(u), nil
	})
}

func (s system) UserByIdentity(ctx context.Context, issuer, subject string) (tenant.User, error) {
	return look(ctx, s, func(data *tables) (tenant.User, error) {
		id, found := data.identities.get(nobody(), identity{issuer, subject})
		if !found {
			return tenant.User{}, storage.NotFound()
		}
		u, _ := data.users.get(nobody(), id)
		return userOf(u), nil
	})
}

func (s system) Users(ctx context.Context, status tenant.UserStatus, p storage.Page) (storage.List[tenant.User], error) {
	cursor, limit, err := p.Check()
	if err != nil {
		return storage.List[tenant.User]{}, err
	}
	return look(ctx, s, func(data *tables) (storage.List[tenant.User], error) {
		var items []tenant.User
		for _, u := range data.users.of(nobody()) {
			if status == "" || u.Status == status {
				items = append(items, userOf(u))
			}
		}
		id := func(u tenant.User) [16]byte { return u.ID }
		return storage.Paged(behind(items, cursor, limit, id), limit, id), nil
	})
}

func (s system) UpdateUser(ctx context.Context, u tenant.User) error {
	return s.store.transact(ctx, func(data *tables) error {
		old, found := data.users.get(nobody(), u.ID)
		switch {
		case !found || !data.knows(u.Advertiser):
			return storage.NotFound()
		case old.Version != u.Version:
			return storage.ChangedMeanwhile()
		}
		old.Email, old.Status, old.Role, old.Advertiser, old.Version = u.Email, u.Status, u.Role, u.Advertiser, old.Version+1
		data.users.put(nobody(), u.ID, old)
		return nil
	})
}
