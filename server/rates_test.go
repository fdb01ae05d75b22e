package server_test

import (
	"context"
	"net/http"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/fault"
	"github.com/superher/superher/links"
	"github.com/superher/superher/server"
	"github.com/superher/superher/storage"
	"github.com/superher/superher/tenant"
)

// limited sets the rates of a world.
func limited(r server.Rates) func(*server.Config, *storage.Store) {
	return func(c *server.Config, _ *storage.Store) { c.Rates = &r }
}

var (
	// RFC 9651: a string, then parameters whose values are integers.
	rateItem  = regexp.MustCompile(`^"(caller|tenant)";r=(0|[1-9][0-9]{0,14});t=(0|[1-9][0-9]{0,14})$`)
	ratePlan  = regexp.MustCompile(`^"(caller|tenant)";q=([1-9][0-9]{0,14});w=([1-9][0-9]{0,14})$`)
	retryText = regexp.MustCompile(`^[1-9]\d*$`)
)

func TestRates_ABurstOfTenTimesTheLimitIsHeldToIt(t *testing.T) {
	const burst, perSecond = 200, 20
	w := newWorld(t, limited(server.Rates{Caller: server.Rate{PerSecond: perSecond, Burst: burst}}))
	key := w.a.keyFor(tenant.CampaignsRead)
	began := time.Now()
	answers := together(10*burst, func(int) answer { return w.call(get, "/campaigns", key, "") })
	most := float64(burst) + time.Since(began).Seconds()*perSecond
	accepted, refused := count(answers, http.StatusOK), count(answers, http.StatusTooManyRequests)
	require.Equal(t, 10*burst, accepted+refused, "and nothing else")
	require.GreaterOrEqual(t, accepted, burst)
	require.LessOrEqual(t, float64(accepted), most*1.05+1)
	for _, a := range answers {
		require.Regexp(t, rateItem, a.header.Get("RateLimit"))
		require.Regexp(t, ratePlan, a.header.Get("RateLimit-Policy"))
		if a.status == http.StatusTooManyRequests {
			require.Regexp(t, retryText, a.header.Get("Retry-After"))
			require.Equal(t, "rate-limited", a.object().str("reason"))
		} else {
			require.Empty(t, a.header.Get("Retry-After"))
		}
	}
}

func TestRates_HeadersSayWhatIsLeft(t *testing.T) {
	w := newWorld(t, limited(server.Rates{Caller: server.Rate{PerSecond: 1, Burst: 3}, Tenant: server.Rate{PerSecond: 1, Burst: 100}}))
	for left := 2; left >= 0; left-- {
		got := w.call(get, "/campaigns", w.a.key, "")
		require.Equal(t, 200, got.status)
		require.Equal(t, []string{`"caller";q=3;w=3`, `"tenant";q=100;w=100`}, got.header.Values("RateLimit-Policy"))
		require.Equal(t, `"caller";r=`+strconv.Itoa(left)+`;t=0`, got.header.Values("RateLimit")[0])
		require.Regexp(t, rateItem, got.header.Values("RateLimit")[1])
	}
	got := w.call(get, "/campaigns", w.a.key, "")
	require.Equal(t, 429, got.status)
	require.Equal(t, `"caller";r=0;t=1`, got.header.Get("RateLimit"))
	require.Equal(t, "1", got.header.Get("Retry-After"))
	require.Empty(t, w.call(get, "/campaigns", "", "").header.Values("RateLimit"), "a stranger is told nothing")
}

func TestRates_OneTenantCannotUseUpWhatIsAnothers(t *testing.T) {
	w := newWorld(t, limited(server.Rates{Caller: server.Rate{PerSecond: 1, Burst: 40}, Tenant: server.Rate{PerSecond: 1, Burst: 60}}))
	first, second := w.a.keyFor(tenant.CampaignsRead), w.a.keyFor(tenant.CampaignsRead)
	b := w.b.keyFor(tenant.CampaignsRead)
	answers := together(120, func(i int) answer {
		return w.call(get, "/campaigns", []string{first, second, b}[i%3], "")
	})
	ok := map[int]int{}
	for i, a := range answers {
		if a.status == http.StatusOK {
			ok[i%3]++
		}
	}
	require.Equal(t, 40, ok[2], "the other tenant is refused nothing")
	require.InDelta(t, 60, ok[0]+ok[1], 4, "one tenant over two keys")
	require.Equal(t, http.StatusTooManyRequests, w.call(get, "/campaigns", w.a.person("jess"), "").status, "people count to their brand")
	require.Equal(t, http.StatusOK, w.call(get, "/advertisers", w.admin(), "").status, "an admin counts to none")
}

