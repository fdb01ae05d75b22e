package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"time"

	_ "modernc.org/sqlite" // the driver "sqlite"

	"github.com/superher/superher/adapters/internal/sqlstore"
	"github.com/superher/superher/fault"
	"github.com/superher/superher/storage"
)

// Defaults of a Config.
const (
	DefaultTimeout = 10 * time.Second
	DefaultReaders = 4
)

// Room for pages in the memory of a connection; what does not fit there is
// mostly in that of the operating system. A page of 4 KB takes 8 KB: the
// allocator of the driver gives powers of two. The connection that writes keeps
// what a large batch changes, and as much as 16 MB in the log before it is moved
// into the file, so that a page that many commits change is moved once.
const (
	writing = "&_pragma=cache_size(-6144)&_pragma=wal_autocheckpoint(4096)"
	reading = "&_pragma=cache_size(-1024)"
)

// Config says where the data is.
type Config struct {
	// Path is the database file, required. It is created if it does not exist;
	// its directory has to exist. There is no database in memory: adapters/memory
	// is for that.
	Path string
	// Timeout ends a call whose context has no deadline, and is how long a write
	// waits for other processes; 0 means DefaultTimeout. Only EachEvent, which
	// lasts as long as its consumer, has no end of its own.
	Timeout time.Duration
	// Readers is the number of reads at the same time; 0 means DefaultReaders. At
	// most half of them, but at least one, may be of EachEvent outside a Write; a
	// further one waits two seconds for its turn and is then fault.Unavailable
	// "store-busy".
	Readers int
}

// Store is a storage.Store in a SQLite file. It is safe for concurrent use, also
// by several processes.
type Store struct {
	storage.Store
	engine *engine
}

// Open opens the file of the config, creates it if needed, and brings its
// tables up to date. Several processes may do so at once.
//
// The error is fault.Invalid for a bad config, naming the setting, and
// fault.Unavailable otherwise: "schema-newer" for a file that a later version
// of superher has written, "store-unreachable" for one that cannot be opened.
// Only ctx bounds the time that the tables of a large file take.
func Open(ctx context.Context, config Config) (*Store, error) {
	config.Timeout = cmp.Or(config.Timeout, DefaultTimeout)
	config.Readers = cmp.Or(config.Readers, DefaultReaders)
	if err := config.check(); err != nil {
		return nil, err
	}
	if err := touch(config.Path); err != nil {
		return nil, err
	}
	writer, err := open(config, "_txlock=immediate&_pragma=temp_store(1)"+writing, 1) // temporary tables in files
	if err != nil {
		return nil, err
	}
	err = useWAL(ctx, writer, max(config.Timeout, DefaultTimeout))
	if err == nil {
		err = migrate(ctx, config)
	}
	var readers *sql.DB
	if err == nil {
		readers, err = open(config, "_txlock=deferred&_pragma=query_only(1)"+reading, config.Readers)
	}
	if err != nil {
		_ = writer.Close()
		return nil, err
	}
	e := &engine{writer: newWriter(writer, config.Timeout), readers: readers, timeout: config.Timeout, exports: sqlstore.NewExports(config.Readers)}
	return &Store{Store: sqlstore.New(e), engine: e}, nil
}

// Close closes the file. Calls that still run fail with fault.Unavailable.
func (s *Store) Close() error {
	if err := errors.Join(s.engine.readers.Close(), s.engine.writer.close()); err != nil {
		return translate(context.Background(), err)
	}
	return nil
}

func (c Config) check() error {
	var checks fault.Checks
	checks.That(c.Timeout > 0, "timeout", "out-of-range", "Config.Timeout must not be negative")
	checks.That(c.Readers > 0, "readers", "out-of-range", "Config.Readers must not be negative")
	if checks.That(c.Path != "", "path", "required", "Config.Path must name the database file") &&
		checks.That(c.Path != ":memory:", "path", "not-a-file", "Config.Path must name a file; use adapters/memory for a store in memory") {
		directory, err := os.Stat(filepath.Dir(c.Path))
		checks.That(err == nil && directory.IsDir(), "path", "directory-missing", "the directory of Config.Path must exist")
		file, err := os.Stat(c.Path)
		checks.That(err != nil || file.Mode().IsRegular(), "path", "not-a-file", "Config.Path must name a regular file")
	}
	return checks.Err()
}

// touch creates the file, for its owner alone: it holds names and addresses of
// people. SQLite gives the files beside it the same mode.
func touch(path string) error {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600) //nolint:gosec // the path is the caller's own configuration
	if err != nil {
		return fault.Wrap(err, fault.Unavailable, "store-unreachable", "the file of Config.Path cannot be opened for writing")
	}
	if err := file.Close(); err != nil {
		return fault.Wrap(err, fault.Unavailable, "store-unreachable", "the file of Config.Path cannot be written")
	}
	return nil
}

// open returns a pool of at most so many connections.
func open(config Config, options string, connections int) (*sql.DB, error) {
	path, err := filepath.Abs(config.Path)
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "not-a-file", "Config.Path cannot be resolved")
	}
	name := "file:" + (&url.URL{Path: filepath.ToSlash(path)}).EscapedPath() +
		"?_pragma=busy_timeout(" + strconv.FormatInt(config.Timeout.Milliseconds(), 10) + ")" +
		"&_pragma=foreign_keys(1)&_pragma=synchronous(full)&" + options
	db, err := sql.Open("sqlite", name)
	if err != nil {
		return nil, translate(context.Background(), err)
	}
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	return db, nil
}

// useWAL sets the journal mode, which is kept in the file. The switch does not
// wait for another process that does the same, so it is tried again.
func useWAL(ctx context.Context, db *sql.DB, patience time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		var mode string
		err := db.QueryRowContext(ctx, "PRAGMA journal_mode = wal").Scan(&mode)
		switch {
		case err == nil && mode == "wal":
			return nil
		case err == nil:
			return fault.New(fault.Unavailable, "store-unreachable", "the file of Config.Path does not support write-ahead logging")
		case !isBusy(err):
			return translate(ctx, err)
		}
		if pause(ctx, retryPause) != nil {
			return busy(err)
		}
	}
}
