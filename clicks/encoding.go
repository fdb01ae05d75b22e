package clicks

import (
	"encoding/binary"
	"net/netip"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/superher/superher/links"
)

// How much of a visit's texts is sealed, in bytes. What is longer is cut, as
// [Sealer] says; browsers stay far below.
const (
	// MaxUserAgent leaves room for a cut character, so that an agent over
	// links.MaxAgent is still over it when cut, and judged as before.
	MaxUserAgent = links.MaxAgent + utf8.UTFMax
	MaxReferrer  = 1024
	MaxPurpose   = 256
	MaxMethod    = 16
	MaxCountry   = 8
	MaxZone      = 32 // of an IPv6 address
)

// Layout of an encoded visit.
const (
	encodingVersion = 1
	fixedSize       = 1 + 3*16 + 8 + 4 + 1 // version, ids, seconds, nanoseconds, length of the address
	maxLengths      = 1 + 2 + 2 + 2 + 1    // of the five texts
	maxTexts        = MaxMethod + MaxUserAgent + MaxReferrer + MaxPurpose + MaxCountry
	maxEncoded      = fixedSize + 16 + MaxZone + maxLengths + maxTexts
)

// appendVisit appends the encoding of a visit: at most maxEncoded bytes.
func appendVisit(dst []byte, v *Visit) []byte {
	dst = append(dst, encodingVersion)
	dst = append(dst, v.ID[:]...)
	dst = append(dst, v.Advertiser[:]...)
	dst = append(dst, v.Link[:]...)
	dst = binary.BigEndian.AppendUint64(dst, uint64(v.Hit.At.Unix()))
	dst = binary.BigEndian.AppendUint32(dst, uint32(v.Hit.At.Nanosecond()))
	dst = appendAddress(dst, v.Hit.Address)
	dst = appendText(dst, cut(v.Hit.Method, MaxMethod))
	dst = appendText(dst, cut(v.Hit.UserAgent, MaxUserAgent))
	dst = appendText(dst, cutReferrer(v.Hit.Referrer))
	dst = appendText(dst, cut(v.Hit.Purpose, MaxPurpose))
	return appendText(dst, cut(v.Hit.Country, MaxCountry))
}

func appendAddress(dst []byte, a netip.Addr) []byte {
	if zone := a.Zone(); len(zone) > MaxZone {
		a = a.WithZone(cut(zone, MaxZone))
	}
	at := len(dst)
	dst, _ = a.AppendBinary(append(dst, 0)) // never fails
	dst[at] = byte(len(dst) - at - 1)
	return dst
}

func appendText(dst []byte, text string) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(text))), text...)
}

// cut returns the beginning of a text: at most limit bytes, without a part of
// a character at the end. Text that is no UTF-8 loses three bytes at most.
func cut(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	for end := limit; end > limit-utf8.UTFMax; end-- {
		if utf8.RuneStart(text[end]) {
			return text[:end]
		}
	}
	return text[:limit]
}

// cutReferrer cuts a long referrer before its path, so that its host, which is
// all that is asked of it, is still told from a URL that parses.
func cutReferrer(referrer string) string {
	if len(referrer) <= MaxReferrer {
		return referrer
	}
	if scheme, rest, found := strings.Cut(referrer, "://"); found {
		if end := strings.IndexAny(rest, "/?#"); end >= 0 {
			referrer = referrer[:len(scheme)+len("://")+end]
		}
	}
	return cut(referrer, MaxReferrer)
}

// parseVisit reads what appendVisit wrote and nothing else.
func parseVisit(b []byte) (Visit, bool) {
	if len(b) < fixedSize || b[0] != encodingVersion {
		return Visit{}, false
	}
	v := Visit{ID: links.ClickID(b[1:17])}
	copy(v.Advertiser[:], b[17:33])
	copy(v.Link[:], b[33:49])
	nanoseconds := binary.BigEndian.Uint32(b[57:61])
	if nanoseconds >= uint32(time.Second) {
		return Visit{}, false
	}
	v.Hit.At = time.Unix(int64(binary.BigEndian.Uint64(b[49:57])), int64(nanoseconds)).UTC()
	size, b := int(b[61]), b[fixedSize:]
	if size > len(b) || v.Hit.Address.UnmarshalBinary(b[:size]) != nil {
		return Visit{}, false
	}
	rest := string(b[size:]) // one copy for all texts
	for _, text := range []*string{&v.Hit.Method, &v.Hit.UserAgent, &v.Hit.Referrer, &v.Hit.Purpose, &v.Hit.Country} {
		var ok bool
		if *text, rest, ok = nextText(rest); !ok {
			return Visit{}, false
		}
	}
	return v, rest == ""
}

func nextText(s string) (text, rest string, ok bool) {
	size, n := binary.Uvarint([]byte(s[:min(len(s), 2)])) // two bytes hold more than any limit
	if n <= 0 || size > uint64(len(s)-n) {
		return "", "", false
	}
	return s[n : n+int(size)], s[n+int(size):], true
}