func TestRates_WhoHasNoRightsCannotUseUpWhatIsTheBrands(t *testing.T) {
	w := newWorld(t, limited(server.Rates{Tenant: server.Rate{PerSecond: 1, Burst: 5}}))
	gone := w.someone("gone", tenant.UserChange{Status: new(tenant.UserSuspended), Role: new(tenant.RoleAdvertiser), Advertiser: &w.a.id})
	for range 20 {
		require.Equal(t, http.StatusForbidden, w.call(get, "/campaigns", gone, "").status)
	}
	require.Equal(t, http.StatusOK, w.call(get, "/campaigns", w.a.key, "").status)
}

func TestRates_AFloodOfBadCredentialsIsHeldBack(t *testing.T) {
	w := newWorld(t, limited(server.Rates{Address: server.Rate{PerSecond: 1, Burst: 50}}))
	answers := together(500, func(int) answer { return w.call(get, "/campaigns", "sk_live_x", "") })
	require.InDelta(t, 50, count(answers, http.StatusUnauthorized), 5)
	for _, a := range answers {
		require.Contains(t, []int{401, 429}, a.status)
		if a.status == 429 {
			require.Regexp(t, retryText, a.header.Get("Retry-After"))
		}
	}
	require.Equal(t, http.StatusOK, w.call(get, "/campaigns", w.a.key, "").status, "who has a key is served from there all the same")
	for _, path := range []string{"/exports/" + strings.Repeat("x", 43), "/me"} {
		require.Equal(t, http.StatusTooManyRequests, w.call(get, path, "", "").status, path)
	}
}

func TestRates_TenThousandGuessesGetUnderTwoHundredAnswers(t *testing.T) {
	w := newWorld(t)
	s := w.a.scene("JESSICA20")
	handler := w.Config.Handler
	answered, redirected := 0, 0
	for i := range 10_000 {
		rec := newRecorder()
		handler.ServeHTTP(rec, request(t, "/r/guess"+strconv.Itoa(i), "203.0.113.9:4711"))
		switch rec.Code {
		case http.StatusNotFound:
			answered++
		case http.StatusTooManyRequests:
			require.Regexp(t, retryText, rec.Header().Get("Retry-After"))
			require.Equal(t, "text/html; charset=utf-8", rec.Header().Get("Content-Type"))
		default:
			t.Fatalf("guess %d: %d", i, rec.Code)
		}
		if i%1000 == 0 {
			rec = newRecorder()
			handler.ServeHTTP(rec, request(t, "/r/"+s.linkCode, "203.0.113.9:4711"))
			require.Equal(t, http.StatusFound, rec.Code, "a shopper is never stranded")
			redirected++
		}
	}
	require.Less(t, answered, 200)
	require.Equal(t, 10, redirected)
	rec := newRecorder()
	handler.ServeHTTP(rec, request(t, "/r/guess", "203.0.113.10:4711"))
	require.Equal(t, http.StatusNotFound, rec.Code, "another address")
}

func TestRates_AnAddressIsAHostsWholeNetwork(t *testing.T) {
	for _, c := range []struct {
		name, first, second string
		one                 bool
	}{
		{"the same /64", "[2001:db8:1:2::1]:1", "[2001:db8:1:2:ffff:ffff:ffff:ffff]:2", true},
		{"another /64", "[2001:db8:1:2::1]:1", "[2001:db8:1:3::1]:1", false},
		{"zones are no address", "[fe80::1%eth0]:1", "[fe80::2%eth1]:1", true},
		{"IPv4 neighbours", "203.0.113.1:1", "203.0.113.2:1", false},
		{"mapped IPv4 is IPv4", "[::ffff:203.0.113.1]:1", "203.0.113.1:9", true},
		{"mapped IPv4 neighbours", "[::ffff:203.0.113.1]:1", "[::ffff:203.0.113.2]:1", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, limited(server.Rates{Address: server.Rate{PerSecond: 1, Burst: 1}}))
			codes := make([]int, 2)
			for i, from := range []string{c.first, c.second} {
				rec := newRecorder()
				w.Config.Handler.ServeHTTP(rec, request(t, "/r/nothing", from))
				codes[i] = rec.Code
			}
			require.Equal(t, http.StatusNotFound, codes[0])
			require.Equal(t, c.one, codes[1] == http.StatusTooManyRequests, codes[1])
		})
	}
}

