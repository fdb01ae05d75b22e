package sqlstore

import (
	"encoding/json"
	"fmt"
	"iter"
	"time"

	"github.com/superher/superher/fault"
)

// moment reads a timestamp into a time: of Postgres' type, or microseconds
// since 1970. NULL is the zero time. The result is in UTC.
type moment struct{ at *time.Time }

// Scan implements sql.Scanner.
func (m moment) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		*m.at = time.Time{}
	case time.Time:
		*m.at = v.UTC()
	case int64:
		*m.at = time.UnixMicro(v).UTC()
	default:
		return fault.New(fault.Internal, "unexpected-column-type", fmt.Sprintf("a moment cannot be read from a column of type %T", src))
	}
	return nil
}

// stored returns the moment as a database gives it back: in UTC, to the
// microsecond.
func stored(at time.Time) time.Time {
	if at.IsZero() {
		return time.Time{}
	}
	return time.UnixMicro(at.UnixMicro()).UTC()
}

// notBefore returns the first moment that a database can tell from the ones
// before at: stored moments that are before at are before it as well.
func notBefore(at time.Time) time.Time {
	return at.Add(time.Microsecond - time.Nanosecond).Truncate(time.Microsecond)
}

// content returns the argument for bytes, which are stored as none and not as
// NULL where there are none.
func content(bytes []byte) []byte {
	if bytes == nil {
		return []byte{}
	}
	return bytes
}

// contentOf reads what content has written; none are nil.
type contentOf struct{ into *[]byte }

// Scan implements sql.Scanner.
func (c contentOf) Scan(src any) error {
	v, ok := src.([]byte)
	if !ok {
		return fault.New(fault.Internal, "unexpected-column-type", fmt.Sprintf("bytes cannot be read from a column of type %T", src))
	}
	*c.into = append([]byte(nil), v...)
	return nil
}

// document reads and writes a JSON column. The same value always makes the
// same text: structs keep their order, and maps are sorted.
func document(value any) (string, error) {
	text, err := json.Marshal(value)
	if err != nil {
		return "", fault.Wrap(err, fault.Internal, "bad-document", "a value could not be encoded")
	}
	return string(text), nil
}

func readDocument(text []byte, into any) error {
	if err := json.Unmarshal(text, into); err != nil {
		return fault.Wrap(err, fault.Internal, "bad-document", "a stored value could not be decoded")
	}
	return nil
}

// allStorable reports fault.Invalid for text that would not survive in a JSON
// column: the encoder replaces what is not UTF-8 without a word.
func allStorable[T ~string](texts ...T) error {
	for _, text := range texts {
		if !storable(string(text)) {
			return unstorable()
		}
	}
	return nil
}

// bytesOf reads a fixed number of bytes.
type bytesOf struct{ into []byte }

// Scan implements sql.Scanner.
func (b bytesOf) Scan(src any) error {
	v, ok := src.([]byte)
	if !ok || len(v) != len(b.into) {
		return fault.New(fault.Internal, "unexpected-column-type", "a column does not hold the expected number of bytes")
	}
	copy(b.into, v)
	return nil
}

// chunks yields the list in parts of at most size items.
func chunks[T any](list []T, size int) iter.Seq[[]T] {
	return func(yield func([]T) bool) {
		for len(list) > 0 {
			n := min(size, len(list))
			if !yield(list[:n]) {
				return
			}
			list = list[n:]
		}
	}
}

// distinct returns the values without repeats, in their order.
func distinct[T comparable](values []T) []T {
	seen := make(map[T]bool, len(values))
	out := make([]T, 0, len(values))
	for _, value := range values {
		if !seen[value] {
			seen[value] = true
			out = append(out, value)
		}
	}
	return out
}
