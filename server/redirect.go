package server

import (
	"cmp"
	"html"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/superher/superher/fault"
	"github.com/superher/superher/links"
)

// What a shopper reads who cannot be sent on.
const (
	goneTitle = "Link not found"
	goneText  = "This link does not exist or is no longer in use."
	downTitle = "Please try again"
	downText  = "This link cannot be opened right now. Please try again in a moment."
)

// redirect sends a shopper to where a link leads. The click is taken note of
// without waiting for it to be stored.
func (s *server) redirect(c *call) error {
	code := c.params.ByName("code")
	if s.client.UnseenLink(code) && c.guesses() {
		c.tooOften()
		return nil
	}
	link, err := s.client.ResolveLink(c.r.Context(), code)
	if e := fault.Of(err); e != nil {
		c.stranded(e)
		return nil
	}
	s.keep(c.r.Context(), link, s.hit(c.r))
	c.w.Header().Set("Location", link.RedirectURL())
	c.w.Header().Set("Content-Length", "0")
	c.w.WriteHeader(http.StatusFound)
	return nil
}

// stranded answers a shopper who cannot be sent on. Unknown, disabled and
// malformed codes have one answer.
func (c *call) stranded(e *fault.Error) {
	if e.Code == fault.NotFound && c.missed() {
		c.tooOften()
		return
	}
	if e.Code == fault.NotFound {
		c.html(http.StatusNotFound, goneTitle, goneText)
		return
	}
	p := problemOf(e, c.w.id)
	c.logCause(e, p)
	c.w.Header().Set("Retry-After", strconv.Itoa(retryAfter))
	c.html(http.StatusServiceUnavailable, downTitle, downText)
}

// html writes a small page for people.
func (c *call) html(status int, title, text string) {
	title, text = html.EscapeString(title), html.EscapeString(text)
	c.send(status, "text/html; charset=utf-8", []byte("<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n"+
		"<meta name=\"viewport\" content=\"width=device-width\">\n<title>"+title+"</title>\n<h1>"+title+"</h1>\n<p>"+text+"</p>\n</html>\n"))
}

// hit returns what a request says about its visitor.
func (s *server) hit(r *http.Request) links.Hit {
	return links.Hit{
		At: s.now(), Method: r.Method, Address: s.clientAddress(r), UserAgent: first(r.Header["User-Agent"]), Referrer: first(r.Header["Referer"]),
		Purpose: cmp.Or(first(r.Header["Sec-Purpose"]), first(r.Header["Purpose"]), first(r.Header["X-Moz"]), first(r.Header["X-Purpose"])),
	}
}

// first returns the first value of a header, if it has any.
func first(values []string) string {
	if len(values) == 0 {
		return ""
	}
	return values[0]
}

// clientAddress returns the address of the visitor: the peer, or behind
// trusted proxies the right-most address in X-Forwarded-For that is not one of
// them. What stands further left anybody may have written. It is the invalid
// address where the connection has none.
func (s *server) clientAddress(r *http.Request) netip.Addr {
	client := parsePeer(r.RemoteAddr)
	if !s.trusts(client) {
		return client
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, hop := range slices.Backward(hops) {
		address := parseAddress(strings.TrimSpace(hop))
		if !address.IsValid() {
			return client // the last hop that can be told
		}
		if client = address; !s.trusts(client) {
			return client
		}
	}
	return client
}

// parsePeer is parseAddress for what net/http calls a peer, which mostly has a
// port.
func parsePeer(text string) netip.Addr {
	if pair, err := netip.ParseAddrPort(text); err == nil {
		return pair.Addr().Unmap().WithZone("")
	}
	return parseAddress(text)
}

// parseAddress reads an address with or without a port.
func parseAddress(text string) netip.Addr {
	if address, err := netip.ParseAddr(text); err == nil {
		return address.Unmap().WithZone("")
	}
	pair, err := netip.ParseAddrPort(text)
	if err != nil {
		return netip.Addr{}
	}
	return pair.Addr().Unmap().WithZone("")
}

func (s *server) trusts(address netip.Addr) bool {
	return slices.ContainsFunc(s.trusted, func(p netip.Prefix) bool { return p.Contains(address) })
}
