package clicks_test

import (
	"bytes"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/superher/superher/clicks"
	"github.com/superher/superher/fault"
	"github.com/superher/superher/links"
	"github.com/superher/superher/tenant"
)

const phone = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 Instagram 380.0.0.28.104"

var key = []byte("0123456789abcdef0123456789abcdef")

func newSealer(t require.TestingT, key []byte) *clicks.Sealer {
	s, err := clicks.NewSealer(key)
	require.NoError(t, err)
	return s
}

func aVisit() clicks.Visit {
	return clicks.Visit{
		ID: links.ClickID{1}, Advertiser: tenant.ID{2}, Link: links.ID{3},
		Hit: links.Hit{
			At: time.Date(2026, 3, 1, 12, 0, 0, 123_456_000, time.UTC), Method: "GET", Address: netip.MustParseAddr("2001:db8:85a3::8a2e:370:7334"),
			UserAgent: phone, Referrer: "https://l.instagram.com/?u=x", Country: "DE",
		},
	}
}

func drawVisit(t *rapid.T) clicks.Visit {
	id := func(name string) [16]byte { return [16]byte(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, name)) }
	text := func(name string, most int) string {
		return string(rapid.SliceOfN(rapid.Byte(), 0, most).Draw(t, name)) // as a header may have it: no UTF-8 maybe
	}
	address := netip.Addr{}
	switch rapid.IntRange(0, 4).Draw(t, "family") {
	case 1:
		address = netip.AddrFrom4([4]byte(rapid.SliceOfN(rapid.Byte(), 4, 4).Draw(t, "v4")))
	case 2:
		address = netip.AddrFrom16(id("v6"))
	case 3:
		address = netip.AddrFrom16([16]byte{10: 0xff, 11: 0xff, 12: 10, 15: rapid.Byte().Draw(t, "mapped")})
	case 4:
		address = netip.AddrFrom16(id("zoned")).WithZone(rapid.StringMatching(`[a-z0-9]{1,32}`).Draw(t, "zone"))
	}
	at := time.Time{}
	if rapid.Bool().Draw(t, "has a time") {
		at = time.Unix(rapid.Int64Range(-62135596800, 253402300799).Draw(t, "at"), rapid.Int64Range(0, 999_999_999).Draw(t, "ns")).UTC()
	}
	return clicks.Visit{ID: id("id"), Advertiser: id("advertiser"), Link: id("link"), Hit: links.Hit{
		At: at, Method: text("method", clicks.MaxMethod), Address: address, UserAgent: text("agent", 300),
		Referrer: text("referrer", clicks.MaxReferrer), Purpose: text("purpose", clicks.MaxPurpose), Country: text("country", clicks.MaxCountry),
	}}
}

func TestSealer_RoundTrip(t *testing.T) {
	sealer, other := newSealer(t, key), newSealer(t, key)
	rapid.Check(t, func(t *rapid.T) {
		v := drawVisit(t)
		prefix := rapid.SliceOfN(rapid.Byte(), 0, 8).Draw(t, "prefix")
		sealed := sealer.Seal(bytes.Clone(prefix), v)
		require.Equal(t, prefix, append([]byte{}, sealed[:len(prefix)]...))
		sealed = sealed[len(prefix):]
		require.GreaterOrEqual(t, len(sealed), clicks.MinSealed)
		require.LessOrEqual(t, len(sealed), clicks.MaxSealed)
		for _, opener := range []*clicks.Sealer{sealer, other} {
			got, err := opener.Open(sealed)
			require.NoError(t, err)
			require.Equal(t, v, got)
		}
	})
}

func TestSealer_LengthsOnBothSides(t *testing.T) {
	sealer := newSealer(t, key)
	require.Len(t, sealer.Seal(nil, clicks.Visit{}), clicks.MinSealed)

	v := aVisit()
	v.Hit.Method, v.Hit.UserAgent = strings.Repeat("m", clicks.MaxMethod), strings.Repeat("a", clicks.MaxUserAgent)
	v.Hit.Referrer, v.Hit.Purpose = strings.Repeat("r", clicks.MaxReferrer), strings.Repeat("p", clicks.MaxPurpose)
	v.Hit.Country, v.Hit.Address = strings.Repeat("c", clicks.MaxCountry), v.Hit.Address.WithZone(strings.Repeat("z", clicks.MaxZone))
	sealed := sealer.Seal(nil, v)
	require.Len(t, sealed, clicks.MaxSealed)
	got, err := sealer.Open(sealed)
	require.NoError(t, err)
	require.Equal(t, v, got)

	longer := v
	longer.Hit.Method += "m"
	longer.Hit.UserAgent += "a"
	longer.Hit.Referrer += "r"
	longer.Hit.Purpose += "p"
	longer.Hit.Country += "c"
	longer.Hit.Address = longer.Hit.Address.WithZone(strings.Repeat("z", clicks.MaxZone+1))
	got, err = sealer.Open(sealer.Seal(nil, longer))
	require.NoError(t, err)
	require.Equal(t, v, got)
}

