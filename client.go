package superher

import (
	"crypto/rand"
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
}

// Client is the entry to superher. It is safe for concurrent use.
type Client struct {
	store  storage.Store
	clock  func() time.Time
	random io.Reader
	policy attribution.Policy
	salts  *saltCache
}

// New returns a client, or fault.Invalid naming the missing field.
func New(config Config) (*Client, error) {
	if config.Store == nil {
		return nil, fault.Bad("Store", "required", "Config.Store must be a storage adapter")
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	if config.Rand == nil {
		config.Rand = rand.Reader
	}
	return &Client{
		store: config.Store, clock: config.Now, random: config.Rand, policy: config.Policy, salts: newSaltCache(),
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
}
