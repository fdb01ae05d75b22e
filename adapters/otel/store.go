package otel

import (
	"context"
	"time"

	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/links"
	"github.com/superher/superher/storage"
	"github.com/superher/superher/tenant"
)

// Store returns a store that answers as the inner one does, and tells of every
// call behind its three doors. fault.Invalid names what is missing; an
// instrument that the meter provider refuses to make is fault.Internal
// "instrument-refused".
//
// The span of Write and of Administer encloses those of the calls that fn makes
// with the context it is given. The span of EachEvent lasts as long as the
// sequence is read, the time of its reader included; a sequence that nobody
// reads has none.
func Store(inner storage.Store, config Config) (storage.Store, error) {
	if err := config.check("Store", inner != nil); err != nil {
		return nil, err
	}
	made, err := newInstruments(config)
	if err != nil {
		return nil, err
	}
	return store{inner: inner, o: observer{instruments: made, port: "Store"}}, nil
}

type store struct {
	inner storage.Store
	o     observer
}

func (s store) Write(ctx context.Context, scope tenant.Scope, fn func(ctx context.Context, tx storage.Tx) error) error {
	o := s.o
	o.advertiser = scope.Advertiser()
	return transact(ctx, o, "Write", func(ctx context.Context, fn func(context.Context, storage.Tx) error) error {
		return s.inner.Write(ctx, scope, fn)
	}, func(ctx context.Context, inner storage.Tx) error {
		return fn(ctx, newTx(inner, o.of("Tx")))
	})
}

func (s store) Read(view tenant.View) storage.Reader {
	o := s.o.of("Reader")
	o.advertiser, _ = view.One()
	return reader{inner: s.inner.Read(view), o: o}
}

func (s store) System() storage.System {
	return system{inner: s.inner.System(), o: s.o.of("System")}
}

type system struct {
	inner storage.System
	o     observer
}

func (s system) Administer(ctx context.Context, fn func(ctx context.Context, p storage.Platform) error) error {
	return transact(ctx, s.o, "Administer", s.inner.Administer, func(ctx context.Context, inner storage.Platform) error {
		o := s.o.of("Platform")
		return fn(ctx, platform{claims: claims{inner: inner, o: o}, inner: inner, o: o})
	})
}

func (s system) CreateUser(ctx context.Context, u tenant.User) error {
	return tell(ctx, s.o, "CreateUser", s.inner.CreateUser, u)
}

func (s system) User(ctx context.Context, id tenant.UserID) (tenant.User, error) {
	return ask(ctx, s.o, "User", s.inner.User, id)
}

func (s system) UserByIdentity(ctx context.Context, issuer, subject string) (tenant.User, error) {
	return ask2(ctx, s.o, "UserByIdentity", s.inner.UserByIdentity, issuer, subject)
}

func (s system) Users(ctx context.Context, status tenant.UserStatus, page storage.Page) (storage.List[tenant.User], error) {
	return ask2(ctx, s.o, "Users", s.inner.Users, status, page)
}

func (s system) UpdateUser(ctx context.Context, u tenant.User) error {
	return tell(ctx, s.o, "UpdateUser", s.inner.UpdateUser, u)
}

func (s system) CreateAdvertiser(ctx context.Context, a tenant.Advertiser) error {
	return tell(ctx, s.o, "CreateAdvertiser", s.inner.CreateAdvertiser, a)
}

func (s system) ShareInfluencer(ctx context.Context, advertiser tenant.ID, influencer campaigns.InfluencerID) error {
	return tell2(ctx, s.o, "ShareInfluencer", s.inner.ShareInfluencer, advertiser, influencer)
}

func (s system) LinkByCode(ctx context.Context, code links.Code) (links.Link, error) {
	return ask(ctx, s.o, "LinkByCode", s.inner.LinkByCode, code)
}

func (s system) AppendClicks(ctx context.Context, clicks []links.Click) error {
	return tell(ctx, s.o, "AppendClicks", s.inner.AppendClicks, clicks)
}

func (s system) VisitorSalt(ctx context.Context, advertiser tenant.ID, day time.Time, fresh links.Salt) (links.Salt, error) {
	return ask3(ctx, s.o, "VisitorSalt", s.inner.VisitorSalt, advertiser, day, fresh)
}

func (s system) DropSalts(ctx context.Context, before time.Time) error {
	return tell(ctx, s.o, "DropSalts", s.inner.DropSalts, before)
}

func (s system) APIKeyByHash(ctx context.Context, hash [32]byte) (tenant.APIKey, error) {
	return ask(ctx, s.o, "APIKeyByHash", s.inner.APIKeyByHash, hash)
}

func (s system) TouchAPIKey(ctx context.Context, key tenant.APIKey, at time.Time) error {
	return tell2(ctx, s.o, "TouchAPIKey", s.inner.TouchAPIKey, key, at)
}

func (s system) TakeTicket(ctx context.Context, hash [32]byte) (storage.Ticket, error) {
	return ask(ctx, s.o, "TakeTicket", s.inner.TakeTicket, hash)
}

func (s system) DropTickets(ctx context.Context, before time.Time) error {
	return tell(ctx, s.o, "DropTickets", s.inner.DropTickets, before)
}

func (s system) DropRequests(ctx context.Context, before time.Time) error {
	return tell(ctx, s.o, "DropRequests", s.inner.DropRequests, before)
}

func (s system) DueTotals(ctx context.Context, after tenant.ID) (storage.DueTotals, error) {
	return ask(ctx, s.o, "DueTotals", s.inner.DueTotals, after)
}

func (s system) FoldTotals(ctx context.Context, advertiser tenant.ID) (storage.Folded, error) {
	return ask(ctx, s.o, "FoldTotals", s.inner.FoldTotals, advertiser)
}

func (s system) RebuildTotals(ctx context.Context, advertiser tenant.ID, how storage.Rebuild) (storage.Rebuilt, error) {
	return ask2(ctx, s.o, "RebuildTotals", s.inner.RebuildTotals, advertiser, how)
}

func (s system) VerifyTotals(ctx context.Context, advertiser tenant.ID) (storage.TotalsCheck, error) {
	return ask(ctx, s.o, "VerifyTotals", s.inner.VerifyTotals, advertiser)
}

type platform struct {
	claims

	inner storage.Platform
	o     observer
}

func (p platform) CreateAdvertiser(ctx context.Context, a tenant.Advertiser) error {
	return tell(ctx, p.o, "CreateAdvertiser", p.inner.CreateAdvertiser, a)
}
