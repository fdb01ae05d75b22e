package jetstream

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/superher/superher/clicks"
	"github.com/superher/superher/fault"
)

// retryPause is how long Record waits before it publishes again what was not
// acknowledged.
const retryPause = 20 * time.Millisecond

// Codes of JetStream's answers that the client has no names for.
const (
	codeStoreFailed           jetstream.ErrorCode = 10077 // its text says why
	codeInsufficientResources jetstream.ErrorCode = 10023
	codeStorageExceeded       jetstream.ErrorCode = 10047
)

// Record implements clicks.Recorder. After fault.Unavailable the stream may have
// the visit all the same, if only its answer was lost.
func (r *Recorder) Record(ctx context.Context, v clicks.Visit) error {
	var err error
	if r.cfg.Publish == Async {
		err = r.publishAsync(v)
	} else {
		err = r.publishSync(ctx, v)
	}
	if err != nil {
		r.tally.Shed(1)
	}
	return err
}

// publishSync waits for the acknowledgement while other visits are published
// over the same connection. What a moment without a leader, or without a
// connection, refuses is published again while there is time.
func (r *Recorder) publishSync(ctx context.Context, v clicks.Visit) error {
	ctx, cancel := context.WithTimeout(ctx, r.cfg.Timeout)
	defer cancel()
	sealed := r.sealer.Seal(nil, v)
	for {
		err := r.publish(ctx, sealed)
		if err == nil {
			r.tally.Recorded(1)
			return nil
		}
		failed := translated(err)
		if failed.Code != fault.Unavailable || errors.Is(err, nats.ErrConnectionClosed) {
			return failed
		}
		select {
		case <-time.After(retryPause):
		case <-ctx.Done():
			return failed
		}
	}
}

func (r *Recorder) publish(ctx context.Context, sealed []byte) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	future, err := r.js.PublishAsync(r.cfg.Stream, sealed)
	if err != nil {
		return err
	}
	select {
	case <-future.Ok():
		return nil
	case err := <-future.Err():
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// publishAsync takes a place in the window, which the acknowledgement gives back.
func (r *Recorder) publishAsync(v clicks.Visit) error {
	if r.inFlight.Add(1) > int64(r.cfg.Window) {
		r.inFlight.Add(-1)
		return clicks.NoRoom()
	}
	r.tally.Recorded(1)
	if _, err := r.js.PublishAsync(r.cfg.Stream, r.sealer.Seal(nil, v)); err != nil {
		r.tally.Recorded(-1)
		r.inFlight.Add(-1)
		return translated(err)
	}
	return nil
}

// acknowledged is called for each visit that the stream has, with Async.
func (r *Recorder) acknowledged(jetstream.JetStream, *nats.Msg, *jetstream.PubAck) {
	r.inFlight.Add(-1)
}

// unacknowledged is called for each visit that the stream does not have, with
// Async. Nobody waits for an answer, so it is counted and logged.
func (r *Recorder) unacknowledged(_ jetstream.JetStream, _ *nats.Msg, err error) {
	r.tally.Recorded(-1)
	r.tally.Shed(1)
	r.inFlight.Add(-1)
	r.cfg.Log.Warn("a click was not kept", "error", err)
}

// translated returns the fault of an error of JetStream.
func translated(err error) *fault.Error {
	if errors.Is(err, jetstream.ErrTooManyStalledMsgs) {
		return clicks.NoRoom()
	}
	var refused *jetstream.APIError
	if errors.As(err, &refused) {
		switch {
		case refused.ErrorCode == codeStoreFailed && strings.Contains(refused.Description, "maximum"),
			refused.ErrorCode == codeInsufficientResources, refused.ErrorCode == codeStorageExceeded:
			return clicks.NoRoom()
		}
	}
	return fault.Wrap(err, fault.Unavailable, "clicks-unpublished", "the stream of clicks did not acknowledge one")
}
