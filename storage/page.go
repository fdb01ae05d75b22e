package storage

import (
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

// Check returns the position to continue behind and the number of items, or
// fault.Invalid with the bad fields of cursor and limit.
func (p Page) Check() (ident.Cursor, int, error) {
	if p.Limit == 0 {
		p.Limit = DefaultPage
	}
	var checks fault.Checks
	checks.That(p.Limit >= 1 && p.Limit <= MaxPage, "limit", "out-of-range", "limit must be from 1 to 500")
	cursor, err := ident.ParseCursor(p.Cursor)
	checks.Take("cursor", err)
	checks.That(cursor.Sort == "" && cursor.Key == "", "cursor", "cursor-of-another-order", "a cursor continues the list it was given for")
	return cursor, p.Limit, checks.Err()
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
