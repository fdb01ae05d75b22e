package jetstream

import (
	"context"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/superher/superher/clicks"
)

const (
	batchSize  = 1000            // visits in one offer to the sink, at most
	pullTime   = 5 * time.Second // how long one request waits for a first visit
	ackTime    = 5 * time.Second // for the confirmation of a batch's acknowledgements
	firstPause = 50 * time.Millisecond
	mostPause  = 5 * time.Second
)

// batch is what was pulled together: messages and the visits in them.
type batch struct {
	messages []jetstream.Msg
	visits   []clicks.Visit
}

// Run implements clicks.Recorder. Once ctx is done it goes on until nothing
// waits, for clicks.FlushTime at most. What is left then the stream keeps for
// the next process, or for others that run now.
func (r *Recorder) Run(ctx context.Context, sink clicks.Sink) error {
	var b batch
	for pause := firstPause; ctx.Err() == nil; {
		var err error
		if b, err = r.pull(ctx); err != nil && ctx.Err() == nil {
			r.cfg.Log.WarnContext(ctx, "clicks cannot be pulled", "error", err)
			wait(ctx, pause)
			pause = min(2*pause, mostPause)
			continue
		}
		pause = firstPause
		b = r.deliver(ctx, sink, b)
	}
	flushing, cancel := context.WithTimeout(context.WithoutCancel(ctx), clicks.FlushTime)
	defer cancel()
	for {
		if b = r.deliver(flushing, sink, b); len(b.messages) > 0 {
			r.giveBack(b)
			return nil
		}
		var err error
		if b, err = r.pullNow(flushing, batchSize); err != nil || len(b.messages) == 0 {
			return nil
		}
	}
}

func wait(ctx context.Context, pause time.Duration) {
	select {
	case <-time.After(pause):
	case <-ctx.Done():
	}
}

// pull waits for a first visit and returns what else is there.
func (r *Recorder) pull(ctx context.Context) (batch, error) {
	b, err := r.pullNow(ctx, batchSize)
	if err != nil || len(b.messages) > 0 {
		return b, err
	}
	waiting, cancel := context.WithTimeout(ctx, pullTime)
	defer cancel()
	pulled, err := r.consumer.Fetch(1, jetstream.FetchContext(waiting))
	if err != nil {
		return batch{}, err
	}
	b = r.open(b, pulled)
	return b, nil
}

// pullNow returns what is there.
func (r *Recorder) pullNow(ctx context.Context, most int) (batch, error) {
	pulled, err := r.consumer.FetchNoWait(most)
	if err != nil {
		return batch{}, err
	}
	return r.open(batch{}, pulled), nil
}

// open adds what was pulled to a batch. A message that holds no visit of this
// key is counted as refused, and given up.
func (r *Recorder) open(b batch, pulled jetstream.MessageBatch) batch {
	for m := range pulled.Messages() {
		v, err := r.sealer.Open(m.Data())
		if err != nil {
			r.tally.Refused(1)
			r.cfg.Log.Error("a click cannot be opened: was it sealed with another key?", "error", err)
			_ = m.Term()
			continue
		}
		b.messages = append(b.messages, m)
		b.visits = append(b.visits, v)
	}
	return b
}

// deliver hands a batch to the sink, acknowledges what is settled and returns
// the rest, which there is once ctx has ended. Meanwhile the batch stays ours.
func (r *Recorder) deliver(ctx context.Context, sink clicks.Sink, b batch) batch {
	if len(b.visits) == 0 {
		return batch{}
	}
	stop := r.keep(b)
	left := clicks.Deliver(ctx, sink, b.visits, &r.tally, r.cfg.Log)
	stop()
	settled := len(b.messages) - len(left) // what is left are the last ones
	r.acknowledge(context.WithoutCancel(ctx), b.messages[:settled])
	return batch{messages: b.messages[settled:], visits: left}
}

// keep tells the stream, until stop is called, that a batch is being worked on.
func (r *Recorder) keep(b batch) (stop func()) {
	over, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(r.cfg.AckWait / 3)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				for _, m := range b.messages {
					_ = m.InProgress()
				}
			case <-over:
				return
			}
		}
	}()
	return func() { close(over); <-ended }
}

// acknowledge removes messages from the stream. Should that fail they come
// again, and the store knows them.
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
		r.cfg.Log.WarnContext(ctx, "clicks that are stored may be offered to the store again", "count", len(messages), "error", err)
	}
}

// giveBack lets others have a batch at once.
func (r *Recorder) giveBack(b batch) {
	for _, m := range b.messages {
		_ = m.Nak()
	}
	_ = r.conn.Flush()
}
