package sqlstore

import (
	"context"
	"database/sql/driver"
	"errors"
	"strings"
	"time"

	"github.com/Masterminds/squirrel"

	"github.com/superher/superher/fault"
	"github.com/superher/superher/stats/statsql"
	"github.com/superher/superher/storage"
	"github.com/superher/superher/tenant"
)

// platform is a unit of work outside of any tenant.
type platform struct {
	ledger
	q Querier
}

// Administer implements storage.System.
func (s system) Administer(ctx context.Context, fn func(ctx context.Context, p storage.Platform) error) error {
	return s.run(ctx, Change, guarding(func(ctx context.Context, q *guard) error {
		d := s.engine.Dialect()
		return fn(ctx, platform{ledger{q, d, noAdvertiser{}, squirrel.Expr("advertiser_id = ?", noAdvertiser{})}, q})
	}))
}

// CreateAdvertiser implements storage.Platform.
func (p platform) CreateAdvertiser(ctx context.Context, a tenant.Advertiser) error {
	return createAdvertiser(ctx, p.q, p.dialect, a)
}

// ClaimRequest implements storage.RequestWriter.
func (p platform) ClaimRequest(ctx context.Context, r storage.Request) (stored storage.Request, first bool, err error) {
	return p.claim(ctx, r)
}

// AnswerRequest implements storage.RequestWriter.
func (p platform) AnswerRequest(ctx context.Context, key string, answer []byte) error {
	return p.answer(ctx, key, answer)
}

// CreateTicket implements storage.TicketWriter.
func (p platform) CreateTicket(ctx context.Context, ticket storage.Ticket) error {
	return createTicket(ctx, p.q, p.dialect, ticket)
}

// ClaimRequest implements storage.RequestWriter.
func (t tx) ClaimRequest(ctx context.Context, r storage.Request) (stored storage.Request, first bool, err error) {
	if err := t.checkOwner(ctx); err != nil {
		return storage.Request{}, false, err
	}
	return t.ledger().claim(ctx, r)
}

// AnswerRequest implements storage.RequestWriter.
func (t tx) AnswerRequest(ctx context.Context, key string, answer []byte) error {
	return t.ledger().answer(ctx, key, answer)
}

// CreateTicket implements storage.TicketWriter.
func (t tx) CreateTicket(ctx context.Context, ticket storage.Ticket) error {
	if err := t.checkOwner(ctx); err != nil {
		return err
	}
	return createTicket(ctx, t.q, t.dialect, ticket)
}

func (t tx) ledger() ledger {
	return ledger{t.q, t.dialect, t.owner(), statsql.Tenant(t.view, "advertiser_id")}
}

// noAdvertiser stands for the platform in requests.advertiser_id, which is part
// of the key and so cannot be NULL: all zeros.
type noAdvertiser struct{}

// Value implements driver.Valuer.
func (noAdvertiser) Value() (driver.Value, error) { return make([]byte, 16), nil }

// ledger remembers the requests of an advertiser, or of the platform.
type ledger struct {
	q       Querier
	dialect statsql.Dialect
	owner   driver.Valuer
	own     squirrel.Sqlizer // the condition that limits requests to the owner's
}

const requestColumns = "key, fingerprint, answer, created_at"

func scanRequest(r row) (storage.Request, error) {
	var out storage.Request
	err := r.Scan(&out.Key, bytesOf{out.Fingerprint[:]}, contentOf{&out.Answer}, moment{&out.At})
	return out, err
}

// claim lets the primary key say who was first. Where the isolation is weaker
// than a snapshot, what was in the way may be dropped before it is read.
func (l ledger) claim(ctx context.Context, r storage.Request) (known storage.Request, first bool, err error) {
	const attempts = 3
	for range attempts {
		touched, err := exec(ctx, l.q, l.dialect.Builder().Insert("requests").Columns("advertiser_id", requestColumns).
			Values(l.owner, r.Key, r.Fingerprint[:], []byte{}, l.dialect.Moment(r.At)).Suffix("ON CONFLICT DO NOTHING"))
		if err != nil {
			return storage.Request{}, false, err
		}
		if touched > 0 {
			return storage.Request{Key: r.Key, Fingerprint: r.Fingerprint, At: stored(r.At)}, true, nil
		}
		known, err = one(ctx, l.q, l.dialect.Builder().Select(requestColumns).From("requests").
			Where(l.own).Where("key = ?", r.Key), scanRequest)
		if !errors.Is(err, fault.NotFound) {
			return known, false, err
		}
	}
	return storage.Request{}, false, fault.New(fault.Unavailable, "store-busy", "requests are being dropped; trying again may work")
}

func (l ledger) answer(ctx context.Context, key string, answer []byte) error {
	if !storable(key) {
		return storage.NotFound()
	}
	touched, err := exec(ctx, l.q, l.dialect.Builder().Update("requests").Set("answer", content(answer)).
		Where(l.own).Where("key = ?", key))
	if err == nil && touched == 0 {
		return storage.NotFound()
	}
	return err
}

func createTicket(ctx context.Context, q Querier, d statsql.Dialect, ticket storage.Ticket) error {
	touched, err := exec(ctx, q, d.Builder().Insert("tickets").Columns("hash", "purpose", "expires_at").
		Values(ticket.Hash[:], content(ticket.Purpose), d.Moment(ticket.ExpiresAt)).Suffix("ON CONFLICT DO NOTHING"))
	if err == nil && touched == 0 {
		return storage.TicketTaken()
	}
	return err
}

// TakeTicket implements storage.System.
func (s system) TakeTicket(ctx context.Context, hash [32]byte) (storage.Ticket, error) {
	var ticket storage.Ticket
	err := s.run(ctx, Change, func(ctx context.Context, q Querier) (err error) {
		ticket, err = one(ctx, q, s.engine.Dialect().Builder().Delete("tickets").Where("hash = ?", hash[:]).
			Suffix("RETURNING hash, purpose, expires_at"), scanTicket)
		return err
	})
	if err != nil {
		return storage.Ticket{}, err
	}
	return ticket, nil
}

func scanTicket(r row) (storage.Ticket, error) {
	var out storage.Ticket
	err := r.Scan(bytesOf{out.Hash[:]}, contentOf{&out.Purpose}, moment{&out.ExpiresAt})
	return out, err
}

// DropTickets implements storage.System.
func (s system) DropTickets(ctx context.Context, before time.Time) error {
	return s.drop(ctx, "tickets", "hash", "expires_at", before)
}

// DropRequests implements storage.System.
func (s system) DropRequests(ctx context.Context, before time.Time) error {
	return s.drop(ctx, "requests", "(advertiser_id, key)", "created_at", before)
}

// dropPortion is how many rows are deleted at a time, so that others who write
// wait for a moment only, and no deadline is met however many there are.
const dropPortion = 2000

// drop deletes the rows of a table whose moment is before another.
func (s system) drop(ctx context.Context, table, key, column string, before time.Time) error {
	bare := strings.Trim(key, "()")
	due := s.engine.Dialect().Builder().PlaceholderFormat(squirrel.Question).Select(bare).From(table).
		Where(column+" < ?", s.engine.Dialect().Moment(notBefore(before))).Limit(dropPortion)
	for {
		var dropped int64
		err := s.run(ctx, Change, func(ctx context.Context, q Querier) (err error) {
			dropped, err = exec(ctx, q, s.engine.Dialect().Builder().Delete(table).Where(squirrel.Expr(key+" IN (?)", due)))
			return err
		})
		if err != nil || dropped < dropPortion {
			return err
		}
	}
}
