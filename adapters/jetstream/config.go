package jetstream

import (
	"cmp"
	"log/slog"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/superher/superher/clicks"
	"github.com/superher/superher/fault"
)

// Defaults and limits of a Config.
const (
	DefaultStream   = "superher-clicks"
	DefaultMaxBytes = 1 << 30
	MinBytes        = 1 << 20
	DefaultFsync    = time.Second
	// EveryVisit as Config.Fsync flushes each visit to the disk before it is
	// acknowledged.
	EveryVisit     = time.Duration(-1)
	DefaultWindow  = 4096
	DefaultTimeout = 2 * time.Second
	DefaultAckWait = 30 * time.Second
	MinAckWait     = time.Second
	MaxReplicas    = 5
)

// Publish says when Record returns.
type Publish string

// The ways to publish.
const (
	Sync  Publish = "sync"  // when the stream has acknowledged the visit
	Async Publish = "async" // at once, as long as there is room in the window
)

// Config says where visits are kept. Dir is required without URL, Key with it.
type Config struct {
	// URL is the address of a NATS cluster, or several separated by commas; empty
	// means an embedded server that nobody else can reach.
	URL string
	// Options are further options of the connection, for example credentials.
	Options []nats.Option
	// Dir is the folder of the embedded server; it is made if it is missing.
	Dir string
	// Key is the secret of 32 bytes under which visits are sealed, the same on all
	// nodes. An embedded server without one makes its own and keeps it in a file
	// beside Dir, named like it with the ending ".key".
	Key []byte
	// Publish is how visits are published; empty means Sync.
	Publish Publish
	// Window is how many visits may be unacknowledged with Async; 0 means
	// DefaultWindow.
	Window int
	// Timeout is how long Record waits for an acknowledgement with Sync at most,
	// from its beginning; meanwhile the message is published again where that may
	// help. Once the stream was silent for that long, Record fails at once, but for
	// one that tries the stream after each of ever longer pauses, up to
	// clicks.LongestPause. With Async it is the time for a message. 0 means
	// DefaultTimeout.
	Timeout time.Duration
	// MaxBytes is how much the stream holds, at least MinBytes; 0 means
	// DefaultMaxBytes.
	MaxBytes int64
	// Replicas is on how many nodes of a cluster each visit is kept, at most
	// MaxReplicas; 0 means 1. An embedded server has 1.
	Replicas int
	// Fsync is how often the embedded server flushes its files to the disk; 0 means
	// DefaultFsync. EveryVisit is slow.
	Fsync time.Duration
	// Stream is the name of the stream and its subject; empty means DefaultStream.
	Stream string
	// AckWait is after which time the visits of a consumer that died are delivered
	// to others, at least MinAckWait; 0 means DefaultAckWait.
	AckWait time.Duration
	// Log is told of visits that wait or are given up, and what the embedded server
	// complains about; nil is silent.
	Log *slog.Logger
}

// checked returns the config with its defaults, or fault.Invalid.
func (c Config) checked() (Config, error) {
	c.Publish = cmp.Or(c.Publish, Sync)
	c.Window = cmp.Or(c.Window, DefaultWindow)
	c.Timeout = cmp.Or(c.Timeout, DefaultTimeout)
	c.MaxBytes = cmp.Or(c.MaxBytes, DefaultMaxBytes)
	c.Replicas = cmp.Or(c.Replicas, 1)
	c.Fsync = cmp.Or(c.Fsync, DefaultFsync)
	c.Stream = cmp.Or(c.Stream, DefaultStream)
	c.AckWait = cmp.Or(c.AckWait, DefaultAckWait)
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	var checks fault.Checks
	checks.That(c.URL != "" || c.Dir != "", "dir", "required", "an embedded server needs a folder")
	checks.That(c.URL == "" || len(c.Key) > 0, "key", "required", "the nodes of a cluster share a key")
	checks.That(len(c.Key) == 0 || len(c.Key) == clicks.KeySize, "key", "clicks-key-length", "the key that seals clicks has 32 bytes")
	checks.That(c.Publish == Sync || c.Publish == Async, "publish", "unknown-publish", "visits are published sync or async")
	checks.That(c.Window > 0, "window", "out-of-range", "the window has room for one visit at least")
	checks.That(c.Timeout > 0, "timeout", "out-of-range", "the timeout is longer than nothing")
	checks.That(c.MaxBytes >= MinBytes, "max_bytes", "out-of-range", "the stream holds a megabyte at least")
	checks.That(c.Replicas >= 1 && c.Replicas <= MaxReplicas && (c.URL != "" || c.Replicas == 1), "replicas", "out-of-range",
		"a cluster keeps one to five replicas, an embedded server one")
	checks.That(c.Fsync > 0 || c.Fsync == EveryVisit, "fsync", "out-of-range", "the interval is longer than nothing")
	checks.That(validName(c.Stream), "stream", "malformed-name", "the name of a stream has letters, digits, - and _ only")
	checks.That(c.AckWait >= MinAckWait, "ack_wait", "out-of-range", "the wait is a second at least")
	return c, checks.Err()
}

// validName reports whether a name may be that of a stream and of its subject.
func validName(name string) bool {
	for i := range len(name) {
		c := name[i]
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' && c != '_' {
			return false
		}
	}
	return name != "" && len(name) <= 64
}
