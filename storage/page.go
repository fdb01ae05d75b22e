package storage

import (
	"strconv"
	"time"

	"github.com/superher/superher/fault"
	"github.com/superher/superher/ident"
)

// Limits of a page.
const (
	DefaultPage = 50
	MaxPage     = 500
)

// Page asks for a part of a list.
type Page struct {
	Cursor string // from List.Next; "" for the beginning
	Limit  int    // items; 0 means DefaultPage
}

// byMoment names the order of lists by moment, for cursors.
const byMoment = "occurred_at"

// Check returns the position to continue behind and the number of items, or
// fault.Invalid with the bad fields of cursor and limit.
func (p Page) Check() (ident.Cursor, int, error) {
	var checks fault.Checks
	cursor, limit := p.parse(&checks)
	checks.That(cursor.Sort == "" && cursor.Key == "", "cursor", "cursor-of-another-order", "a cursor continues the list it was given for")
	return cursor, limit, checks.Err()
}

// CheckMoment is Check for a list by moment, the latest first, and then by id
// downwards: at is the moment of the item to continue behind, the zero time for
// the beginning, and id that item's.
func (p Page) CheckMoment() (at time.Time, id [16]byte, limit int, err error) {
	var checks fault.Checks
	cursor, limit := p.parse(&checks)
	switch {
	case cursor.IsZero():
	case cursor.Sort != byMoment:
		checks.That(false, "cursor", "cursor-of-another-order", "a cursor continues the list it was given for")
	default:
		micros, err := strconv.ParseInt(cursor.Key, 10, 64)
		at = time.UnixMicro(micros).UTC()
		// Databases know no moments far outside of the calendar, nor is the zero time one.
		sound := err == nil && strconv.FormatInt(micros, 10) == cursor.Key && !at.IsZero() && at.Year() >= 1 && at.Year() <= 9999
		checks.That(sound, "cursor", "malformed-cursor", "pass back next_cursor as it was given")
	}
	if err := checks.Err(); err != nil {
		return time.Time{}, [16]byte{}, 0, err
	}
	return at, cursor.ID, limit, nil
}

// parse returns the cursor and the limit, noting what is wrong with either.
func (p Page) parse(checks *fault.Checks) (ident.Cursor, int) {
	if p.Limit == 0 {
		p.Limit = DefaultPage
	}
	checks.That(p.Limit >= 1 && p.Limit <= MaxPage, "limit", "out-of-range", "limit must be from 1 to 500")
	cursor, err := ident.ParseCursor(p.Cursor)
	checks.Take("cursor", err)
	return cursor, p.Limit
}

// List is a page of items, newest first unless said otherwise.
type List[T any] struct {
	Items []T
	Next  string // cursor of the next page; "" on the last
}

// Paged makes a page from up to limit+1 items in order: the extra item only
// shows that there is another page.
func Paged[T any](items []T, limit int, id func(T) [16]byte) List[T] {
	if len(items) <= limit {
		return List[T]{Items: items}
	}
	items = items[:limit]
	return List[T]{Items: items, Next: ident.Cursor{ID: id(items[limit-1])}.String()}
}

// PagedByMoment is [Paged] for a list by moment: its cursors are those of
// [Page.CheckMoment].
func PagedByMoment[T any](items []T, limit int, position func(T) (at time.Time, id [16]byte)) List[T] {
	if len(items) <= limit {
		return List[T]{Items: items}
	}
	items = items[:limit]
	at, id := position(items[limit-1])
	return List[T]{Items: items, Next: ident.Cursor{Sort: byMoment, Key: strconv.FormatInt(at.UnixMicro(), 10), ID: id}.String()}
}
