package jetstream

import (
	"context"
	"errors"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/superher/superher/clicks"
)

const (
	pullSize  = 20              // messages in one request, at most 5 MB
	batchSize = 1000            // visits from which on no more are pulled, and in one offer to the sink at most
	pullTime  = 5 * time.Second // how long one request waits for a first message
	ackTime   = 5 * time.Second // for the confirmation of a batch's acknowledgements
)

// batch is what was pulled together: the visits of all messages in a row, and
// how many of them each message has.
type batch struct {
	messages []jetstream.Msg
	counts   []int
	visits   []clicks.Visit
}

// Run implements clicks.Recorder. Once ctx is done it goes on until nothing
// waits, for clicks.FlushTime at most. What is left then the stream keeps for
// the next process, or for others that run now.
func (r *Recorder) Run(ctx context.Context, sink clicks.Sink) error {
	var b batch
	for pause := clicks.FirstPause; ctx.Err() == nil; {
		err := r.renew(ctx)
		if err == nil {
			b, err = r.pull(ctx)
		}
		if err != nil && ctx.Err() == nil {
			r.cfg.Log.WarnContext(ctx, "clicks cannot be pulled", "error", err)
			if gone(err) {
				r.stale.Store(true)
			}
			wait(ctx, pause)
			pause = min(2*pause, clicks.LongestPause)
			continue
		}
		pause = clicks.FirstPause
		visits, began := b.visits, time.Now()
		b = r.deliver(ctx, sink, b)
		clicks.Rest(ctx, visits, time.Since(began), time.Now())
	}
	flushing, cancel := context.WithTimeout(context.WithoutCancel(ctx), clicks.FlushTime)
	defer cancel()
	r.quiet(flushing)
	for {
		if b = r.deliver(flushing, sink, b); len(b.messages) > 0 {
			r.giveBack(b)
			return nil
		}
		var err error
		if b, err = r.pullNow(); err != nil || len(b.messages) == 0 {
			return nil
		}
	}
}

// quiet waits until the stream has answered for what was recorded so far.
func (r *Recorder) quiet(ctx context.Context) {
	r.publisher.mu.Lock()
	last := r.publisher.last
	r.publisher.mu.Unlock()
	if last == nil {
		return
	}
	select {
	case <-last.done:
	case <-ctx.Done():
	}
}

func wait(ctx context.Context, pause time.Duration) {
	select {
	case <-time.After(pause):
	case <-ctx.Done():
	}
}

// gone reports whether an error of a pull says that nobody answers to the
// consumer's name.
func gone(err error) bool {
	return errors.Is(err, jetstream.ErrConsumerDeleted) || errors.Is(err, jetstream.ErrConsumerNotFound) ||
		errors.Is(err, jetstream.ErrStreamNotFound) || errors.Is(err, nats.ErrNoResponders)
}

// renew makes stream and consumer again if that has to be. Run holds no message
// then.
func (r *Recorder) renew(ctx context.Context) error {
	if !r.stale.Swap(false) {
		return nil
	}
	_, consumer, err := r.prepare(ctx)
	if err != nil {
		r.stale.Store(true)
		return err
	}
	r.consumer = consumer
	return nil
}

// pull returns what is there, or waits for a first message.
func (r *Recorder) pull(ctx context.Context) (batch, error) {
	b, err := r.pullNow()
	if err != nil || len(b.messages) > 0 {
		return b, err
	}
	waiting, cancel := context.WithTimeout(ctx, pullTime)
	defer cancel()
	pulled, err := r.consumer.Fetch(1, jetstream.FetchContext(waiting))
	if err == nil {
		_, err = r.open(&b, pulled)
	}
	return b, err
}

