package ident

import (
	"encoding/base64"
	"strings"
	"unicode/utf8"

	"github.com/superher/superher/fault"
)

// MaxCursor is the length of the longest cursor text that is looked at, in
// bytes. It leaves 1,500 bytes for the sort key: more than the longest name.
const MaxCursor = 2048

// Cursor is a position in a sorted list: the sort key of the last row that was
// handed out, and its id as the tie-breaker. It holds no row's content beyond
// that key and gives no right: a list read with a foreign cursor still shows
// only the reader's own rows.
type Cursor struct {
	Sort string   // name of the order that the position belongs to, without a zero byte; "" for lists with a single order
	Key  string   // sort key of the last row: text without a zero byte, at most 1,500 bytes with Sort
	ID   [16]byte // id of the last row
}

// IsZero reports whether the cursor stands at the beginning.
func (c Cursor) IsZero() bool { return c == Cursor{} }

const cursorVersion = "1"

// String returns the opaque text form: URL-safe, without padding; "" for the
// beginning.
func (c Cursor) String() string {
	if c.IsZero() {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString([]byte(cursorVersion + string(c.ID[:]) + c.Sort + "\x00" + c.Key))
}

// ParseCursor reads the text form; "" is the beginning. A text that String
// would not produce is fault.Invalid "malformed-cursor". What it returns may
// still be made up by a caller; it is text that every store can compare with.
func ParseCursor(text string) (Cursor, error) {
	bad := fault.Bad("cursor", "malformed-cursor", "pass back next_cursor as it was given")
	if text == "" {
		return Cursor{}, nil
	}
	if len(text) > MaxCursor {
		return Cursor{}, bad
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(raw) < 18 || string(raw[:1]) != cursorVersion {
		return Cursor{}, bad
	}
	sort, key, found := strings.Cut(string(raw[17:]), "\x00")
	c := Cursor{Sort: sort, Key: key, ID: [16]byte(raw[1:17])}
	// A store may refuse such text with an error that looks like a defect of ours.
	storable := utf8.ValidString(sort) && utf8.ValidString(key) && !strings.Contains(key, "\x00")
	// The decoder skips line breaks even in strict mode, so the round trip decides.
	if !found || !storable || c.String() != text {
		return Cursor{}, bad
	}
	return c, nil
}
