package superher

import (
	"bytes"
	"context"
	"errors"
	"time"

	"github.com/superher/superher/fault"
	"github.com/superher/superher/storage"
	"github.com/superher/superher/tenant"
)

// MaxRequestKey is the length of the longest idempotency key, in characters.
const MaxRequestKey = 255

// RequestLife is how long at least the answer to a request is remembered.
const RequestLife = 24 * time.Hour

// Request names something that is to be carried out once.
type Request struct {
	Key         string   // the idempotency key: 1 to MaxRequestKey printable ASCII characters
	Fingerprint [32]byte // of all that makes it this request and no other
}

func (r Request) check() error {
	printable := func(c rune) bool { return c >= 0x21 && c <= 0x7e }
	bad := r.Key == "" || len(r.Key) > MaxRequestKey
	for _, c := range r.Key {
		bad = bad || !printable(c)
	}
	if bad {
		return fault.Bad("Idempotency-Key", "malformed-idempotency-key", "an idempotency key has 1 to 255 printable ASCII characters, no spaces")
	}
	return nil
}

// Atomically runs fn with an account whose calls all belong to one transaction:
// what they write is committed when fn returns nil, and undone when it fails or
// panics. The rules of [storage.Store] Write hold: fn may run twice and must
// have no other effect, and its account must not be used after it has returned.
//
// A fn that waits for nothing but its account may say so by [storage.Brief].
//
// A transaction within a transaction is refused with fault.Invalid
// "nested-transaction": the inner one could not be undone by itself.
func (a Account) Atomically(ctx context.Context, fn func(ctx context.Context, a Account) error) error {
	if a.tx != nil {
		return fault.New(fault.Invalid, "nested-transaction", "the account is bound to a transaction already")
	}
	var changed []keyHash
	defer func() { a.client.keys.forget(changed...) }()
	return a.client.store.Write(ctx, a.scope, func(ctx context.Context, tx storage.Tx) error {
		bound := a
		bound.Reader, bound.tx, bound.changed = tx, tx, &changed
		return fn(ctx, bound)
	})
}

// Once carries out a request under an idempotency key, as [Account.Atomically]
// runs fn, and remembers the answer in the same transaction for [RequestLife] at
// least: either both the effect and its answer are stored or neither is, so that
// a request that failed may be made again. The same request again returns the
// first answer, and replayed is true; while it is still running, the call waits
// for it. Another request under the same key is fault.Conflict
// "idempotency-key-reused". Keys of different advertisers have nothing to do
// with each other.
func (a Account) Once(ctx context.Context, r Request, fn func(ctx context.Context, a Account) (answer []byte, err error)) (answer []byte, replayed bool, err error) {
	if err := r.check(); err != nil {
		return nil, false, err
	}
	err = a.Atomically(ctx, func(ctx context.Context, bound Account) error {
		answer, replayed, err = a.client.once(ctx, bound.tx, r, func(ctx context.Context) ([]byte, error) { return fn(ctx, bound) })
		return err
	})
	if err != nil {
		return nil, false, err
	}
	return answer, replayed, nil
}

// Administration is the platform's own transaction, see [Client.Administer].
type Administration struct {
	client   *Client
	platform storage.Platform
}

// CreateAdvertiser is [Client.CreateAdvertiser].
func (a Administration) CreateAdvertiser(ctx context.Context, in tenant.NewAdvertiser) (tenant.Advertiser, error) {
	return a.client.createAdvertiser(ctx, in, a.platform.CreateAdvertiser)
}

// IssueTicket is [Account.IssueTicket] for what is nobody's in particular.
func (a Administration) IssueTicket(ctx context.Context, purpose []byte, life time.Duration) (Ticket, error) {
	return a.client.issueTicket(ctx, purpose, life, a.platform.CreateTicket)
}

// Administer runs fn in one transaction outside of any advertiser, with the
// rules of [Account.Atomically].
func (c *Client) Administer(ctx context.Context, fn func(ctx context.Context, a Administration) error) error {
	return c.store.System().Administer(ctx, func(ctx context.Context, p storage.Platform) error { return fn(ctx, Administration{c, p}) })
}

// AdministerOnce is [Account.Once] for what belongs to no advertiser. The keys
// are the platform's own.
func (c *Client) AdministerOnce(
	ctx context.Context, r Request, fn func(ctx context.Context, a Administration) (answer []byte, err error),
) (answer []byte, replayed bool, err error) {
	if err := r.check(); err != nil {
		return nil, false, err
	}
	err = c.Administer(ctx, func(ctx context.Context, a Administration) error {
		answer, replayed, err = c.once(ctx, a.platform, r, func(ctx context.Context) ([]byte, error) { return fn(ctx, a) })
		return err
	})
	if err != nil {
		return nil, false, err
	}
	return answer, replayed, nil
}

// once claims a request in a transaction and carries it out, or returns what
// was answered before.
func (c *Client) once(ctx context.Context, tx storage.RequestWriter, r Request, fn func(context.Context) ([]byte, error)) (answer []byte, replayed bool, err error) {
	stored, first, err := tx.ClaimRequest(ctx, storage.Request{Key: r.Key, Fingerprint: r.Fingerprint, At: c.now()})
	if err != nil {
		return nil, false, err
	}
	if !first {
		if stored.Fingerprint != r.Fingerprint {
			return nil, false, fault.New(fault.Conflict, "idempotency-key-reused", "another request was made under this idempotency key")
		}
		return bytes.Clone(stored.Answer), true, nil
	}
	if answer, err = fn(ctx); err != nil {
		return nil, false, err
	}
	return answer, false, tx.AnswerRequest(ctx, r.Key, answer)
}

// Sweep forgets what has outlived its time: visitor salts, see [SaltLife],
// answers to requests, see [RequestLife], and expired tickets. Where one of them
// fails the others are dropped all the same. A host runs it about every hour.
func (c *Client) Sweep(ctx context.Context) error {
	now, system := c.now(), c.store.System()
	return errors.Join(c.DropSalts(ctx), system.DropRequests(ctx, now.Add(-RequestLife)), system.DropTickets(ctx, now))
}
