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
	formed  time.Time     // when its first visit came
	done    chan struct{} // closed when it is known what became of it
	failed  *fault.Error  // why the stream does not have it, nil if it does
}

// publisher forms groups and publishes one after the other. No visit waits for
// a timer: whoever comes to an idle publisher is sent at once, and those who
// come meanwhile share the next message.
//
// With Sync a shopper waits behind each visit. So once the stream did not answer
// for a group those behind it are given up with it, and whoever comes is told so
// at once, until after a pause a single one tries the stream again.
type publisher struct {
	mu     sync.Mutex
	groups []*group      // formed and not published, the last one may grow
	last   *group        // the last one that was formed, published or not
	busy   bool          // somebody publishes, or pauses
	open   int           // visits that the stream has not answered for
	silent *fault.Error  // why the stream has not answered for the last group; nil if it has
	pause  time.Duration // before the stream is tried again, the last one
	idle   sync.WaitGroup
	losses complaints // of Async, which nobody waits for
}

// Record implements clicks.Recorder. With Sync it waits for the stream, for
// Config.Timeout at most. When ctx ends before, the visit stays on its way: it
// is counted as the stream answers for it. After fault.Unavailable the stream may
// have the visit all the same, if only its answer came too late.
func (r *Recorder) Record(ctx context.Context, v clicks.Visit) error {
	g, refused := r.admit(ctx, v)
	if refused != nil {
		r.tally.Shed(1)
		return refused
	}
	if r.cfg.Publish == Async {
		return nil
	}
	select {
	case <-g.done:
		if g.failed != nil {
			return g.failed
		}
		return nil
	case <-ctx.Done():
		return fault.Of(ctx.Err())
	}
}

// admit returns the group that a visit was put into. What became of the visit is
// counted with the group, and here only if there is none.
func (r *Recorder) admit(ctx context.Context, v clicks.Visit) (*group, *fault.Error) {
	if gone := fault.Of(ctx.Err()); gone != nil {
		return nil, gone
	}
	return r.join(r.sealer.Seal(nil, v))
}

// join puts a sealed visit into the group that is published next, unless there
// are too many or the stream does not answer.
func (r *Recorder) join(sealed []byte) (*group, *fault.Error) {
	most := mostWaiting
	if r.cfg.Publish == Async {
		most = r.cfg.Window
	}
	p := &r.publisher
	p.mu.Lock()
	defer p.mu.Unlock()
	if r.cfg.Publish == Sync && p.silent != nil && p.busy {
		return nil, p.silent
	}
	if p.open >= most {
		return nil, clicks.NoRoom()
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
		g = &group{formed: time.Now(), done: make(chan struct{})}
		p.groups, p.last = append(p.groups, g), g
	}
	g.content = binary.BigEndian.AppendUint16(g.content, uint16(len(sealed)))
	g.content = append(g.content, sealed...)
	g.visits++
	if !p.busy {
		p.busy = true
		p.idle.Go(r.publishAll)
	}
	return g, nil
}

// publishAll publishes groups until there are none.
func (r *Recorder) publishAll() {
	for {
		g, begins := r.nextGroup()
		if g == nil {
			return
		}
		if time.Since(begins) >= r.cfg.Timeout { // the stream is slow, and those who came first have waited long enough
			r.settle(translated(context.DeadlineExceeded), g)
			continue
		}
		failed := r.publish(g, begins.Add(r.cfg.Timeout))
		if failed != nil && failed.Code == fault.Unavailable {
			r.rest(r.giveUp(g, failed))
			continue
		}
		r.publisher.mu.Lock()
		r.publisher.silent, r.publisher.pause = nil, 0
		r.publisher.mu.Unlock()
		r.settle(failed, g)
	}
}

// nextGroup returns the group to publish, nil if there is none, and when its time
// begins: with Sync when the first of those came who wait for it, so that nobody
// waits longer than the timeout.
func (r *Recorder) nextGroup() (g *group, begins time.Time) {
	p := &r.publisher
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.groups) == 0 {
		p.busy = false
		return nil, time.Time{}
	}
	g, p.groups = p.groups[0], p.groups[1:]
	if r.cfg.Publish == Async {
		return g, time.Now()
	}
	return g, g.formed
}

// giveUp settles a group that the stream did not answer for, and with Sync those
// behind it; with Async nobody waits for these, they are published later. It
// returns how long the stream is to be left alone.
func (r *Recorder) giveUp(g *group, failed *fault.Error) (pause time.Duration) {
	p := &r.publisher
	p.mu.Lock()
	p.silent = failed // before anybody learns of it
	p.pause = min(max(2*p.pause, clicks.FirstPause), clicks.LongestPause)
	pause = p.pause
	lost := []*group{g}
	if r.cfg.Publish == Sync || r.isClosing() {
		lost, p.groups = append(lost, p.groups...), nil
	}
	p.mu.Unlock()
	r.settle(failed, lost...)
	return pause
}

// rest waits until the stream may be tried again. That of an embedded server is
// mended meanwhile, as long as that takes.
func (r *Recorder) rest(pause time.Duration) {
	for {
		select {
		case <-time.After(pause):
		case <-r.closing:
			return
		}
		if r.embedded == nil {
			return
		}
		restarted, err := r.embedded.mend()
		if restarted {
			r.stale.Store(true) // what the consumer knows as acknowledged may still be in the stream
		}
		if err == nil {
			return
		}
		r.cfg.Log.Warn("clicks are lost until their folder can be used again", "error", err)
		pause = min(2*pause, clicks.LongestPause)
	}
}

func (r *Recorder) isClosing() bool {
	select {
	case <-r.closing:
		return true
	default:
		return false
	}
}

// settle counts the visits of groups and tells those who wait for them. With Async
// they were counted as recorded before, and those that failed are left over.
func (r *Recorder) settle(failed *fault.Error, groups ...*group) {
	visits := 0
	for _, g := range groups {
		visits += g.visits
	}
	switch {
	case failed != nil:
		r.tally.Shed(visits)
	case r.cfg.Publish == Sync:
		r.tally.Recorded(visits)
	}
	r.publisher.mu.Lock()
	r.publisher.open -= visits
	r.publisher.mu.Unlock()
	if failed != nil && r.cfg.Publish == Async {
		if n, due := r.publisher.losses.add(visits, time.Now()); due {
			r.cfg.Log.Warn("clicks were not kept", "count", n, "error", failed)
		}
	}
	for _, g := range groups {
		g.failed = failed
		close(g.done)
	}
}

// publish returns when the stream has a group or has refused it, or the time is
// over. What a moment without a leader or a connection prevents is tried again;
// the stream tells a message that comes twice by its id.
func (r *Recorder) publish(g *group, until time.Time) *fault.Error {
	ctx, cancel := context.WithDeadline(context.Background(), until)
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
