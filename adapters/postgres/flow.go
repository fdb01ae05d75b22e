package postgres

import (
	"context"
	"database/sql"
	"encoding/binary"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
)

// flow is a result that the server sends as fast as it is read, and no faster:
// the connection buffers a few kilobytes, and then the server waits.
type flow struct {
	rows
	cancel context.CancelFunc
	over   bool
	rest   []any // what pgx is to scan
}

// Next implements statsql.Rows.
func (f *flow) Next() bool {
	f.over = f.over || !f.rows.Next()
	return !f.over
}

// Close implements statsql.Rows. Who has had enough does not wait for the rest:
// the server is told to stop, and the connection is given up.
func (f *flow) Close() error {
	defer f.cancel()
	if f.over || f.q.failed != nil {
		return f.rows.Close()
	}
	f.over, f.q.abandoned = true, true
	f.cancel()
	f.Rows.Close()
	return nil
}

// Scan implements statsql.Rows. The types that most columns have are read here,
// from the bytes of the wire: by way of pgx an id becomes a text first, and is
// read back from it.
func (f *flow) Scan(dest ...any) error {
	fields, values := f.FieldDescriptions(), f.RawValues()
	if len(fields) != len(dest) {
		return f.rows.Scan(dest...)
	}
	f.rest = append(f.rest[:0], dest...)
	for i, d := range dest {
		read, err := decode(fields[i], values[i], d)
		if err != nil {
			return f.check(err)
		}
		if read {
			f.rest[i] = nil // pgx passes over it
		}
	}
	return f.rows.Scan(f.rest...)
}

// decode reads a value in its binary format. It reports false for what it leaves
// to pgx.
func decode(field pgconn.FieldDescription, raw []byte, into any) (bool, error) {
	if field.Format != pgx.BinaryFormatCode {
		return false, nil
	}
	switch into := into.(type) {
	case sql.Scanner:
		return decodeScanner(field.DataTypeOID, raw, into)
	case *string:
		if raw != nil && field.DataTypeOID == pgtype.TextOID {
			*into = string(raw)
			return true, nil
		}
	case *int64:
		if len(raw) == 8 && field.DataTypeOID == pgtype.Int8OID {
			*into = int64(binary.BigEndian.Uint64(raw))
			return true, nil
		}
	case *[]byte:
		if len(raw) > 0 && raw[0] == 1 && field.DataTypeOID == pgtype.JSONBOID { // the version of the format
			*into = append((*into)[:0], raw[1:]...)
			return true, nil
		}
	}
	return false, nil
}

func decodeScanner(oid uint32, raw []byte, into sql.Scanner) (bool, error) {
	switch {
	case raw == nil:
		return true, into.Scan(nil)
	case oid == pgtype.UUIDOID && len(raw) == 16, oid == pgtype.ByteaOID:
		return true, into.Scan(raw)
	case oid == pgtype.TimestamptzOID && len(raw) == 8:
		micros := int64(binary.BigEndian.Uint64(raw))
		if since2000 := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC).UnixMicro(); micros+since2000 > micros && micros > -1<<62 {
			return true, into.Scan(micros + since2000)
		}
	}
	return false, nil
}
