package jetstream

import (
	"context"
	"encoding/binary"
	"errors"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nuid"

	"github.com/superher/superher/clicks"
	"github.com/superher/superher/fault"
)

// Sizes of a message: visits in one, and its bytes.
const (
	mostInMessage = 500
	messageSize   = 256 << 10
	lengthSize    = 2 // before each sealed visit
)

// A message whose answer is lost, with the node that should have given it, is
// published again after a part of the timeout, and a short pause.
const (
	attempts   = 4
	retryPause = 20 * time.Millisecond
)

// Codes of JetStream's answers that the client has no names for.
const (
	codeStoreFailed           jetstream.ErrorCode = 10077 // its text says why
	codeInsufficientResources jetstream.ErrorCode = 10023
	codeStorageExceeded       jetstream.ErrorCode = 10047
)

// group is a message to be: the visits that came while the message before it
// was on its way.
type group struct {
	content []byte
	visits  int
	done    chan struct{} // closed when the stream has answered
	failed  *fault.Error  // the answer, nil if it has them
}

// publisher forms groups and publishes one after the other. No visit waits for
// a timer: whoever comes to an idle publisher is sent at once, and those who
// come meanwhile share the next message.
type publisher struct {
	mu     sync.Mutex
	groups []*group // formed and not published, the last one may grow
	last   *group   // the last one that was formed, published or not
	busy   bool     // somebody publishes
	open   int      // visits that the stream has not answered for
	idle   sync.WaitGroup
}

// Record implements clicks.Recorder. With Sync it waits for the stream until ctx
// is done; after fault.Unavailable the stream may have the visit all the same,
// if only its answer came too late.
func (r *Recorder) Record(ctx context.Context, v clicks.Visit) error {
	failed := fault.Of(ctx.Err())
	if failed == nil {
		failed = r.record(ctx, v)
	}
	if failed != nil {
		r.tally.Shed(1)
		return failed
	}
	return nil
}

func (r *Recorder) record(ctx context.Context, v clicks.Visit) *fault.Error {
	g := r.join(r.sealer.Seal(nil, v))
	if g == nil {
		return clicks.NoRoom()
	}
	if r.cfg.Publish == Async {
		return nil
	}
	select {
	case <-g.done:
		return g.failed
	case <-ctx.Done():
		return fault.Of(ctx.Err())
	}
}

// join puts a sealed visit into the group that is published next, nil if there
// are too many.
func (r *Recorder) join(sealed []byte) *group {
	most := mostWaiting
	if r.cfg.Publish == Async {
		most = r.cfg.Window
	}
	p := &r.publisher
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.open >= most {
		return nil
	}
	if r.cfg.Publish == Async {
		r.tally.Recorded(1) // before it can be stored
	}
	p.open++
	var g *group
	if n := len(p.groups); n > 0 {
		g = p.groups[n-1]
	}
	if g == nil || g.visits == mostInMessage || len(g.content)+lengthSize+len(sealed) > messageSize {
		g = &group{done: make(chan struct{})}
		p.groups, p.last = append(p.groups, g), g
	}
	g.content = binary.BigEndian.AppendUint16(g.content, uint16(len(sealed)))
	g.content = append(g.content, sealed...)
	g.visits++
	if !p.busy {
		p.busy = true
		p.idle.Go(r.publishAll)
	}
	return g
}

// publishAll publishes groups until there are none.
func (r *Recorder) publishAll() {
	p := &r.publisher
	for {
		p.mu.Lock()
		if len(p.groups) == 0 {
			p.busy = false
			p.mu.Unlock()
			return
		}
		g := p.groups[0]
		p.groups = p.groups[1:]
		p.mu.Unlock()

		g.failed = r.publish(g)
		r.count(g)
		p.mu.Lock()
		p.open -= g.visits
		p.mu.Unlock()
		close(g.done)
	}
}

// count counts the visits of a group that the stream has answered for. With Async
// they were counted as recorded before, and those that it refused are left over.
func (r *Recorder) count(g *group) {
	switch {
	case r.cfg.Publish == Sync && g.failed == nil:
		r.tally.Recorded(g.visits)
	case r.cfg.Publish == Async && g.failed != nil:
		r.tally.Shed(g.visits)
		r.cfg.Log.Warn("clicks were not kept", "count", g.visits, "error", g.failed)
	}
}

// publish returns when the stream has a group or has refused it, or the time is
// over. What a moment without a leader or a connection prevents is tried again;
// the stream tells a message that comes twice by its id.
func (r *Recorder) publish(g *group) *fault.Error {
	ctx, cancel := context.WithTimeout(context.Background(), r.cfg.Timeout)
	defer cancel()
	subject := r.cfg.Stream + "." + strconv.Itoa(g.visits)
	id := jetstream.WithMsgID(nuid.Next())
	for {
		attempt, cancel := context.WithTimeout(ctx, r.cfg.Timeout/attempts)
		_, err := r.js.Publish(attempt, subject, g.content, id)
		cancel()
		if err == nil {
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

// translated returns the fault of an error of JetStream.
func translated(err error) *fault.Error {
	if refused, ok := errors.AsType[*jetstream.APIError](err); ok {
		switch {
		case refused.ErrorCode == codeStoreFailed && strings.Contains(refused.Description, "maximum"),
			refused.ErrorCode == codeInsufficientResources, refused.ErrorCode == codeStorageExceeded:
			return clicks.NoRoom()
		}
	}
	return fault.Wrap(err, fault.Unavailable, "clicks-unpublished", "the stream did not acknowledge the click")
}

// split returns the sealed visits of a message, and whether it has the form of
// one.
func split(content []byte) (sealed [][]byte, ok bool) {
	for len(content) > 0 {
		if len(content) < lengthSize {
			return sealed, false
		}
		size := int(binary.BigEndian.Uint16(content))
		content = content[lengthSize:]
		if size > len(content) {
			return sealed, false
		}
		sealed = append(sealed, content[:size])
		content = content[size:]
	}
	return sealed, len(sealed) > 0
}
