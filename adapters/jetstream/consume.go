package jetstream

import (
	"context"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/superher/superher/clicks"
)

const (
	pullSize  = 200             // messages in one request
	batchSize = 1000            // visits in one offer to the sink, at most
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
		var err error
		if b, err = r.pull(ctx); err != nil && ctx.Err() == nil {
			r.cfg.Log.WarnContext(ctx, "clicks cannot be pulled", "error", err)
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

// pull returns what is there, or waits for a first message.
func (r *Recorder) pull(ctx context.Context) (batch, error) {
	b, err := r.pullNow()
	if err != nil || len(b.messages) > 0 {
		return b, err
	}
	waiting, cancel := context.WithTimeout(ctx, pullTime)
	defer cancel()
	pulled, err := r.consumer.Fetch(1, jetstream.FetchContext(waiting))
	if err != nil {
		return batch{}, err
	}
	return r.open(pulled), nil
}

// pullNow returns what is there.
func (r *Recorder) pullNow() (batch, error) {
	pulled, err := r.consumer.FetchNoWait(pullSize)
	if err != nil {
		return batch{}, err
	}
	return r.open(pulled), nil
}

// open returns the visits of what was pulled. Those that this key does not open
// are counted as refused, and a message without any other is given up.
func (r *Recorder) open(pulled jetstream.MessageBatch) batch {
	var b batch
	for m := range pulled.Messages() {
		before := len(b.visits)
		sealed, ok := split(m.Data())
		if !ok {
			r.refuse(1)
		}
		for _, one := range sealed {
			v, err := r.sealer.Open(one)
			if err != nil {
				r.refuse(1)
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
	return b
}

func (r *Recorder) refuse(n int) {
	r.tally.Refused(n)
	r.cfg.Log.Error("a click cannot be opened: was it sealed with another key?")
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
