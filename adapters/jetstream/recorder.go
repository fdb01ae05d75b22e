package jetstream

import (
	"context"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/superher/superher/clicks"
	"github.com/superher/superher/fault"
)

// Sizes and times of a recorder.
const (
	consumerName   = "loader"
	mostUnsettled  = 6400        // messages delivered and not acknowledged, over all consumers
	mostWaiting    = 16_384      // Records that wait for an acknowledgement, with Sync
	headerSize     = 1 << 10     // more than that of a message
	statsTime      = time.Second // for a question about the stream
	reconnectPause = 100 * time.Millisecond
)

// Recorder is a clicks.Recorder over a stream.
type Recorder struct {
	cfg      Config
	sealer   *clicks.Sealer
	embedded *embedded // nil with a cluster
	conn     *nats.Conn
	js       jetstream.JetStream
	stream   jetstream.Stream
	consumer jetstream.Consumer

	tally     clicks.Tally
	publisher publisher
	unopened  complaints  // of Run
	stale     atomic.Bool // stream and consumer have to be made again
	closing   chan struct{}
	once      sync.Once // of closing
	mu        sync.Mutex
	last      clicks.Stats // waiting and bytes, as they were when the stream answered last
}

var _ clicks.Recorder = (*Recorder)(nil)

// Open starts an embedded server or connects to a cluster, and makes the stream
// and its consumer where they are missing. A bad config is fault.Invalid, a
// folder that another process has open fault.Conflict "clicks-store-in-use", a
// folder or cluster that cannot be used fault.Unavailable, an embedded server on
// a platform without file locks fault.Unsupported. Close gives back what was
// opened.
func Open(ctx context.Context, cfg Config) (_ *Recorder, err error) {
	cfg, err = cfg.checked()
	if err != nil {
		return nil, err
	}
	r := &Recorder{cfg: cfg, closing: make(chan struct{})}
	defer func() {
		if err != nil {
			r.Close()
		}
	}()
	key := cfg.Key
	if cfg.URL == "" {
		if r.embedded, key, err = startEmbedded(cfg); err != nil {
			return nil, err
		}
	}
	if r.sealer, err = clicks.NewSealer(key); err != nil {
		return nil, err
	}
	if err := r.connect(); err != nil {
		return nil, unreachable(err)
	}
	if r.stream, r.consumer, err = r.prepare(ctx); err != nil {
		return nil, unreachable(err)
	}
	return r, nil
}

// Close ends the connection and the embedded server. Call it after Run has
// returned and nobody records any more.
func (r *Recorder) Close() {
	r.once.Do(func() { close(r.closing) })
	r.publisher.idle.Wait()
	if r.conn != nil {
		r.conn.Close()
	}
	r.embedded.stop()
}

func (r *Recorder) connect() error {
	options := []nats.Option{
		nats.Name("superher"), nats.MaxReconnects(-1), nats.ReconnectWait(reconnectPause),
		nats.ReconnectBufSize(-1), // who publishes without a connection is told so, not held in memory
	}
	if r.embedded != nil {
		options = append(options, nats.InProcessServer(r.embedded))
	}
	var err error
	if r.conn, err = nats.Connect(r.cfg.URL, append(options, r.cfg.Options...)...); err != nil {
		return err
	}
	r.js, err = jetstream.New(r.conn)
	return err
}

// prepare makes stream and consumer. An embedded server's consumer is made anew:
// nobody is left who could acknowledge what the old one has handed out, so that
// need not be waited for.
func (r *Recorder) prepare(ctx context.Context) (jetstream.Stream, jetstream.Consumer, error) {
	stream, err := r.js.CreateOrUpdateStream(ctx, jetstream.StreamConfig{
		Name: r.cfg.Stream, Description: "visits on their way to superher's store", Subjects: []string{r.cfg.Stream + ".*"},
		Retention: jetstream.WorkQueuePolicy, Discard: jetstream.DiscardNew, Storage: jetstream.FileStorage,
		MaxBytes: r.cfg.MaxBytes, MaxMsgSize: messageSize + headerSize, Replicas: r.cfg.Replicas,
		Duplicates: 2 * r.cfg.Timeout, // a message is tried again for as long as its timeout
	})
	if err != nil {
		return nil, nil, err
	}
	if r.embedded != nil {
		_ = stream.DeleteConsumer(ctx, consumerName) // there is none the first time
	}
	consumer, err := stream.CreateOrUpdateConsumer(ctx, jetstream.ConsumerConfig{
		Durable: consumerName, AckPolicy: jetstream.AckExplicitPolicy, AckWait: r.cfg.AckWait,
		MaxDeliver: -1, MaxAckPending: mostUnsettled, MaxRequestBatch: pullSize,
	})
	return stream, consumer, err
}

// unreachable returns fault.Unavailable "clicks-unreachable" with a cause.
func unreachable(cause error) *fault.Error {
	return fault.Wrap(cause, fault.Unavailable, "clicks-unreachable", "NATS cannot be reached, or has no JetStream")
}

// Stats implements clicks.Recorder. Waiting and Bytes are those of the stream,
// whoever has recorded them; they are a little old while it does not answer.
func (r *Recorder) Stats() clicks.Stats {
	ctx, cancel := context.WithTimeout(context.Background(), statsTime)
	defer cancel()
	r.quiet(ctx)
	waiting, bytes, err := r.waiting(ctx)
	r.mu.Lock()
	defer r.mu.Unlock()
	if err == nil {
		r.last = clicks.Stats{Waiting: waiting, Bytes: bytes}
	}
	return r.tally.Stats(r.last.Waiting, r.last.Bytes)
}

// waiting asks the stream how many visits it holds. The subject of a message
// ends with the number of its visits, and the stream counts messages by subject.
func (r *Recorder) waiting(ctx context.Context) (visits, bytes int64, err error) {
	info, err := r.stream.Info(ctx, jetstream.WithSubjectFilter(r.cfg.Stream+".*"))
	if err != nil {
		return 0, 0, err
	}
	for subject, messages := range info.State.Subjects {
		n, err := strconv.ParseInt(strings.TrimPrefix(subject, r.cfg.Stream+"."), 10, 64)
		if err != nil || n < 1 { // not one of ours
			n = 1
		}
		visits += n * int64(messages)
	}
	return visits, int64(info.State.Bytes), nil
}
