package conformance_test

import (
	"context"
	"time"

	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/links"
	"github.com/superher/superher/storage"
	"github.com/superher/superher/tenant"
)

// turnSystem is a storage.System of which one call runs at a time.
type turnSystem struct {
	turns  *turns
	system storage.System
}

// run makes a call that returns nothing but an error.
func (s turnSystem) run(call func() error) error {
	defer s.turns.begin()()
	return call()
}

func (s turnSystem) CreateAdvertiser(ctx context.Context, a tenant.Advertiser) error {
	return s.run(func() error { return s.system.CreateAdvertiser(ctx, a) })
}

func (s turnSystem) ShareInfluencer(ctx context.Context, advertiser tenant.ID, influencer campaigns.InfluencerID) error {
	return s.run(func() error { return s.system.ShareInfluencer(ctx, advertiser, influencer) })
}

func (s turnSystem) LinkByCode(ctx context.Context, code links.Code) (links.Link, error) {
	return take(s.turns, func() (links.Link, error) { return s.system.LinkByCode(ctx, code) })
}

func (s turnSystem) AppendClicks(ctx context.Context, clicks []links.Click) error {
	return s.run(func() error { return s.system.AppendClicks(ctx, clicks) })
}

func (s turnSystem) VisitorSalt(ctx context.Context, advertiser tenant.ID, day time.Time, fresh links.Salt) (links.Salt, error) {
	return take(s.turns, func() (links.Salt, error) { return s.system.VisitorSalt(ctx, advertiser, day, fresh) })
}

func (s turnSystem) DropSalts(ctx context.Context, before time.Time) error {
	return s.run(func() error { return s.system.DropSalts(ctx, before) })
}

func (s turnSystem) APIKeyByHash(ctx context.Context, hash [32]byte) (tenant.APIKey, error) {
	return take(s.turns, func() (tenant.APIKey, error) { return s.system.APIKeyByHash(ctx, hash) })
}

func (s turnSystem) TouchAPIKey(ctx context.Context, key tenant.APIKey, at time.Time) error {
	return s.run(func() error { return s.system.TouchAPIKey(ctx, key, at) })
}

func (s turnSystem) Administer(ctx context.Context, fn func(context.Context, storage.Platform) error) error {
	return s.run(func() error { return s.system.Administer(ctx, fn) })
}

func (s turnSystem) CreateUser(ctx context.Context, u tenant.User) error {
	return s.run(func() error { return s.system.CreateUser(ctx, u) })
}

func (s turnSystem) User(ctx context.Context, id tenant.UserID) (tenant.User, error) {
	return take(s.turns, func() (tenant.User, error) { return s.system.User(ctx, id) })
}

func (s turnSystem) UserByIdentity(ctx context.Context, issuer, subject string) (tenant.User, error) {
	return take(s.turns, func() (tenant.User, error) { return s.system.UserByIdentity(ctx, issuer, subject) })
}

func (s turnSystem) Users(ctx context.Context, status tenant.UserStatus, page storage.Page) (storage.List[tenant.User], error) {
	return take(s.turns, func() (storage.List[tenant.User], error) { return s.system.Users(ctx, status, page) })
}

func (s turnSystem) UpdateUser(ctx context.Context, u tenant.User) error {
	return s.run(func() error { return s.system.UpdateUser(ctx, u) })
}

func (s turnSystem) TakeTicket(ctx context.Context, hash [32]byte) (storage.Ticket, error) {
	return take(s.turns, func() (storage.Ticket, error) { return s.system.TakeTicket(ctx, hash) })
}

func (s turnSystem) DropTickets(ctx context.Context, before time.Time) error {
	return s.run(func() error { return s.system.DropTickets(ctx, before) })
}

func (s turnSystem) DropRequests(ctx context.Context, before time.Time) error {
	return s.run(func() error { return s.system.DropRequests(ctx, before) })
}

func (s turnSystem) DueTotals(ctx context.Context, after tenant.ID) (storage.DueTotals, error) {
	return take(s.turns, func() (storage.DueTotals, error) { return s.system.DueTotals(ctx, after) })
}

func (s turnSystem) FoldTotals(ctx context.Context, advertiser tenant.ID) (storage.Folded, error) {
	return take(s.turns, func() (storage.Folded, error) { return s.system.FoldTotals(undisturbed(ctx), advertiser) })
}

func (s turnSystem) RebuildTotals(ctx context.Context, advertiser tenant.ID, how storage.Rebuild) (storage.Rebuilt, error) {
	return take(s.turns, func() (storage.Rebuilt, error) { return s.system.RebuildTotals(undisturbed(ctx), advertiser, how) })
}

// undisturbed keeps a context from ending in the midst of a call: the
// connection would be closed, and the host's transaction with it.
func undisturbed(ctx context.Context) context.Context {
	if ctx.Err() != nil {
		return ctx
	}
	return context.WithoutCancel(ctx)
}

func (s turnSystem) VerifyTotals(ctx context.Context, advertiser tenant.ID) (storage.TotalsCheck, error) {
	return take(s.turns, func() (storage.TotalsCheck, error) { return s.system.VerifyTotals(ctx, advertiser) })
}
