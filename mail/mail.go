package mail

import (
	"context"
	stdmail "net/mail"
	"strings"
	"unicode"

	"github.com/superher/superher/fault"
)

// Limits of a message.
const (
	MaxAddress = 254      // bytes of an address, RFC 5321
	MaxName    = 200      // characters of a display name
	MaxSubject = 200      // characters
	MaxBody    = 1 << 20  // bytes of each of Text and HTML
	MaxInline  = 10       // inline parts
	MaxTotal   = 10 << 20 // bytes of both bodies and all inline parts
)

// Reasons of a failed [Sender.Send] that say whether trying again can harm.
const (
	ReasonNotSent        = "mail-not-sent"        // surely not accepted; trying again later is safe
	ReasonOutcomeUnknown = "mail-outcome-unknown" // may have been accepted; trying again may deliver it twice
	ReasonRefused        = "mail-refused"         // refused for good; trying again cannot help
	ReasonRateLimited    = "mail-rate-limited"    // surely not accepted; the provider asks to slow down
)

// Sender hands messages to a mail system. An adapter implements it for one.
//
// Implementations are safe for concurrent use.
type Sender interface {
	// Send hands over one message. A nil error means that the mail system took
	// responsibility for it, not that somebody received it; the receipt then
	// holds the system's own id.
	//
	// There is one attempt per call: no mail system here can tell a repeated
	// message from a second one, so an implementation never sends again by
	// itself once a byte of the message has left.
	//
	// A message that [Message.Check] refuses is that fault.Invalid error, and
	// nothing is sent. A message or recipient that the mail system refuses for
	// good is fault.Invalid "mail-refused". A limit of the provider is
	// fault.Exhausted "mail-rate-limited". A mail system that cannot be reached,
	// or that refuses for now, is fault.Unavailable "mail-not-sent": the message
	// was surely not accepted. A connection lost, or a ctx that ended, after the
	// message may have been accepted is fault.Unavailable "mail-outcome-unknown".
	// A ctx that had already ended is fault.Unavailable "mail-not-sent".
	//
	// Errors never hold the message's text.
	Send(ctx context.Context, message Message) (Receipt, error)
}

// Receipt says what the mail system called the message it accepted.
type Receipt struct {
	ID string // the mail system's id, for its log; may be empty where it gives none
}

// Address is a mailbox.
type Address struct {
	Name  string // display name; may be empty
	Email string // plain address: "jessica@example.com"
}

// Message is one message to one recipient. Values are not changed by a Sender.
type Message struct {
	From    Address
	To      Address
	Subject string
	Text    string // the alternative for readers without HTML; required
	HTML    string // may be empty
	Inline  []Inline
}

// Inline is a part that the HTML refers to as cid:ContentID, such as a logo.
type Inline struct {
	ContentID string // letters, digits, dots, hyphens and underscores: "logo"
	MediaType string // "image/png"
	Data      []byte
}

// Check returns fault.Invalid with every bad field: addresses that are not
// plain, control characters (line breaks included) in what becomes a header, no
// text, unusable inline parts, and anything above the limits of this package.
func (m Message) Check() error {
	var checks fault.Checks
	checks.Take("from", m.From.check())
	checks.Take("to", m.To.check())
	checks.Text("subject", m.Subject, true, MaxSubject)
	checks.That(strings.TrimSpace(m.Text) != "", "text", "required", "text must not be empty")
	checks.That(len(m.Text) <= MaxBody, "text", "too-long", "text must have at most 1 MiB")
	checks.That(len(m.HTML) <= MaxBody, "html", "too-long", "html must have at most 1 MiB")
	if !checks.That(len(m.Inline) <= MaxInline, "inline", "too-many", "inline must have at most 10 parts") {
		return checks.Err()
	}
	total := len(m.Text) + len(m.HTML)
	seen := map[string]bool{}
	for _, part := range m.Inline {
		checks.That(plain(part.ContentID, "-._") && !seen[part.ContentID],
			"inline", "bad-content-id", "each inline part needs a content id of its own of letters, digits, -, . and _")
		kind, subtype, _ := strings.Cut(part.MediaType, "/")
		checks.That(plain(kind, "-") && plain(subtype, "-.+"), "inline", "bad-media-type", "an inline part needs a media type like image/png")
		checks.That(len(part.Data) > 0, "inline", "required", "an inline part must not be empty")
		seen[part.ContentID] = true
		total += len(part.Data)
	}
	checks.That(total <= MaxTotal, "inline", "too-large", "a message must have at most 10 MiB")
	return checks.Err()
}

func (a Address) check() error {
	var checks fault.Checks
	checks.Text("name", a.Name, false, MaxName)
	// An address with a display name or a comment parses too, but is not what was parsed.
	parsed, err := stdmail.ParseAddress(a.Email)
	checks.That(len(a.Email) <= MaxAddress && err == nil && parsed.Address == a.Email && !strings.ContainsFunc(a.Email, unicode.IsControl),
		"email", "malformed-email", "email must be a plain address, like jessica@example.com")
	return checks.Err()
}

// plain reports whether text is 1 to 100 ASCII letters, digits and others.
func plain(text, others string) bool {
	for i := range len(text) {
		c := text[i]
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
		if !letter && (c < '0' || c > '9') && strings.IndexByte(others, c) < 0 {
			return false
		}
	}
	return text != "" && len(text) <= 100
}
