package campaigns

import "github.com/superher/superher/fault"

// MaxEventType is the length of the longest event type, in characters.
const MaxEventType = 40

// EventType is what happened: one of the constants, or a custom name of the
// form [a-z][a-z0-9_]{0,39}. On the wire it is the event's action.
type EventType string

// The standard event types.
const (
	Purchase  EventType = "purchase"
	Signup    EventType = "signup"
	Lead      EventType = "lead"
	AddToCart EventType = "add_to_cart"
)

// DefaultConversionTypes is what counts as a conversion where no campaign says
// otherwise: purchases.
func DefaultConversionTypes() []EventType { return []EventType{Purchase} }

// ParseEventType checks the form; the error is fault.Invalid on field "action".
func ParseEventType(text string) (EventType, error) {
	ok := len(text) >= 1 && len(text) <= MaxEventType && text[0] >= 'a' && text[0] <= 'z'
	for i := 1; ok && i < len(text); i++ {
		c := text[i]
		ok = c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '_'
	}
	if !ok {
		return "", fault.Bad("action", "malformed-action",
			"action must be purchase, signup, lead, add_to_cart or a name of 1 to 40 characters a-z, 0-9 and _, starting with a letter")
	}
	return EventType(text), nil
}
