package superher

import (
	"context"
	"sync"
	"time"

	"github.com/superher/superher/attribution"
	"github.com/superher/superher/fault"
	"github.com/superher/superher/storage"
	"github.com/superher/superher/tenant"
)

// maxFlights is how many transactions the single events of one advertiser make
// at once. While one is under way the next one forms; a second one beside it made
// both smaller, and cost a quarter more for each event.
const maxFlights = 1

// gatherer lets single events that are recorded at the same time share a
// transaction: group commit. Nobody waits for company. An event whose
// advertiser has no transaction under way gets one at once, and those that come
// while it runs make up the next one together. It keeps no goroutine but those
// of transactions that somebody waits for.
type gatherer struct {
	mu      sync.Mutex
	lines   map[tenant.ID]*line
	ready   []*line // those that wait for a place among most, the first one first
	flights int
	most    int // transactions at once, of all advertisers together
}

// line is the events of one advertiser.
type line struct {
	account Account
	waiting []*entry
	flights int
	queued  bool // stands in gatherer.ready
}

// entry is one event on its way. Its fields after event are guarded by the
// gatherer's mutex.
type entry struct {
	ctx    context.Context //nolint:containedctx // of the call that waits for it
	event  attribution.Event
	done   chan struct{} // closed once landed is set
	landed landing
	flight *flight // that took it; nil while it waits
	gone   bool    // its call has given up
}

// landing is what became of an event.
type landing struct {
	storage.Outcome
	panicked any // by the store; it is the caller's to panic with
}

// flight is a transaction under way.
type flight struct {
	entries []*entry
	left    int // entries whose calls still wait
	cancel  context.CancelFunc
}

func newGatherer(most int) *gatherer {
	return &gatherer{lines: make(map[tenant.ID]*line), most: most}
}

// record stores one event with the others that are there, and returns what
// became of it.
func (g *gatherer) record(ctx context.Context, a Account, event attribution.Event) (storage.Outcome, error) {
	if err := ctx.Err(); err != nil {
		return storage.Outcome{}, fault.Of(err)
	}
	e := &entry{ctx: ctx, event: event, done: make(chan struct{})}
	g.add(a, e)
	select {
	case <-e.done:
	case <-ctx.Done():
		if g.leave(e) {
			return storage.Outcome{}, fault.Of(ctx.Err())
		}
	}
	if e.landed.panicked != nil {
		panic(e.landed.panicked)
	}
	return e.landed.Outcome, e.landed.Err
}

// add puts an event in its line, and starts a transaction if it may.
func (g *gatherer) add(a Account, e *entry) {
	g.mu.Lock()
	defer g.mu.Unlock()
	owner := a.scope.Advertiser()
	l := g.lines[owner]
	if l == nil {
		l = &line{account: a}
		g.lines[owner] = l
	}
	l.waiting = append(l.waiting, e)
	g.queue(l)
	if g.flights < g.most {
		if next := g.next(); next != nil {
			g.flights++
			go g.fly(next)
		}
	}
}

// leave gives up an event. It reports false where there is an answer by now.
func (g *gatherer) leave(e *entry) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	select {
	case <-e.done:
		return false
	default:
	}
	e.gone = true
	if f := e.flight; f != nil {
		f.left--
		if f.left == 0 { // nobody wants to know any more
			f.cancel()
		}
	}
	return true
}

// queue lets a line wait for a transaction, if it needs and may have one more.
func (g *gatherer) queue(l *line) {
	if len(l.waiting) > 0 && l.flights < maxFlights && !l.queued {
		l.queued = true
		g.ready = append(g.ready, l)
	}
}

// next takes the line whose turn it is, or nil.
func (g *gatherer) next() *line {
	if len(g.ready) == 0 {
		return nil
	}
	l := g.ready[0]
	g.ready[0] = nil
	g.ready = g.ready[1:]
	l.queued = false
	l.flights++
	return l
}

// fly runs transactions, of one line after another, until none waits.
func (g *gatherer) fly(l *line) {
	for l != nil {
		if f, ctx := g.board(l); f != nil {
			g.settle(ctx, l.account, f.entries)
			f.cancel()
		}
		g.mu.Lock()
		l.flights--
		g.queue(l)
		if len(l.waiting) == 0 && l.flights == 0 {
			delete(g.lines, l.account.scope.Advertiser())
		}
		if l = g.next(); l == nil {
			g.flights--
		}
		g.mu.Unlock()
	}
}

// board takes the events that wait, as many as a batch may have; nil where all
// have been given up.
func (g *gatherer) board(l *line) (*flight, context.Context) {
	g.mu.Lock()
	defer g.mu.Unlock()
	f := &flight{}
	taken := 0
	for _, e := range l.waiting {
		if len(f.entries) == attribution.MaxBatch {
			break
		}
		taken++
		if !e.gone {
			e.flight = f
			f.entries = append(f.entries, e)
		}
	}
	clear(l.waiting[:taken])
	l.waiting = l.waiting[taken:]
	g.queue(l)
	if f.left = len(f.entries); f.left == 0 {
		return nil, nil
	}
	var ctx context.Context
	ctx, f.cancel = together(f.entries)
	return f, ctx
}

// together returns the context of a transaction for several calls: it lasts as
// long as the one that may wait the longest, and carries the values of the
// first.
func together(entries []*entry) (context.Context, context.CancelFunc) {
	ctx := context.WithoutCancel(entries[0].ctx)
	var last time.Time
	for _, e := range entries {
		deadline, set := e.ctx.Deadline()
		if !set {
			return context.WithCancel(ctx)
		}
		if deadline.After(last) {
			last = deadline
		}
	}
	return context.WithDeadline(ctx, last)
}

// settle records the events in one transaction and tells each call of its own.
// Where the store refuses them all because of one, that one is looked for by
// halves: the others must not fail with it.
func (g *gatherer) settle(ctx context.Context, a Account, entries []*entry) {
	outcomes, panicked, err := a.recordTogether(ctx, entries)
	guilty := panicked != nil || err != nil && fault.Of(err).Code != fault.Unavailable
	if guilty && len(entries) > 1 {
		half := len(entries) / 2
		g.settle(ctx, a, entries[:half])
		g.settle(ctx, a, entries[half:])
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	for i, e := range entries {
		if err != nil || panicked != nil {
			e.landed = landing{Outcome: storage.Outcome{Err: err}, panicked: panicked}
		} else {
			e.landed = landing{Outcome: outcomes[i]}
		}
		close(e.done)
	}
}

// recordTogether records the events in one transaction. A panic is returned:
// the goroutine is nobody's who could deal with it.
func (a Account) recordTogether(ctx context.Context, entries []*entry) (outcomes []storage.Outcome, panicked any, err error) {
	defer func() { panicked = recover() }()
	events := make([]attribution.Event, len(entries))
	for i, e := range entries {
		events[i] = e.event
	}
	outcomes, err = a.recordSettled(ctx, events)
	return outcomes, nil, err
}
