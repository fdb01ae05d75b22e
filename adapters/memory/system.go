package memory

import (
	"context"
	"slices"
	"time"

	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/fault"
	"github.com/superher/superher/links"
	"github.com/superher/superher/storage"
	"github.com/superher/superher/tenant"
)

// system implements [storage.System].
type system struct{ store *Store }

func (s system) CreateAdvertiser(ctx context.Context, a tenant.Advertiser) error {
	return s.store.transact(ctx, func(data *tables) error { return data.createAdvertiser(a) })
}

func (s *tables) createAdvertiser(a tenant.Advertiser) error {
	if a.ID.IsZero() || s.advertisers.has(a.ID, a.ID) {
		return storage.IDTaken()
	}
	s.advertisers.put(a.ID, a.ID, advertiserOf(a))
	return nil
}

func (s system) ShareInfluencer(ctx context.Context, advertiser tenant.ID, influencer campaigns.InfluencerID) error {
	return s.store.transact(ctx, func(data *tables) error {
		if !data.advertisers.has(advertiser, advertiser) {
			return storage.NotFound()
		}
		if !data.influencers.has(nobody(), influencer) {
			return storage.NotFound()
		}
		data.access.put(advertiser, influencer, struct{}{})
		return nil
	})
}

// look runs fn on one state of the data.
func look[V any](ctx context.Context, s system, fn func(*tables) (V, error)) (V, error) {
	if err := ctx.Err(); err != nil {
		var none V
		return none, fault.Of(err)
	}
	s.store.mu.RLock()
	defer s.store.mu.RUnlock()
	return fn(s.store.data)
}

func (s system) LinkByCode(ctx context.Context, code links.Code) (links.Link, error) {
	return look(ctx, s, func(data *tables) (links.Link, error) {
		ref, found := data.linkCodes.get(nobody(), code)
		if !found {
			return links.Link{}, storage.NotFound()
		}
		l, _ := data.links.get(ref.advertiser, ref.link)
		return linkOf(l), nil
	})
}

func (s system) AppendClicks(ctx context.Context, clicks []links.Click) error {
	return s.store.transact(ctx, func(data *tables) error {
		fresh := map[tenant.ID][]links.Click{}
		for _, c := range clicks {
			l, found := data.links.get(c.Advertiser, c.Link)
			if !found {
				return storage.NotFound()
			}
			c.Campaign, c.Influencer = l.Campaign, l.Influencer
			fresh[c.Advertiser] = append(fresh[c.Advertiser], clickOf(c))
		}
		for advertiser, list := range fresh {
			data.appendClicks(advertiser, list)
		}
		return nil
	})
}

// appendClicks stores those of an advertiser's clicks that are new.
func (s *tables) appendClicks(advertiser tenant.ID, clicks []links.Click) {
	seen := map[clickKey]bool{}
	clicks = slices.DeleteFunc(clicks, func(c links.Click) bool {
		key := clickKeyOf(c)
		known := seen[key] || s.clicks.has(advertiser, key)
		seen[key] = true
		return known
	})
	counted := map[links.Visit][]time.Time{}
	for _, c := range clicks {
		visit := links.Visit{Link: c.Link, Visitor: c.Visitor}
		counted[visit], _ = s.counted.get(advertiser, visit)
	}
	for _, c := range links.MarkDuplicates(clicks, counted) {
		s.clicks.put(advertiser, clickKeyOf(c), c)
		if c.Class == links.Human {
			visit := links.Visit{Link: c.Link, Visitor: c.Visitor}
			before, _ := s.counted.get(advertiser, visit)
			s.counted.put(advertiser, visit, append(slices.Clip(before), c.At))
		}
	}
}

// day counts the UTC days since 1970, rounded down.
func day(at time.Time) int64 {
	const length = int64(24 * time.Hour / time.Second)
	seconds := at.Unix()
	if seconds < 0 {
		seconds -= length - 1
	}
	return seconds / length
}

func (s system) VisitorSalt(ctx context.Context, advertiser tenant.ID, at time.Time, fresh links.Salt) (links.Salt, error) {
	salt := fresh
	err := s.store.transact(ctx, func(data *tables) error {
		if !data.advertisers.has(advertiser, advertiser) {
			return storage.NotFound()
		}
		if known, found := data.salts.get(advertiser, day(at)); found {
			salt = known
			return nil
		}
		data.salts.put(advertiser, day(at), fresh)
		return nil
	})
	if err != nil {
		return links.Salt{}, err
	}
	return salt, nil
}

func (s system) DropSalts(ctx context.Context, before time.Time) error {
	return s.remove(ctx, func(data *tables) {
		data.salts.drop(func(d int64, _ links.Salt) bool { return d < day(before) })
	})
}

// remove runs fn on the store's own data, in a turn of its own: a layer cannot
// delete.
func (s system) remove(ctx context.Context, fn func(*tables)) error {
	return s.store.transact(ctx, func(*tables) error {
		s.store.mu.Lock()
		defer s.store.mu.Unlock()
		fn(s.store.data)
		return nil
	})
}

func (s system) APIKeyByHash(ctx context.Context, hash [32]byte) (tenant.APIKey, error) {
	return look(ctx, s, func(data *tables) (tenant.APIKey, error) {
		ref, found := data.hashes.get(nobody(), hash)
		if !found {
			return tenant.APIKey{}, storage.NotFound()
		}
		k, _ := data.keys.get(ref.advertiser, ref.key)
		return keyOf(k), nil
	})
}

func (s system) TouchAPIKey(ctx context.Context, key tenant.APIKey, at time.Time) error {
	return s.store.transact(ctx, func(data *tables) error {
		k, found := data.keys.get(key.Advertiser, key.ID)
		if !found {
			return storage.NotFound()
		}
		if at = moment(at); at.After(k.LastUsedAt) {
			k.LastUsedAt = at
			data.keys.put(key.Advertiser, key.ID, k)
		}
		return nil
	})
}
