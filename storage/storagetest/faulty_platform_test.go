package storagetest_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/superher/superher/attribution"
	"github.com/superher/superher/fault"
	"github.com/superher/superher/ident"
	"github.com/superher/superher/links"
	"github.com/superher/superher/stats"
	"github.com/superher/superher/storage"
	"github.com/superher/superher/tenant"
)

func (r *faultyReader) LinkClicks(ctx context.Context, ids []links.ID) (map[links.ID]int64, error) {
	if r.s.is("link-clicks-of-everyone") {
		return r.everyone.LinkClicks(ctx, ids)
	}
	clicks, err := r.Reader.LinkClicks(ctx, ids)
	if err == nil && r.s.is("link-clicks-count-bots") {
		period := stats.Filter{From: time.Date(2022, 1, 1, 0, 0, 0, 0, time.UTC), To: time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)}
		table, _ := r.Reader.Stats().Table(ctx, stats.ByLink, period, stats.TableQuery{})
		for _, row := range table.Rows {
			clicks[row.ID] = row.AllClicks
		}
	}
	return clicks, err
}

func (r *faultyReader) Events(ctx context.Context, f storage.EventFilter, page storage.Page) (storage.List[attribution.Event], error) {
	if r.s.is("events-of-everyone") {
		return r.everyone.Events(ctx, f, page)
	}
	if r.s.is("the-method-is-ignored") {
		f.Method = ""
	}
	prefix := f.ExternalID
	if r.s.is("an-external-id-is-a-prefix") {
		f.ExternalID = ""
	}
	list, err := r.Reader.Events(ctx, f, page)
	if r.s.is("an-external-id-is-a-prefix") {
		list.Items = slices.DeleteFunc(list.Items, func(e attribution.Event) bool { return !strings.HasPrefix(e.ExternalID, prefix) })
	}
	if r.s.is("events-ascend") {
		slices.Reverse(list.Items)
	}
	if next, _ := ident.ParseCursor(list.Next); r.s.is("a-page-ends-its-moment") && list.Next != "" {
		next.ID = [16]byte{}
		list.Next = next.String()
	}
	return list, err
}

func (r *faultySource) Payouts(ctx context.Context, f stats.Filter, q stats.PayoutQuery) (stats.PayoutTable, error) {
	if r.s.is("payouts-of-everyone") {
		return r.s.Store.Read(tenant.Everyone()).Stats().Payouts(ctx, f, q)
	}
	table, err := r.Source.Payouts(ctx, f, q)
	if r.s.is("payouts-are-totalled-by-page") && q.Cursor != "" {
		table.Totals = stats.Figures{}
	}
	return table, err
}

// faultyRequests are the requests of a scope, of the platform for the zero one.
type faultyRequests struct {
	storage.RequestWriter
	storage.TicketWriter
	s     *faultyStore
	owner tenant.ID
}

// remember keeps requests in a place of its own: for all, or beyond a rollback.
func (q *faultyRequests) remember(r storage.Request) (storage.Request, bool) {
	q.s.mu.Lock()
	defer q.s.mu.Unlock()
	if q.s.claimed == nil {
		q.s.claimed = map[string]storage.Request{}
	}
	key := r.Key
	if q.s.is("claims-outlast-a-rollback") {
		key += q.owner.String()
	}
	if old, found := q.s.claimed[key]; found {
		return old, false
	}
	q.s.claimed[key] = r
	return storage.Request{}, true
}

func (q *faultyRequests) remembers() bool {
	switch q.s.fault {
	case "claims-forget-the-tenant":
		return !q.owner.IsZero()
	case "platform-shares-the-keys-of-all", "claims-outlast-a-rollback":
		return true
	default:
		return false
	}
}

