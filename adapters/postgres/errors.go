package postgres

import (
	"context"
	"errors"
	"net"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/superher/superher/fault"
)

// SQLSTATE codes that mean something here.
const (
	stateSerialization  = "40001"
	stateDeadlock       = "40P01"
	stateForeignKey     = "23503"
	stateUnique         = "23505"
	stateOutOfRange     = "22003"
	stateBadText        = "22021"
	stateBadEscape      = "22P05"
	stateLockTimeout    = "55P03"
	stateCanceled       = "57014"
	stateUndefinedTable = "42P01"
	stateReadOnly       = "25006"
	stateIdleTooLong    = "25P03"
	stateTooLong        = "25P04"
	stateTooMany        = "53300"
)

// translate says what an error of the database means. It is the only place
// that looks at the driver's errors; err is not nil.
func translate(ctx context.Context, err error) error {
	if known, ok := errors.AsType[*fault.Error](err); ok {
		return known
	}
	var connect *pgconn.ConnectError
	connecting := errors.As(err, &connect)
	if failed, ok := errors.AsType[*pgconn.PgError](err); ok {
		translated := translateState(ctx, failed, err)
		if connecting && translated.Code == fault.Internal { // the login was refused, or the database is not there
			return unreachable(err)
		}
		return translated
	}
	if ctx.Err() != nil {
		return fault.Of(ctx.Err())
	}
	var network net.Error
	switch {
	case connecting:
		return unreachable(err)
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return fault.Of(err)
	case errors.Is(err, pgx.ErrTxClosed), errors.As(err, &network), pgconn.Timeout(err), isGone(err):
		return unreachable(err)
	}
	return fault.Of(err)
}

// isGone recognises a connection or pool that has ended; the driver has no
// types for these.
func isGone(err error) bool {
	text := err.Error()
	return strings.Contains(text, "conn closed") || strings.Contains(text, "closed pool") ||
		strings.Contains(text, "unexpected EOF") || strings.Contains(text, "use of closed network connection")
}

func translateState(ctx context.Context, failed *pgconn.PgError, err error) *fault.Error {
	switch failed.Code {
	case stateSerialization, stateDeadlock, stateLockTimeout, stateTooMany:
		return busy(err)
	case stateForeignKey:
		return fault.Wrap(err, fault.NotFound, "not-found", "there is no such thing")
	case stateUnique:
		return fault.Wrap(err, fault.Conflict, "id-taken", "something is stored under this id already")
	case stateOutOfRange:
		return fault.Wrap(err, fault.Invalid, "amount-overflow", "a sum does not fit in 64 bits of minor units; ask for a shorter period")
	case stateBadText, stateBadEscape:
		return fault.Wrap(err, fault.Invalid, "unstorable-text", "text must be valid UTF-8 without zero bytes")
	case stateCanceled:
		if ctx.Err() != nil {
			return fault.Of(ctx.Err())
		}
		return fault.Wrap(err, fault.Unavailable, "deadline-exceeded", "the operation did not finish in time")
	case stateUndefinedTable:
		return fault.Wrap(err, fault.Unavailable, "schema-older", schemaOlder)
	}
	switch failed.Code {
	case stateReadOnly: // a server that became, or still is, a standby
		return fault.Wrap(err, fault.Unavailable, "store-unreachable", "the database takes no writes now")
	case stateIdleTooLong, stateTooLong: // the server has ended the session
		return unreachable(err)
	}
	switch failed.Code[:min(2, len(failed.Code))] {
	case "08", "57", "58": // connection exceptions; shutdown and the like; the system beneath
		return unreachable(err)
	case "53": // disk full, out of memory
		return fault.Wrap(err, fault.Unavailable, "store-full", "the database has no resources left")
	}
	return fault.Of(err)
}

// isCollision reports whether the transaction lost against another one and may
// be repeated.
func isCollision(err error) bool {
	var failed *pgconn.PgError
	return errors.As(err, &failed) && (failed.Code == stateSerialization || failed.Code == stateDeadlock)
}

func unreachable(cause error) *fault.Error {
	return fault.Wrap(cause, fault.Unavailable, "store-unreachable", "the database cannot be reached")
}

func busy(cause error) *fault.Error {
	return fault.Wrap(cause, fault.Unavailable, "store-busy", "the store is busy; trying again may work")
}
