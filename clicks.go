package superher

import (
	"context"
	"errors"
	"io"
	"sync"
	"time"

	"github.com/superher/superher/clicks"
	"github.com/superher/superher/fault"
	"github.com/superher/superher/links"
	"github.com/superher/superher/tenant"
)

// SaltLife is how long after its day a visitor salt is kept. Once it is gone,
// the day's visitors cannot be recognised any more, by anyone.
const SaltLife = 48 * time.Hour

const day = 24 * time.Hour

// ResolveLink returns the active link of a short code as it stands in a URL.
// Unknown, disabled and malformed codes are the same fault.NotFound.
func (c *Client) ResolveLink(ctx context.Context, code string) (links.Link, error) {
	gone := fault.New(fault.NotFound, "not-found", "there is no such link")
	parsed, err := links.ParseCode(code)
	if err != nil {
		return links.Link{}, gone
	}
	link, err := c.store.System().LinkByCode(ctx, parsed)
	if errors.Is(err, fault.NotFound) || err == nil && link.Status != links.Active {
		return links.Link{}, gone
	}
	return link, err
}

// KnownLink returns the link of a short code, whatever its status, and where it
// leads, if the store is a storage.LinkCache and knows it at once. It never
// waits; where it does not know, [Client.ResolveLink] does.
func (c *Client) KnownLink(code string) (link links.Link, redirectURL string, known bool) {
	if c.known == nil {
		return links.Link{}, "", false
	}
	return c.known.KnownLink(links.Code(code)) // it knows sound codes only
}

// UnseenLink reports whether [Client.ResolveLink] would go to the database for a
// code of which the store, a storage.LinkCache, has nothing in memory: it may be a
// guess. It never waits. Of a store that keeps no links it knows nothing and says
// no.
func (c *Client) UnseenLink(code string) bool {
	return c.known != nil && !c.known.SeenLink(links.Code(code))
}

// NewVisit gives a hit its identity, so that recording it twice stores it once.
func (c *Client) NewVisit(link links.Link, hit links.Hit) (clicks.Visit, error) {
	if hit.At.IsZero() {
		hit.At = c.now()
	}
	hit.At = moment(hit.At)
	id, err := newID[links.Click](c, hit.At)
	return clicks.Visit{ID: id, Advertiser: link.Advertiser, Link: link.ID, Hit: hit}, err
}

// RecordClicks stores visits as clicks: classified, under a pseudonym of the
// visitor, without the address; all or none of them, but that a busy store may
// take those of some advertisers. Visits that were stored before are skipped. It
// is a [clicks.Sink].
func (c *Client) RecordClicks(ctx context.Context, visits []clicks.Visit) error {
	made := make([]links.Click, len(visits))
	for i, visit := range visits {
		salt, err := c.visitorSalt(ctx, visit.Advertiser, visit.Hit.At)
		if err != nil {
			return err
		}
		link := links.Link{ID: visit.Link, Advertiser: visit.Advertiser} // the store knows whose else it is
		made[i] = link.Click(visit.ID, visit.Hit, links.VisitorOf(salt[:], visit.Advertiser, visit.Hit))
	}
	if len(made) == 0 {
		return nil
	}
	err := c.store.System().AppendClicks(ctx, made)
	if fault.HasReason(err, "store-busy") {
		return c.appendApart(ctx, made, err)
	}
	return err
}

// appendApart stores clicks that were refused together by advertisers: it may be
// one of them that the store is busy with, for minutes where it makes totals
// anew, and the others are not to wait for it. Where it is busy with a second one
// as well, it is taken to be busy altogether.
func (c *Client) appendApart(ctx context.Context, made []links.Click, refusal error) error {
	apart := make(map[tenant.ID][]links.Click)
	for _, click := range made {
		apart[click.Advertiser] = append(apart[click.Advertiser], click)
	}
	if len(apart) == 1 {
		return refusal
	}
	var busy error
	for _, of := range apart {
		err := c.store.System().AppendClicks(ctx, of)
		switch {
		case err == nil:
		case busy == nil && fault.HasReason(err, "store-busy"):
			busy = err
		default:
			return err
		}
	}
	return busy
}

// DropSalts deletes the visitor salts of the days that ended [SaltLife] ago or
// earlier. The host calls it at least daily.
func (c *Client) DropSalts(ctx context.Context) error {
	before := c.now().Add(-SaltLife)
	c.salts.drop(before)
	return c.store.System().DropSalts(ctx, before)
}

// saltCache holds the salts of the days in use, so that a click needs no read
// of its own. It forgets a salt when the store does.
type saltCache struct {
	mu    sync.RWMutex
	salts map[saltKey]links.Salt
}

type saltKey struct {
	advertiser tenant.ID
	day        time.Time // its first moment, UTC
}

func newSaltCache() *saltCache { return &saltCache{salts: map[saltKey]links.Salt{}} }

func (s *saltCache) find(key saltKey) (links.Salt, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	salt, found := s.salts[key]
	return salt, found
}

func (s *saltCache) keep(key saltKey, salt links.Salt) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.salts[key] = salt
}

func (s *saltCache) drop(before time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for key := range s.salts {
		if !key.day.Add(day).After(before) {
			delete(s.salts, key)
		}
	}
}

// visitorSalt returns the salt of an advertiser and the UTC day of a moment.
func (c *Client) visitorSalt(ctx context.Context, advertiser tenant.ID, at time.Time) (links.Salt, error) {
	key := saltKey{advertiser, at.UTC().Truncate(day)}
	if salt, found := c.salts.find(key); found {
		return salt, nil
	}
	var fresh links.Salt
	if _, err := io.ReadFull(c.random, fresh[:]); err != nil {
		return links.Salt{}, fault.Wrap(err, fault.Internal, "random-source-failed", "no salt could be made")
	}
	salt, err := c.store.System().VisitorSalt(ctx, advertiser, key.day, fresh)
	if err != nil {
		return links.Salt{}, err
	}
	c.salts.keep(key, salt)
	return salt, nil
}
