package links

import (
	"net/url"
	"strings"
)

// RedirectURL returns where the link sends a shopper: its destination with the
// UTM values the destination's query does not name itself, and the link's code
// as ref_code. A ref_code in the destination's query gives way to it; all else
// of query and fragment keeps its bytes and its order.
//
// The parameters go before the fragment, so that [RefCodes] finds the code of
// the link first, whatever the fragment holds.
func (l Link) RedirectURL() string {
	rest, fragment, hasFragment := strings.Cut(l.Destination, "#")
	base, query, _ := strings.Cut(rest, "?")
	var out strings.Builder
	out.Grow(len(l.Destination) + 64)
	out.WriteString(base)
	separator := byte('?')
	add := func(part string) {
		out.WriteByte(separator)
		out.WriteString(part)
		separator = '&'
	}
	var named [5]bool
	utm := l.UTM.pairs()
	for part := range strings.SplitSeq(query, "&") {
		name, _, _ := strings.Cut(part, "=")
		name = formDecoded(name)
		if name == refCode {
			continue
		}
		for i, p := range utm {
			named[i] = named[i] || p.name == name
		}
		if query != "" {
			add(part)
		}
	}
	for i, p := range utm {
		if p.value != "" && !named[i] {
			add(p.name + "=" + url.QueryEscape(p.value))
		}
	}
	add(refCode + "=" + url.QueryEscape(string(l.Code)))
	if hasFragment {
		out.WriteByte('#')
		out.WriteString(fragment)
	}
	return out.String()
}
