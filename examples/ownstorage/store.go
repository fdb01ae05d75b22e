// Package ownstorage shows a storage adapter by somebody else: one that keeps
// an account of who wrote what, around another adapter that stores it.
//
// It is held to the same contract as every adapter, by the public suite in
// storage/storagetest; see the test. Only what it changes is written here: the
// rest comes with the embedded interfaces.
package ownstorage

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/superher/superher/attribution"
	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/coupons"
	"github.com/superher/superher/links"
	"github.com/superher/superher/storage"
	"github.com/superher/superher/tenant"
)

// Entry is one thing that a committed transaction did.
type Entry struct {
	Advertiser tenant.ID
	Action     string
}

// Store writes down what becomes lasting in another store.
type Store struct {
	storage.Store // Read and System are those of the other store
	mu            sync.Mutex
	entries       []Entry
}

// New returns a store that keeps account of what is written to inner.
func New(inner storage.Store) *Store { return &Store{Store: inner} }

// Entries returns what was written so far, oldest first.
func (s *Store) Entries() []Entry {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.entries)
}

// Write implements storage.Store. Nothing is noted of a transaction that was
// rolled back, and nothing twice of one that ran twice.
func (s *Store) Write(ctx context.Context, scope tenant.Scope, fn func(context.Context, storage.Tx) error) error {
	var done []string
	err := s.Store.Write(ctx, scope, func(ctx context.Context, inner storage.Tx) error {
		noted := &tx{Tx: inner}
		err := fn(ctx, noted)
		done = noted.done // of the last attempt
		return err
	})
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, action := range done {
		s.entries = append(s.entries, Entry{scope.Advertiser(), action})
	}
	return nil
}

// tx notes what succeeds. A method that it does not name, such as one that a
// later version of superher adds, goes straight to the other store.
type tx struct {
	storage.Tx
	done []string
}

func (t *tx) note(err error, format string, arguments ...any) error {
	if err == nil {
		t.done = append(t.done, fmt.Sprintf(format, arguments...))
	}
	return err
}

// CreateCampaign implements storage.CampaignWriter.
func (t *tx) CreateCampaign(ctx context.Context, c campaigns.Campaign) error {
	return t.note(t.Tx.CreateCampaign(ctx, c), "campaign %q created", c.Name)
}

// CreateInfluencer implements storage.InfluencerWriter.
func (t *tx) CreateInfluencer(ctx context.Context, i campaigns.Influencer) error {
	return t.note(t.Tx.CreateInfluencer(ctx, i), "influencer %q created", i.Name)
}

// CreateLink implements storage.LinkWriter.
func (t *tx) CreateLink(ctx context.Context, l links.Link) error {
	return t.note(t.Tx.CreateLink(ctx, l), "link %s created", l.Code)
}

// CreateCoupons implements storage.CouponWriter.
func (t *tx) CreateCoupons(ctx context.Context, list []coupons.Coupon) ([]coupons.Code, error) {
	taken, err := t.Tx.CreateCoupons(ctx, list)
	return taken, t.note(err, "%d coupons created", len(list)-len(taken))
}

// RecordEvents implements storage.EventWriter.
func (t *tx) RecordEvents(ctx context.Context, events []attribution.Event) ([]storage.Outcome, error) {
	outcomes, err := t.Tx.RecordEvents(ctx, events)
	stored := 0
	for _, o := range outcomes {
		if o.Err == nil && !o.Repeat {
			stored++
		}
	}
	return outcomes, t.note(err, "%d events recorded", stored)
}

// SetCommissions implements storage.EventWriter.
func (t *tx) SetCommissions(ctx context.Context, changes []storage.Recommission) error {
	return t.note(t.Tx.SetCommissions(ctx, changes), "%d commissions replaced", len(changes))
}
