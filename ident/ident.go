package ident

import (
	"database/sql/driver"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"time"

	"github.com/superher/superher/fault"
)

// Of is the identifier of a T: a UUID whose type says what it names, so that a
// campaign's id cannot be passed where a link's is asked for. The zero value
// names nothing. Values are comparable and order by creation time bytewise.
type Of[T any] [16]byte

// New returns a version 7 UUID (RFC 9562) for the moment now, with the
// sub-millisecond part in rand_a (its method 3), and 62 random bits read from
// random. It fails only when random does, with fault.Internal.
func New[T any](now time.Time, random io.Reader) (Of[T], error) {
	var id Of[T]
	if _, err := io.ReadFull(random, id[8:]); err != nil {
		return Of[T]{}, fault.Wrap(err, fault.Internal, "random-source-failed", "no identifier could be made")
	}
	stamp(id[:], now)
	return id, nil
}

// stamp writes time, version and variant into the 16 bytes of b.
func stamp(b []byte, now time.Time) {
	ms := now.UnixMilli()
	fraction := now.Sub(time.UnixMilli(ms)) // 0 to 999,999 ns
	sub := uint64(fraction) * 4096 / uint64(time.Millisecond)
	binary.BigEndian.PutUint64(b[:8], uint64(ms)<<16|0x7000|sub&0x0fff)
	b[8] = b[8]&0x3f | 0x80
}

// Parse reads the canonical text form: 36 characters, lower-case hexadecimal,
// hyphens at 8, 13, 18 and 23. Anything else is fault.Invalid "malformed-id", as
// is the id of all zeros: it names nothing, so whoever sends it would silently
// be taken for somebody who asked for nothing in particular.
func Parse[T any](text string) (Of[T], error) {
	var id Of[T]
	if err := id.UnmarshalText([]byte(text)); err != nil {
		return Of[T]{}, err
	}
	if id.IsZero() {
		return Of[T]{}, malformed()
	}
	return id, nil
}

// IsZero reports whether the id names nothing.
func (id Of[T]) IsZero() bool { return id == Of[T]{} }

// String returns the canonical text form.
func (id Of[T]) String() string {
	b, _ := id.AppendText(make([]byte, 0, 36))
	return string(b)
}

// AppendText appends the canonical text form to b; it never fails.
func (id Of[T]) AppendText(b []byte) ([]byte, error) {
	b = hex.AppendEncode(b, id[0:4])
	for _, part := range [][]byte{id[4:6], id[6:8], id[8:10], id[10:16]} {
		b = append(b, '-')
		b = hex.AppendEncode(b, part)
	}
	return b, nil
}

// MarshalText returns the canonical text form; it never fails.
func (id Of[T]) MarshalText() ([]byte, error) { return id.AppendText(nil) }

// UnmarshalText reads what MarshalText writes, with the errors of [Parse]; only
// here the zero id, which a struct may well hold, is read as well.
func (id *Of[T]) UnmarshalText(text []byte) error {
	var out Of[T]
	n := 0
	if len(text) != 36 {
		return malformed()
	}
	for i := 0; i < len(text); {
		if i == 8 || i == 13 || i == 18 || i == 23 {
			if text[i] != '-' {
				return malformed()
			}
			i++
			continue
		}
		high, low := nibble(text[i]), nibble(text[i+1])
		if high > 15 || low > 15 {
			return malformed()
		}
		out[n] = high<<4 | low
		n++
		i += 2
	}
	*id = out
	return nil
}

func nibble(c byte) byte {
	switch {
	case c >= '0' && c <= '9':
		return c - '0'
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10
	default:
		return 0xff
	}
}

func malformed() error {
	return fault.New(fault.Invalid, "malformed-id", "an id is a UUID in lower case, like 018f3c5e-7b1a-7c3d-9e2f-0a1b2c3d4e5f")
}

// Value implements driver.Valuer: 16 bytes, or NULL for the zero id. It lets
// storage adapters bind ids without a conversion at every call.
func (id Of[T]) Value() (driver.Value, error) {
	if id.IsZero() {
		return nil, nil
	}
	return id[:], nil
}

// Scan implements sql.Scanner for 16 bytes, the text form, and NULL. Another
// type is fault.Internal "unexpected-column-type".
func (id *Of[T]) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		*id = Of[T]{}
		return nil
	case []byte:
		if len(v) == 16 {
			copy(id[:], v)
			return nil
		}
		return id.UnmarshalText(v)
	case string:
		return id.UnmarshalText([]byte(v))
	default:
		return fault.New(fault.Internal, "unexpected-column-type", fmt.Sprintf("an id cannot be read from a column of type %T", src))
	}
}