func (q *faultyRequests) ClaimRequest(ctx context.Context, r storage.Request) (storage.Request, bool, error) {
	if q.remembers() {
		stored, first := q.remember(r)
		return stored, first, nil
	}
	if q.RequestWriter == nil { // beside a running transaction
		return r, false, nil
	}
	if q.s.is("keys-are-trimmed") {
		r.Key = strings.TrimSpace(r.Key)
	}
	if q.s.is("claims-cut-the-moment") {
		r.At = r.At.Truncate(time.Second)
	}
	stored, first, err := q.RequestWriter.ClaimRequest(ctx, r)
	if q.s.is("every-claim-is-the-first") {
		first = true
	}
	if q.s.is("a-claim-compares-fingerprints") && !first && stored.Fingerprint != r.Fingerprint {
		err = fault.New(fault.Conflict, "idempotency-key-reused", "the key was used for another request")
	}
	return stored, first, err
}

func (q *faultyRequests) AnswerRequest(ctx context.Context, key string, answer []byte) error {
	if q.remembers() {
		q.s.mu.Lock()
		defer q.s.mu.Unlock()
		if q.s.is("claims-outlast-a-rollback") {
			key += q.owner.String()
		}
		r := q.s.claimed[key]
		r.Answer = answer
		q.s.claimed[key] = r
		return nil
	}
	if q.s.is("keys-are-trimmed") {
		key = strings.TrimSpace(key)
	}
	if q.s.is("answers-are-cut") {
		answer = answer[:min(len(answer), 1<<20)]
	}
	err := q.RequestWriter.AnswerRequest(ctx, key, answer)
	if errors.Is(err, fault.NotFound) && q.s.is("an-unknown-key-is-answered") {
		return nil
	}
	return err
}

func (q *faultyRequests) CreateTicket(ctx context.Context, t storage.Ticket) error {
	err := q.TicketWriter.CreateTicket(ctx, t)
	if fault.HasReason(err, "ticket-taken") && q.s.is("a-taken-hash-is-kept-quiet") {
		return nil
	}
	return err
}

func (t *faultyTx) ClaimRequest(ctx context.Context, r storage.Request) (storage.Request, bool, error) {
	return t.requests.ClaimRequest(ctx, r)
}

func (t *faultyTx) AnswerRequest(ctx context.Context, key string, answer []byte) error {
	return t.requests.AnswerRequest(ctx, key, answer)
}

func (t *faultyTx) CreateTicket(ctx context.Context, ticket storage.Ticket) error {
	return t.requests.CreateTicket(ctx, ticket)
}

type faultyPlatform struct {
	storage.Platform
	faultyRequests
	ended bool
}

func (p *faultyPlatform) ClaimRequest(ctx context.Context, r storage.Request) (storage.Request, bool, error) {
	return p.faultyRequests.ClaimRequest(ctx, r)
}

func (p *faultyPlatform) AnswerRequest(ctx context.Context, key string, answer []byte) error {
	return p.faultyRequests.AnswerRequest(ctx, key, answer)
}

func (p *faultyPlatform) CreateTicket(ctx context.Context, t storage.Ticket) error {
	if p.ended && p.s.is("a-kept-platform-works-on") {
		return nil
	}
	return p.faultyRequests.CreateTicket(ctx, t)
}

func (p *faultyPlatform) CreateAdvertiser(ctx context.Context, a tenant.Advertiser) error {
	return p.Platform.CreateAdvertiser(ctx, a)
}

func (y *faultySystem) Administer(ctx context.Context, fn func(ctx context.Context, p storage.Platform) error) error {
	var failed error
	var panicked any
	err := y.System.Administer(ctx, func(ctx context.Context, inner storage.Platform) error {
		if y.s.is("administer-commits-a-panic") {
			defer func() { panicked = recover() }()
		}
		p := &faultyPlatform{Platform: inner, faultyRequests: faultyRequests{inner, inner, y.s, tenant.ID{}}}
		err := fn(ctx, p)
		p.ended = true
		if y.s.is("administer-commits-on-error") {
			failed, err = err, nil
		}
		return err
	})
	if panicked != nil {
		panic(panicked)
	}
	return cmpOr(err, failed)
}