func TestRates_ForwardedAddressesCountOnlyBehindATrustedProxy(t *testing.T) {
	for _, trusted := range []bool{false, true} {
		w := newWorld(t, func(c *server.Config, _ *storage.Store) {
			c.Rates = &server.Rates{Address: server.Rate{PerSecond: 1, Burst: 2}}
			if trusted {
				c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
			}
		})
		limitedOnes := 0
		for i := range 10 {
			if w.do(get, "/r/nothing", "", "", "X-Forwarded-For", "203.0.113."+strconv.Itoa(i)).status == 429 {
				limitedOnes++
			}
		}
		require.Equal(t, !trusted, limitedOnes > 0)
		for range 5 {
			w.do(get, "/r/nothing", "", "", "X-Forwarded-For", "1.2.3.4, 203.0.113.77")
		}
		require.Equal(t, 429, w.do(get, "/r/nothing", "", "", "X-Forwarded-For", "9.9.9.9, 203.0.113.77").status, "what stands further left anybody may have written")
	}
}

func TestRates_OfTheConfigAreChecked(t *testing.T) {
	for _, bad := range []server.Rate{{PerSecond: 1}, {Burst: 1}, {PerSecond: -1, Burst: 1}, {PerSecond: 1, Burst: -1}} {
		_, err := server.New(server.Config{Rates: &server.Rates{Caller: bad, Tenant: bad, Address: bad}})
		names := []string{}
		for _, f := range fault.Of(err).Fields {
			names = append(names, f.Name)
		}
		require.Subset(t, names, []string{"Rates.Caller", "Rates.Tenant", "Rates.Address"})
	}
}

func TestRates_EveryRefusalOfAStrangerCounts(t *testing.T) {
	w := newWorld(t, func(c *server.Config, _ *storage.Store) {
		c.Rates = &server.Rates{Address: server.Rate{PerSecond: 1, Burst: 3}}
		c.Metrics, c.MetricsToken = http.NotFoundHandler(), "the-token"
	})
	for i, header := range []string{"", "Basic x", "Bearer wrong", "", "Bearer", "Bearer wrong"} {
		status := w.do(get, "/metrics", "", "", "Authorization", header).status
		if i < 3 {
			require.Equal(t, http.StatusUnauthorized, status, header)
		} else {
			require.Equal(t, http.StatusTooManyRequests, status, header)
		}
	}
	require.Equal(t, http.StatusNotFound, w.do(get, "/metrics", "the-token", "").status)
}

// asked counts the lookups of links that reach a store.
type asked struct {
	storage.Store
	n *atomic.Int64
}

type askedSystem struct {
	storage.System
	n *atomic.Int64
}

func (a asked) System() storage.System { return askedSystem{a.Store.System(), a.n} }

func (a askedSystem) LinkByCode(ctx context.Context, code links.Code) (links.Link, error) {
	a.n.Add(1)
	return a.System.LinkByCode(ctx, code)
}

// A flood of guesses does not reach the database, and shoppers who share the
// address of the guesser are sent on all the same.
func TestRates_GuessesBeyondTheLimitAreNotLookedUp(t *testing.T) {
	var lookups atomic.Int64
	w := newWorld(t, func(c *server.Config, store *storage.Store) {
		c.Rates = &server.Rates{Address: server.Rate{PerSecond: 1, Burst: 50}}
		*store = asked{*store, &lookups}
	}, cached(t))
	s, unseen := w.a.scene("JESSICA20"), w.a.scene("MARK20")
	ask := func(code, from string) int {
		rec := newRecorder()
		w.Config.Handler.ServeHTTP(rec, request(t, "/r/"+code, from))
		if rec.Code == http.StatusTooManyRequests {
			require.Regexp(t, retryText, rec.Header().Get("Retry-After"))
			require.Equal(t, "text/html; charset=utf-8", rec.Header().Get("Content-Type"))
		}
		return rec.Code
	}
	const guesser, other = "203.0.113.9:4711", "203.0.113.10:4711"
	require.Equal(t, http.StatusFound, ask(s.linkCode, guesser))
	before, began := lookups.Load(), time.Now()
	for i := range 2000 {
		ask("guess"+strconv.Itoa(i), guesser)
	}
	most := 50 + int64(time.Since(began).Seconds()) + 1
	require.GreaterOrEqual(t, lookups.Load()-before, int64(50))
	require.LessOrEqual(t, lookups.Load()-before, most)
	require.Equal(t, http.StatusFound, ask(s.linkCode, guesser), "a link that is known is no guess")
	require.Equal(t, http.StatusNotFound, ask("guess", other), "another address")
	require.Equal(t, http.StatusFound, ask(unseen.linkCode, other))
	require.Equal(t, http.StatusFound, ask(unseen.linkCode, guesser), "once somebody has asked for it")
}