// pullNow returns what is there, up to a batch and one request more. An error
// that comes behind messages is left for the next pull to meet.
func (r *Recorder) pullNow() (b batch, err error) {
	for range batchSize / pullSize {
		var n int
		pulled, failed := r.consumer.FetchNoWait(pullSize)
		if failed == nil {
			n, failed = r.open(&b, pulled)
		}
		if err = failed; err != nil || n < pullSize || len(b.visits) >= batchSize {
			break
		}
	}
	if len(b.messages) > 0 {
		return b, nil
	}
	return b, err
}

// open adds the visits of what was pulled to a batch, and returns how many
// messages came. Visits that this key does not open are counted as refused, and a
// message without any other is given up.
func (r *Recorder) open(b *batch, pulled jetstream.MessageBatch) (messages int, err error) {
	for m := range pulled.Messages() {
		messages++
		before := len(b.visits)
		sealed, ok := split(m.Data())
		if !ok {
			r.refuse()
		}
		for _, one := range sealed {
			v, err := r.sealer.Open(one)
			if err != nil {
				r.refuse()
				continue
			}
			b.visits = append(b.visits, v)
		}
		if len(b.visits) == before {
			_ = m.Term()
			continue
		}
		b.messages = append(b.messages, m)
		b.counts = append(b.counts, len(b.visits)-before)
	}
	return messages, pulled.Error()
}

func (r *Recorder) refuse() {
	r.tally.Refused(1)
	if n, due := r.unopened.add(1, time.Now()); due {
		r.cfg.Log.Error("clicks cannot be opened: were they sealed with another key?", "count", n)
	}
}

// deliver hands a batch to the sink, acknowledges the messages that are settled
// and returns the rest, which there is once ctx has ended. Meanwhile the batch
// stays ours.
func (r *Recorder) deliver(ctx context.Context, sink clicks.Sink, b batch) batch {
	if len(b.visits) == 0 {
		return batch{}
	}
	stop := r.keep(b.messages)
	defer stop()
	for len(b.visits) > 0 {
		offer := b.visits[:min(batchSize, len(b.visits))]
		left := clicks.Deliver(ctx, sink, offer, &r.tally, r.cfg.Log)
		settled := b.settle(len(offer) - len(left)) // what is left are the last ones
		r.acknowledge(context.WithoutCancel(ctx), settled)
		if len(left) > 0 {
			break
		}
	}
	return b
}

// settle takes the first n visits off the batch, and returns the messages that
// have no others.
func (b *batch) settle(n int) []jetstream.Msg {
	b.visits = b.visits[n:]
	done := 0
	for done < len(b.counts) && b.counts[done] <= n {
		n -= b.counts[done]
		done++
	}
	settled := b.messages[:done]
	b.messages, b.counts = b.messages[done:], b.counts[done:]
	if n > 0 {
		b.counts[0] -= n
	}
	return settled
}

// keep tells the stream, until stop is called, that messages are worked on.
func (r *Recorder) keep(messages []jetstream.Msg) (stop func()) {
	over, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(r.cfg.AckWait / 3)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				for _, m := range messages {
					_ = m.InProgress() // an error says that it is acknowledged
				}
			case <-over:
				return
			}
		}
	}()
	return func() { close(over); <-ended }
}

// acknowledge removes messages from the stream. Should that fail they come
// again, and the store knows their visits.
func (r *Recorder) acknowledge(ctx context.Context, messages []jetstream.Msg) {
	if len(messages) == 0 {
		return
	}
	last := len(messages) - 1
	for _, m := range messages[:last] {
		_ = m.Ack()
	}
	ctx, cancel := context.WithTimeout(ctx, ackTime)
	defer cancel()
	if err := messages[last].DoubleAck(ctx); err != nil { // in order, so it confirms all
		r.cfg.Log.WarnContext(ctx, "clicks that are stored may be offered to the store again", "messages", len(messages), "error", err)
	}
}

// giveBack lets others have a batch at once.
func (r *Recorder) giveBack(b batch) {
	for _, m := range b.messages {
		_ = m.Nak()
	}
	_ = r.conn.Flush()
}