func (y *faultySystem) CreateUser(ctx context.Context, u tenant.User) error {
	list, _ := y.Users(ctx, "", storage.Page{Limit: storage.MaxPage})
	for _, old := range list.Items {
		folded := y.s.is("identities-fold-case") && old.Issuer == u.Issuer && strings.EqualFold(old.Subject, u.Subject)
		if folded || y.s.is("an-identity-is-its-subject") && old.Subject == u.Subject {
			return storage.IdentityTaken()
		}
	}
	if strings.Contains(u.Email, "\x00") {
		switch y.s.fault {
		case "a-zero-byte-is-refused-when-new":
			return fault.New(fault.Invalid, "unstorable-text", "text must not hold zero bytes")
		case "a-zero-byte-ends-an-e-mail":
			u.Email, _, _ = strings.Cut(u.Email, "\x00")
		}
	}
	return y.System.CreateUser(ctx, u)
}

func (y *faultySystem) Users(ctx context.Context, status tenant.UserStatus, page storage.Page) (storage.List[tenant.User], error) {
	if y.s.is("people-of-every-status") {
		status = ""
	}
	return y.System.Users(ctx, status, page)
}

func (y *faultySystem) UserByIdentity(ctx context.Context, issuer, subject string) (tenant.User, error) {
	u, err := y.System.UserByIdentity(ctx, issuer, subject)
	if y.s.is("an-update-moves-an-identity") && u.Version > 1 {
		return tenant.User{}, storage.NotFound()
	}
	return u, err
}

func (y *faultySystem) UpdateUser(ctx context.Context, u tenant.User) error {
	if old, err := y.User(ctx, u.ID); err == nil && y.s.is("the-version-of-a-person") {
		u.Version = old.Version
	}
	if strings.Contains(u.Email, "\x00") && y.s.is("a-zero-byte-breaks-an-update") {
		return fault.New(fault.Internal, "broken", "the database refused a text")
	}
	err := y.System.UpdateUser(ctx, u)
	if errors.Is(err, fault.NotFound) && y.s.is("an-unknown-advertiser-is-none") {
		u.Advertiser = tenant.ID{}
		return y.System.UpdateUser(ctx, u)
	}
	return err
}

func (y *faultySystem) TakeTicket(ctx context.Context, hash [32]byte) (storage.Ticket, error) {
	ticket, err := y.System.TakeTicket(ctx, hash)
	if err != nil {
		return ticket, err
	}
	if y.s.is("an-expired-ticket-is-gone") && ticket.ExpiresAt.Before(time.Now()) {
		return storage.Ticket{}, storage.NotFound()
	}
	if y.s.is("a-taken-ticket-stays") {
		return ticket, y.System.Administer(ctx, func(ctx context.Context, p storage.Platform) error { return p.CreateTicket(ctx, ticket) })
	}
	return ticket, nil
}

func (y *faultySystem) DropTickets(ctx context.Context, before time.Time) error {
	switch y.s.fault {
	case "tickets-are-never-dropped":
		return nil
	case "tickets-are-dropped-in-time":
		before = before.Truncate(time.Microsecond)
	case "tickets-are-dropped-ahead":
		before = before.Add(time.Nanosecond)
	}
	return y.System.DropTickets(ctx, before)
}

func (y *faultySystem) DropRequests(ctx context.Context, before time.Time) error {
	switch y.s.fault {
	case "all-requests-are-dropped":
		before = before.AddDate(10, 0, 0)
	case "requests-are-dropped-one-late":
		before = before.Add(time.Microsecond)
	case "requests-are-dropped-in-time":
		before = before.Truncate(time.Microsecond)
	case "requests-are-dropped-ahead":
		before = before.Add(time.Nanosecond)
	}
	return y.System.DropRequests(ctx, before)
}
