package server

import (
	"net/http"
	"net/netip"
	"strconv"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/time/rate"

	"github.com/superher/superher/fault"
	"github.com/superher/superher/tenant"
)

// Rate is how often something may happen: so many times a second on the
// average, and Burst times at once. The zero Rate is no limit.
type Rate struct {
	PerSecond int
	Burst     int
}

// Rates limits requests, of each server by itself.
type Rates struct {
	Caller  Rate // of one API key or person
	Tenant  Rate // of one advertiser, over all its keys and people
	Address Rate // of one address (IPv6: /64), requests that fail to say who they are and unknown short codes
}

// DefaultRates returns the limits of a Config that sets none.
func DefaultRates() Rates {
	return Rates{
		Caller:  Rate{PerSecond: 500, Burst: 1000},
		Tenant:  Rate{PerSecond: 1000, Burst: 2000},
		Address: Rate{PerSecond: 1, Burst: 100},
	}
}

func (r Rate) check(checks *fault.Checks, name string) {
	checks.That(r.PerSecond >= 0 && r.Burst >= 0 && (r.PerSecond == 0) == (r.Burst == 0), name, "out-of-range",
		"Config."+name+" must have both a rate and a burst, or neither")
}

// maxNames bounds for how many names a limit remembers its state. Who is
// forgotten starts anew.
const maxNames = 100_000

// names holds one state for each of the names that were seen last.
type names[State any] struct {
	states *lru.Cache[string, State]
	fresh  func() State
}

func newNames[State any](fresh func() State) (*names[State], error) {
	states, err := lru.New[string, State](maxNames)
	return &names[State]{states, fresh}, err
}

func (n *names[State]) get(name string) State {
	if known, ok := n.states.Get(name); ok {
		return known
	}
	fresh := n.fresh()
	if earlier, raced, _ := n.states.PeekOrAdd(name, fresh); raced {
		return earlier
	}
	return fresh
}

// limiters is one limit, applied to each name by itself.
type limiters struct {
	policy string // name in the RateLimit headers
	rate   Rate
	byName *names[*allowance]
}

// allowance is what one name may still do. A rate.Limiter that is asked for an
// earlier moment than the last one goes back to it and gives the time between
// out a second time; requests that come at once ask in any order.
type allowance struct {
	mu   sync.Mutex
	rate *rate.Limiter
	last time.Time
}

// take uses up one if it is there, and returns how many are left.
func (a *allowance) take(now time.Time) (left float64, ok bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if now.Before(a.last) {
		now = a.last
	}
	a.last = now
	ok = a.rate.AllowN(now, 1)
	return a.rate.TokensAt(now), ok
}

// newLimiters returns nil for no limit.
func newLimiters(policy string, r Rate) (*limiters, error) {
	if r == (Rate{}) {
		return nil, nil
	}
	byName, err := newNames(func() *allowance { return &allowance{rate: rate.NewLimiter(rate.Limit(r.PerSecond), r.Burst)} })
	return &limiters{policy, r, byName}, err
}

// take uses up one of what the name may do now. ok is false where nothing is
// left; wait is the time until there is.
func (l *limiters) take(name string, now time.Time) (left int, wait time.Duration, ok bool) {
	tokens, ok := l.byName.get(name).take(now)
	if !ok {
		wait = l.until(tokens)
	}
	return max(0, int(tokens)), wait, ok
}

// spent reports whether a name has nothing left, and the time until it has. It
// takes nothing, and remembers nobody who has taken nothing.
func (l *limiters) spent(name string, now time.Time) (wait time.Duration, yes bool) {
	known, ok := l.byName.states.Get(name)
	if !ok {
		return 0, false
	}
	tokens := known.rate.TokensAt(now)
	return l.until(tokens), tokens < 1
}

// until is the time until there is one again where so much is left.
func (l *limiters) until(tokens float64) time.Duration {
	return time.Duration((1 - tokens) / float64(l.rate.PerSecond) * float64(time.Second))
}

// limitExceeded is the error of a caller who asks too often.
func limitExceeded() *fault.Error {
	return fault.New(fault.Exhausted, "rate-limited", "too many requests; try again after the time in Retry-After")
}

// pace holds a caller to the limits of its own and of its advertiser, and says
// in the answer how much is left. Who has no right there, such as a suspended
// person, uses up nothing of an advertiser's.
func (c *call) pace() error {
	if err := c.spend(c.s.callers, c.who.name(), true); err != nil {
		return err
	}
	if advertiser := c.who.advertiser(); !advertiser.IsZero() && (c.who.isKey() || c.who.user.Status == tenant.UserActive) {
		return c.spend(c.s.tenants, advertiser.String(), true)
	}
	return nil
}

// stranger is refused as such, or for coming too often. How much is left is
// nothing a stranger is told: all refusals look the same.
func (c *call) stranger(refusal error) error {
	if err := c.spend(c.s.addresses, network(c.s.clientAddress(c.r)), false); err != nil {
		return err
	}
	return refusal
}

// spend takes one of what a limit leaves, and says so in the answer where told to.
func (c *call) spend(l *limiters, name string, tell bool) error {
	if l == nil {
		return nil
	}
	left, wait, ok := l.take(name, time.Now()) // a limit is of real time, whatever the reports are of
	h := c.w.Header()
	if tell {
		window := (l.rate.Burst + l.rate.PerSecond - 1) / l.rate.PerSecond // in which the whole burst comes back
		h.Add("RateLimit-Policy", `"`+l.policy+`";q=`+strconv.Itoa(l.rate.Burst)+`;w=`+strconv.Itoa(window))
		h.Add("RateLimit", `"`+l.policy+`";r=`+strconv.Itoa(left)+`;t=`+strconv.FormatInt(wholeSeconds(wait), 10))
	}
	if ok {
		return nil
	}
	c.retryIn(wait)
	return limitExceeded()
}

// retryIn tells a caller when to come again.
func (c *call) retryIn(wait time.Duration) {
	c.w.Header().Set("Retry-After", strconv.FormatInt(max(1, wholeSeconds(wait)), 10))
}

// wholeSeconds rounds up.
func wholeSeconds(d time.Duration) int64 { return int64((d + time.Second - 1) / time.Second) }

// network is what counts as one address: a host may have a whole /64 of IPv6.
func network(address netip.Addr) string {
	if address.Is6() {
		if prefix, err := address.Prefix(64); err == nil {
			return prefix.String()
		}
	}
	return address.String()
}

// missed notes that an address asked for a short code that leads nowhere, and
// reports whether it did so too often.
func (c *call) missed() bool { return c.stranger(nil) != nil }

// guesses reports whether an address has asked for so many codes that lead nowhere
// that it may ask for no further one for the moment, and says when it may. So a
// flood of guesses does not reach the database.
func (c *call) guesses() bool {
	if c.s.addresses == nil {
		return false
	}
	wait, spent := c.s.addresses.spent(network(c.s.clientAddress(c.r)), time.Now())
	if spent {
		c.retryIn(wait)
	}
	return spent
}

// tooOften is the page for them.
func (c *call) tooOften() {
	c.html(http.StatusTooManyRequests, "Too many requests", "Please try again in a moment.")
}
