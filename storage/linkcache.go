package storage

import "github.com/superher/superher/links"

// LinkCache is what the [System] of a store may be as well: one that keeps links
// in memory and can tell of some without waiting for anything. Redirects ask it
// first and LinkByCode only where it does not know.
type LinkCache interface {
	// KnownLink returns the link of a short code, whatever its status, and its
	// links.Link.RedirectURL, if it is known at once and not older than the store
	// promises. It never blocks and is safe for concurrent use.
	KnownLink(code links.Code) (link links.Link, redirectURL string, known bool)
	// SeenLink reports whether the link of a code is in memory, however old what is
	// known of it may be: LinkByCode may still have to ask for it anew, but whoever
	// names the code does not guess. It never blocks and is safe for concurrent use.
	SeenLink(code links.Code) bool
}
