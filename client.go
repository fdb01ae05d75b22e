package superher

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"io"
	"time"

	"github.com/superher/superher/attribution"
	"github.com/superher/superher/fault"
	"github.com/superher/superher/ident"
	"github.com/superher/superher/storage"
	"github.com/superher/superher/tenant"
)

// Config is what a [Client] is made from.
type Config struct {
	Store  storage.Store      // Required. The caller opens and closes it.
	Now    func() time.Time   // The clock; nil means time.Now.
	Rand   io.Reader          // Source of ids, codes, keys and salts; nil means crypto/rand. Must be safe for concurrent use.
	Policy attribution.Policy // What campaigns may leave open.
	// EventTransactions is how many transactions may record single events at the
	// same time, for all advertisers together; 0 means
	// DefaultEventTransactions. Those of one advertiser share one after another.
	// More than half of the store's connections leaves too few for everything else.
	EventTransactions int
}

// DefaultEventTransactions is half of the connections that a store has if
// nobody sets their number.
const DefaultEventTransactions = 4

// Client is the entry to superher. It is safe for concurrent use.
type Client struct {
	store  storage.Store
	clock  func() time.Time
	random io.Reader
	policy attribution.Policy
	salts  *saltCache
	known  storage.LinkCache // nil: the store keeps no links in memory

	keys     *keyCache
	gatherer *gatherer
}

// New returns a client, or fault.Invalid naming the bad field.
func New(config Config) (*Client, error) {
	if config.Store == nil {
		return nil, fault.Bad("Store", "required", "Config.Store must be a storage adapter")
	}
	if config.EventTransactions < 0 {
		return nil, fault.Bad("EventTransactions", "out-of-range", "Config.EventTransactions must not be negative")
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	if config.Rand == nil {
		config.Rand = rand.Reader
	}
	known, _ := config.Store.System().(storage.LinkCache)
	return &Client{
		store: config.Store, clock: config.Now, random: config.Rand, policy: config.Policy, salts: newSaltCache(), known: known,
		keys: newKeyCache(), gatherer: newGatherer(cmp.Or(config.EventTransactions, DefaultEventTransactions)),
	}, nil
}

// For returns the account of the scope's advertiser. It makes no call and
// cannot fail; a scope without an advertiser fails at the first use.
func (c *Client) For(scope tenant.Scope) Account {
	return Account{Viewer: c.Across(scope.View()), scope: scope}
}

// Across returns what the view may read, with the laziness of [Client.For].
func (c *Client) Across(view tenant.View) Viewer {
	return Viewer{Reader: c.store.Read(view), client: c, view: view}
}

// now returns the injected time in the resolution that every store keeps.
func (c *Client) now() time.Time { return moment(c.clock()) }

// moment cuts a time to microseconds in UTC: stores keep no more, and an answer
// must not differ from what is read back later. The zero time stays zero.
func moment(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return t.UTC().Truncate(time.Microsecond)
}

// newID draws an id for a T that is created now.
func newID[T any](c *Client, now time.Time) (ident.Of[T], error) { return ident.New[T](now, c.random) }

// Account is one advertiser's superher: everything a [Viewer] reads, and all
// that can be written. It is a small value, safe for concurrent use.
type Account struct {
	Viewer
	scope tenant.Scope

	tx      storage.Tx // of the transaction that the account is bound to, if it is
	changed *[]keyHash // keys that this transaction has changed
}

// Scope returns the right that the account was made with.
func (a Account) Scope() tenant.Scope { return a.scope }

// write runs fn, which waits for nothing but its transaction, in the one that the
// account is bound to, or in one of its own.
func (a Account) write(ctx context.Context, fn func(ctx context.Context, tx storage.Tx) error) error {
	if a.tx != nil {
		return fn(ctx, a.tx)
	}
	return a.client.store.Write(storage.Brief(ctx), a.scope, fn)
}

// Ready returns nil when the store answers.
func (c *Client) Ready(ctx context.Context) error {
	if _, err := c.store.System().APIKeyByHash(ctx, [32]byte{}); err != nil && !errors.Is(err, fault.NotFound) {
		return err
	}
	return nil
}