// What is derived from a hit stays the same when its texts are cut.
func TestSealer_CuttingChangesNoVerdict(t *testing.T) {
	sealer := newSealer(t, key)
	rapid.Check(t, func(t *rapid.T) {
		v := aVisit()
		fill := rapid.SampledFrom([]string{"a", "é", "€", "😀", "\xbf", "%41", "/x"}).Draw(t, "fill")
		v.Hit.UserAgent = phone + strings.Repeat("x", rapid.IntRange(0, 3).Draw(t, "shift")) + strings.Repeat(fill, rapid.IntRange(0, 9000/len(fill)).Draw(t, "agent"))
		v.Hit.Referrer = rapid.SampledFrom([]string{"https://l.instagram.com", "http://EXAMPLE.com:8080", "https://[2001:db8::1]", "android-app://com.x", "no-url"}).Draw(t, "origin") +
			rapid.SampledFrom([]string{"", "/", "?u=", "#"}).Draw(t, "begins") + strings.Repeat(fill, rapid.IntRange(0, 2000/len(fill)).Draw(t, "referrer"))
		got, err := sealer.Open(sealer.Seal(nil, v))
		require.NoError(t, err)
		wantClass, wantReason := links.Classify(v.Hit)
		class, reason := links.Classify(got.Hit)
		require.Equal(t, []string{string(wantClass), wantReason}, []string{string(class), reason})
		require.Equal(t, links.AgentFamily(v.Hit.UserAgent), links.AgentFamily(got.Hit.UserAgent))
		if want := links.ReferrerHost(v.Hit.Referrer); want != "" {
			require.Equal(t, want, links.ReferrerHost(got.Hit.Referrer))
		}
		require.True(t, utf8.ValidString(got.Hit.UserAgent) || !utf8.ValidString(v.Hit.UserAgent), "no character is cut in two")
		require.True(t, utf8.ValidString(got.Hit.Referrer) || !utf8.ValidString(v.Hit.Referrer))
	})
}

func TestSealer_NothingStandsInClear(t *testing.T) {
	sealer := newSealer(t, key)
	v := aVisit()
	sealed := sealer.Seal(nil, v)
	address := v.Hit.Address.As16()
	for what, text := range map[string]string{
		"address": string(address[:]), "half of the address": string(address[8:]), "address in text": v.Hit.Address.String(),
		"agent": "Instagram", "referrer": "l.instagram", "link": string(v.Link[:]),
	} {
		require.NotContains(t, string(sealed), text, what)
	}
	require.NotEqual(t, sealed[25:], sealer.Seal(nil, v)[25:], "the same visit twice looks different")
}

func TestSealer_AnotherKeyOpensNothing(t *testing.T) {
	sealed := newSealer(t, key).Seal(nil, aVisit())
	for i := range key {
		other := bytes.Clone(key)
		other[i] ^= 1
		_, err := newSealer(t, other).Open(sealed)
		require.True(t, fault.HasReason(err, "sealed-visit"))
	}
}

func TestNewSealer_TakesKeysOf32BytesOnly(t *testing.T) {
	for _, length := range []int{0, 16, clicks.KeySize - 1, clicks.KeySize + 1, 64} {
		_, err := clicks.NewSealer(make([]byte, length))
		require.True(t, fault.HasReason(err, "clicks-key-length"), length)
	}
	newSealer(t, make([]byte, clicks.KeySize))
}

func TestSealer_EveryChangedBitIsRefused(t *testing.T) {
	sealer := newSealer(t, key)
	sealed := sealer.Seal(nil, aVisit())
	for i := range len(sealed) * 8 {
		changed := bytes.Clone(sealed)
		changed[i/8] ^= 1 << (i % 8)
		got, err := sealer.Open(changed)
		require.True(t, fault.HasReason(err, "sealed-visit"), "bit %d", i)
		require.Zero(t, got)
	}
	for n := range sealed {
		_, err := sealer.Open(sealed[:n])
		require.True(t, fault.HasReason(err, "sealed-visit"), "cut to %d", n)
	}
	_, err := sealer.Open(append(bytes.Clone(sealed), 0))
	require.True(t, fault.HasReason(err, "sealed-visit"))
}

func TestSealer_NoTwoSealsShareANonce(t *testing.T) {
	var mu sync.Mutex
	heads := map[[25]byte]bool{}
	var wg sync.WaitGroup
	for range 4 {
		sealer := newSealer(t, key)
		for range 4 {
			wg.Go(func() {
				for range 500 {
					head := [25]byte(sealer.Seal(nil, clicks.Visit{}))
					mu.Lock()
					heads[head] = true
					mu.Unlock()
				}
			})
		}
	}
	wg.Wait()
	require.Len(t, heads, 4*4*500)
}

func TestSealer_OpensWhatManySendersSealed(t *testing.T) {
	opener := newSealer(t, key)
	for i := range 600 { // more than it remembers
		v := aVisit()
		v.ID[15] = byte(i)
		sealed := newSealer(t, key).Seal(nil, v)
		for range 2 {
			got, err := opener.Open(sealed)
			require.NoError(t, err)
			require.Equal(t, v, got)
		}
	}
}

func FuzzSealer_Open(f *testing.F) {
	sealer := newSealer(f, key)
	sealed := sealer.Seal(nil, aVisit())
	f.Add([]byte{})
	f.Add(bytes.Clone(sealed))
	f.Add(sealed[:clicks.MinSealed])
	f.Add(bytes.Repeat([]byte{1}, clicks.MaxSealed))
	f.Fuzz(func(t *testing.T, b []byte) {
		v, err := sealer.Open(b)
		if err != nil {
			require.True(t, fault.HasReason(err, "sealed-visit"))
			require.Zero(t, v)
		}
	})
}

func BenchmarkSealer_Seal(b *testing.B) {
	sealer, v := newSealer(b, key), aVisit()
	var dst []byte
	b.ReportAllocs()
	for b.Loop() {
		dst = sealer.Seal(dst[:0], v)
	}
	b.SetBytes(int64(len(dst)))
}

func BenchmarkSealer_Open(b *testing.B) {
	sealer := newSealer(b, key)
	sealed := sealer.Seal(nil, aVisit())
	b.ReportAllocs()
	for b.Loop() {
		if _, err := sealer.Open(sealed); err != nil {
			b.Fatal(err)
		}
	}
}
