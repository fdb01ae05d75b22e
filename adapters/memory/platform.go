package memory

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/superher/superher/storage"
	"github.com/superher/superher/tenant"
)

// platform implements [storage.Platform] on a layer over the store's data.
type platform struct {
	store *Store
	data  *tables
	open  *atomic.Bool
}

// Administer implements [storage.System]. As transactions run one after
// another, fn runs exactly once.
func (s system) Administer(ctx context.Context, fn func(ctx context.Context, p storage.Platform) error) error {
	return s.store.work(ctx, func(data *tables, open *atomic.Bool) error {
		return fn(ctx, platform{store: s.store, data: data, open: open})
	})
}

func (p platform) CreateAdvertiser(ctx context.Context, a tenant.Advertiser) error {
	leave, err := p.store.enter(ctx, p.open)
	if err != nil {
		return err
	}
	defer leave()
	return p.data.createAdvertiser(a)
}

func (p platform) ClaimRequest(ctx context.Context, r storage.Request) (stored storage.Request, first bool, err error) {
	leave, err := p.store.enter(ctx, p.open)
	if err != nil {
		return storage.Request{}, false, err
	}
	defer leave()
	stored, first = p.data.claim(nobody(), r)
	return stored, first, nil
}

func (p platform) AnswerRequest(ctx context.Context, key string, answer []byte) error {
	leave, err := p.store.enter(ctx, p.open)
	if err != nil {
		return err
	}
	defer leave()
	return p.data.answer(nobody(), key, answer)
}

func (p platform) CreateTicket(ctx context.Context, ticket storage.Ticket) error {
	leave, err := p.store.enter(ctx, p.open)
	if err != nil {
		return err
	}
	defer leave()
	return p.data.createTicket(ticket)
}

func (t *tx) ClaimRequest(ctx context.Context, r storage.Request) (stored storage.Request, first bool, err error) {
	leave, err := t.begin(ctx)
	if err != nil {
		return storage.Request{}, false, err
	}
	defer leave()
	stored, first = t.data.claim(t.advertiser, r)
	return stored, first, nil
}

func (t *tx) AnswerRequest(ctx context.Context, key string, answer []byte) error {
	leave, err := t.begin(ctx)
	if err != nil {
		return err
	}
	defer leave()
	return t.data.answer(t.advertiser, key, answer)
}

func (t *tx) CreateTicket(ctx context.Context, ticket storage.Ticket) error {
	leave, err := t.begin(ctx)
	if err != nil {
		return err
	}
	defer leave()
	return t.data.createTicket(ticket)
}

// claim returns the request of a key, and whether it is there since now.
func (s *tables) claim(owner tenant.ID, r storage.Request) (stored storage.Request, first bool) {
	if known, found := s.requests.get(owner, r.Key); found {
		return requestOf(known), false
	}
	r.Answer = nil
	r = requestOf(r)
	s.requests.put(owner, r.Key, r)
	return requestOf(r), true
}

func (s *tables) answer(owner tenant.ID, key string, answer []byte) error {
	r, found := s.requests.get(owner, key)
	if !found {
		return storage.NotFound()
	}
	r.Answer = answer
	s.requests.put(owner, key, requestOf(r))
	return nil
}

func (s *tables) createTicket(t storage.Ticket) error {
	if s.tickets.has(nobody(), t.Hash) {
		return storage.TicketTaken()
	}
	s.tickets.put(nobody(), t.Hash, ticketOf(t))
	return nil
}

func (s system) TakeTicket(ctx context.Context, hash [32]byte) (ticket storage.Ticket, err error) {
	found := false
	err = s.remove(ctx, func(data *tables) {
		ticket, found = data.tickets.get(nobody(), hash)
		data.tickets.drop(func(h [32]byte, _ storage.Ticket) bool { return h == hash })
	})
	switch {
	case err != nil:
		return storage.Ticket{}, err
	case !found:
		return storage.Ticket{}, storage.NotFound()
	}
	return ticketOf(ticket), nil
}

func (s system) DropTickets(ctx context.Context, before time.Time) error {
	return s.remove(ctx, func(data *tables) {
		data.tickets.drop(func(_ [32]byte, t storage.Ticket) bool { return t.ExpiresAt.Before(before) })
	})
}

func (s system) DropRequests(ctx context.Context, before time.Time) error {
	return s.remove(ctx, func(data *tables) {
		data.requests.drop(func(_ string, r storage.Request) bool { return r.At.Before(before) })
	})
}
