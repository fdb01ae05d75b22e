package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"strings"

	driver "modernc.org/sqlite"
	codes "modernc.org/sqlite/lib"

	"github.com/superher/superher/fault"
)

// translate says what an error of the database means. It is the only place
// that looks at the driver's errors; err is not nil.
func translate(ctx context.Context, err error) error {
	if known, ok := errors.AsType[*fault.Error](err); ok {
		return known
	}
	// An interrupted statement fails in many ways; why it was is in the context.
	if ctx.Err() != nil {
		return fault.Of(ctx.Err())
	}
	var failed *driver.Error
	if !errors.As(err, &failed) {
		if errors.Is(err, sql.ErrConnDone) || errors.Is(err, sql.ErrTxDone) || strings.HasSuffix(err.Error(), "database is closed") {
			return fault.Wrap(err, fault.Unavailable, "store-unreachable", "the store is closed")
		}
		return fault.Of(err)
	}
	switch failed.Code() {
	case codes.SQLITE_CONSTRAINT_FOREIGNKEY:
		return fault.Wrap(err, fault.NotFound, "not-found", "there is no such thing")
	case codes.SQLITE_CONSTRAINT_PRIMARYKEY, codes.SQLITE_CONSTRAINT_UNIQUE:
		return fault.Wrap(err, fault.Conflict, "id-taken", "something is stored under this id already")
	}
	switch failed.Code() & 0xff { // extended codes have their class in the last byte
	case codes.SQLITE_BUSY, codes.SQLITE_LOCKED, codes.SQLITE_PROTOCOL: // the last is a race for the log
		return busy(err)
	case codes.SQLITE_FULL:
		return fault.Wrap(err, fault.Unavailable, "store-full", "the disk of the store is full")
	case codes.SQLITE_CANTOPEN, codes.SQLITE_IOERR, codes.SQLITE_READONLY, codes.SQLITE_NOTADB, codes.SQLITE_PERM, codes.SQLITE_NOLFS:
		return fault.Wrap(err, fault.Unavailable, "store-unreachable", "the file of the store cannot be used")
	case codes.SQLITE_TOOBIG:
		return fault.Wrap(err, fault.Invalid, "too-large", "a value is too large to be stored")
	}
	// sum() says so; an addition makes a REAL, which a column of integers refuses.
	if text := failed.Error(); strings.Contains(text, "integer overflow") || strings.Contains(text, "cannot store REAL value in INTEGER column") {
		return fault.Wrap(err, fault.Invalid, "amount-overflow", "a sum does not fit in 64 bits of minor units; ask for a shorter period")
	}
	return fault.Of(err)
}

// isBusy reports whether another connection or process was in the way.
func isBusy(err error) bool {
	var failed *driver.Error
	if !errors.As(err, &failed) {
		return false
	}
	class := failed.Code() & 0xff
	return class == codes.SQLITE_BUSY || class == codes.SQLITE_LOCKED
}

func busy(cause error) *fault.Error {
	return fault.Wrap(cause, fault.Unavailable, "store-busy", "the store is busy; trying again may work")
}
