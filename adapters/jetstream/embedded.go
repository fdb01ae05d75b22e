package jetstream

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/superher/superher/clicks"
	"github.com/superher/superher/fault"
)

// startTime is how long an embedded server may take to be ready; recovering a
// full stream takes a while.
const startTime = time.Minute

// embedded is a server in this process and the lock on its folder.
type embedded struct {
	cfg  Config
	lock *os.File

	mu     sync.Mutex
	server *server.Server
}

// startEmbedded starts a server over the folder of the config and returns the
// key beside it, or the one of the config.
func startEmbedded(cfg Config) (_ *embedded, key []byte, err error) {
	cfg.Dir = filepath.Clean(cfg.Dir)
	if err := os.MkdirAll(cfg.Dir, 0o700); err != nil {
		return nil, nil, unusable(err)
	}
	e := &embedded{cfg: cfg}
	defer func() {
		if err != nil {
			e.stop()
		}
	}()
	if e.lock, err = lockFile(cfg.Dir + ".lock"); err != nil {
		return nil, nil, err
	}
	if key = cfg.Key; len(key) == 0 {
		if key, err = keyFile(cfg.Dir + ".key"); err != nil {
			return nil, nil, err
		}
	}
	if err := e.start(); err != nil {
		return nil, nil, unusable(err)
	}
	return e, key, nil
}

// start starts a server. Clients find it once it is ready.
func (e *embedded) start() error {
	s, err := server.NewServer(&server.Options{
		ServerName: "superher", DontListen: true, NoSigs: true,
		JetStream: true, DisableJetStreamBanner: true, StoreDir: e.cfg.Dir,
		JetStreamMaxStore: 2*e.cfg.MaxBytes + MinBytes, JetStreamMaxMemory: MinBytes,
		SyncAlways: e.cfg.Fsync == EveryVisit, SyncInterval: max(e.cfg.Fsync, 0),
	})
	if err != nil {
		return err
	}
	s.SetLoggerV2(serverLog{e.cfg.Log}, false, false, false)
	s.Start()
	if !s.ReadyForConnections(startTime) || !s.JetStreamEnabled() {
		end(s)
		return errors.New("the embedded server does not become ready")
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.server = s
	return nil
}

func end(s *server.Server) {
	s.Shutdown()
	s.WaitForShutdown()
}

func (e *embedded) current() *server.Server {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.server
}

// InProcessConn implements nats.InProcessConnProvider: a client that has lost
// its connection finds the server that runs now.
func (e *embedded) InProcessConn() (net.Conn, error) { return e.current().InProcessConn() }

// mend starts the server again if its stream is broken: after a write that
// failed, on a full disk for example, a stream takes nothing more in the life of
// its server. The error is why that did not help, or cannot yet.
func (e *embedded) mend() (restarted bool, err error) {
	s := e.current()
	state := s.Healthz(nil)
	if state.StatusCode == http.StatusOK {
		return false, nil // it is slow, or was
	}
	if err := e.tryFolder(); err != nil {
		return false, err
	}
	e.cfg.Log.Warn("the embedded server of the clicks is started again", "cause", state.Error)
	end(s)
	err = e.start()
	return err == nil, err
}

// tryFolder writes as much as the largest message has.
func (e *embedded) tryFolder() error {
	file, err := os.CreateTemp(e.cfg.Dir, "room-*")
	if err != nil {
		return err
	}
	_, err = file.Write(make([]byte, messageSize))
	return errors.Join(err, file.Sync(), file.Close(), os.Remove(file.Name()))
}

// stop ends the server, if it runs, and gives the folder back.
func (e *embedded) stop() {
	if e == nil {
		return
	}
	if s := e.current(); s != nil {
		end(s)
	}
	if e.lock != nil {
		_ = e.lock.Close() // which unlocks it
	}
}

// unusable returns fault.Unavailable "clicks-store" with a cause.
func unusable(cause error) *fault.Error {
	return fault.Wrap(cause, fault.Unavailable, "clicks-store", "the folder of the clicks cannot be used")
}

// keyFile returns the key of a file, which is made, readable by its owner only,
// if it is missing.
func keyFile(path string) ([]byte, error) {
	key, err := os.ReadFile(path) //nolint:gosec // the path is the operator's
	if errors.Is(err, fs.ErrNotExist) {
		return makeKey(path)
	}
	if err != nil {
		return nil, unusable(err)
	}
	if len(key) != clicks.KeySize {
		return nil, fault.New(fault.Invalid, "clicks-key-length", "the key file of the clicks does not have 32 bytes")
	}
	return key, nil
}

// makeKey writes a new key and has it on the disk before it is used.
func makeKey(path string) ([]byte, error) {
	key := make([]byte, clicks.KeySize)
	if _, err := io.ReadFull(rand.Reader, key); err != nil {
		return nil, fault.Wrap(err, fault.Internal, "random-source-failed", "no key could be made")
	}
	file, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*") // with mode 0600
	if err != nil {
		return nil, unusable(err)
	}
	_, err = file.Write(key)
	err = errors.Join(err, file.Sync(), file.Close())
	if err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err == nil {
		err = syncFolder(filepath.Dir(path))
	}
	if err != nil {
		return nil, unusable(errors.Join(err, os.Remove(file.Name())))
	}
	return key, nil
}

func syncFolder(path string) error {
	folder, err := os.Open(path) //nolint:gosec // the path is the operator's
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}

// serverLog passes on what the embedded server warns of; it has no secrets and
// no visits in its texts.
type serverLog struct{ log *slog.Logger }

func (l serverLog) say(level slog.Level, format string, v []any) {
	if ctx := context.Background(); l.log.Enabled(ctx, level) {
		l.log.Log(ctx, level, "embedded NATS: "+fmt.Sprintf(format, v...))
	}
}

func (l serverLog) Noticef(format string, v ...any) { l.say(slog.LevelDebug, format, v) }
func (l serverLog) Warnf(format string, v ...any)   { l.say(slog.LevelWarn, format, v) }
func (l serverLog) Errorf(format string, v ...any)  { l.say(slog.LevelError, format, v) }
func (l serverLog) Fatalf(format string, v ...any)  { l.say(slog.LevelError, format, v) }
func (l serverLog) Debugf(string, ...any)           {}
func (l serverLog) Tracef(string, ...any)           {}
