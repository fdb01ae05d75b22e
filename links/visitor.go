package links

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"net/url"
	"strings"

	"github.com/superher/superher/tenant"
)

// SaltSize is the length of a salt in bytes.
const SaltSize = 16

// Salt is the random secret under which the visitors of one advertiser and day
// get their pseudonyms. Once it is deleted, nobody can tell who they were.
type Salt [SaltSize]byte

// maxHost is the length of the longest host name of the DNS, in bytes.
const maxHost = 253

// VisitorOf returns the pseudonym of the person behind a hit: an HMAC-SHA256
// of advertiser, address and agent under the salt, cut to 16 bytes. An IPv4
// address and its IPv6-mapped form are the same person.
func VisitorOf(salt []byte, advertiser tenant.ID, h Hit) Visitor {
	mac := hmac.New(sha256.New, salt)
	address, _ := h.Address.Unmap().MarshalBinary() // never fails; empty for the zero address
	for _, part := range [][]byte{advertiser[:], address, []byte(h.UserAgent)} {
		var length [8]byte // keeps two inputs from meeting in one concatenation
		binary.BigEndian.PutUint64(length[:], uint64(len(part)))
		mac.Write(length[:])
		mac.Write(part)
	}
	return Visitor(mac.Sum(nil)[:16])
}

// ReferrerHost returns the host of a Referer header in lower case, without
// port, or "" where the header is not an absolute http(s) URL or its host is
// not a domain name or address in ASCII of at most 253 bytes.
func ReferrerHost(referrer string) string {
	u, err := url.Parse(referrer)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" {
		return ""
	}
	host := strings.ToLower(u.Hostname())
	if len(host) > maxHost {
		return ""
	}
	for i := range len(host) {
		if c := host[i]; !alphanumeric(c) && strings.IndexByte(".-_:", c) < 0 {
			return ""
		}
	}
	return host
}

// Click makes what is stored of a hit on the link. Address and full agent text
// do not reach it. The class is never Duplicate; see [MarkDuplicates].
func (l Link) Click(id ClickID, h Hit, v Visitor) Click {
	class, reason := Classify(h)
	return Click{
		ID: id, Advertiser: l.Advertiser, Link: l.ID, Campaign: l.Campaign, Influencer: l.Influencer,
		At: h.At, Visitor: v, Agent: AgentFamily(h.UserAgent), Referrer: ReferrerHost(h.Referrer),
		Country: country(h.Country), Class: class, Reason: reason,
	}
}

// country returns the code if it has the form of ISO 3166-1 alpha-2. A
// resolver's oddities ("T1", "-") must not end up as countries in a report.
func country(code string) string {
	if len(code) != 2 || code[0] < 'A' || code[0] > 'Z' || code[1] < 'A' || code[1] > 'Z' {
		return ""
	}
	return code
}
