package clicks

import (
	"net/netip"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/links"
)

// What somebody encodes who knows the key but is another program.
func FuzzParseVisit(f *testing.F) {
	f.Add([]byte{})
	f.Add(appendVisit(nil, &Visit{Hit: links.Hit{Method: "GET", UserAgent: "x", Address: netip.MustParseAddr("fe80::1%eth0")}}))
	f.Add(make([]byte, fixedSize+5))
	f.Fuzz(func(t *testing.T, b []byte) {
		v, ok := parseVisit(b)
		if !ok {
			return
		}
		again, ok := parseVisit(appendVisit(nil, &v))
		require.True(t, ok)
		if len(b) <= MaxPurpose { // nothing in it can be longer than its limit but short texts
			v.Hit.Method, again.Hit.Method = "", ""
			v.Hit.Country, again.Hit.Country = "", ""
			v.Hit.Address, again.Hit.Address = netip.Addr{}, netip.Addr{}
			require.Equal(t, v, again)
		}
	})
}

func TestParseVisit_RefusesWhatAppendVisitDoesNotWrite(t *testing.T) {
	good := appendVisit(nil, &Visit{Hit: links.Hit{Method: "GET", Address: netip.MustParseAddr("192.0.2.1")}})
	_, ok := parseVisit(good)
	require.True(t, ok)
	change := func(at int, to byte) []byte {
		b := append([]byte{}, good...)
		b[at] = to
		return b
	}
	for name, bad := range map[string][]byte{
		"empty": {}, "another version": change(0, encodingVersion+1), "a billion nanoseconds": change(57, 0xff),
		"an address of five bytes": change(61, 5), "an address beyond the end": change(61, 200), "a text beyond the end": change(66, 200),
		"a length without end": append(slices.Clone(good[:len(good)-1]), 0x80, 0x80, 0x80), "a byte too many": append(slices.Clone(good), 0), "cut": good[:len(good)-1],
	} {
		_, ok := parseVisit(bad)
		require.False(t, ok, name)
	}
}
