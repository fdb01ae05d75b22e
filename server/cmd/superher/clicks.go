package main

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"go.opentelemetry.io/otel/metric"

	"github.com/superher/superher/adapters/journal"
	"github.com/superher/superher/clicks"
	"github.com/superher/superher/fault"
)

// Where the clicks of redirects wait for the database.
const (
	inJournal    = "journal"   // on disk
	inJetStream  = "jetstream" // in NATS, in this process or elsewhere
	inMemory     = "memory"
	clicksSuffix = ".clicks" // of the directory beside a SQLite file
	clicksFolder = "superher-clicks"
)

// clicksSettings say how the clicks of redirects are kept.
type clicksSettings struct {
	settings  settings
	kind, dir *string
	fsync     *time.Duration
	limit     *int64
	nats      natsSettings
}

func (s settings) clicks() clicksSettings {
	return clicksSettings{
		settings: s,
		kind: s.choice("clicks", inJournal, "where clicks wait for the database: `journal, jetstream or memory`; what waits in memory is lost with the process",
			inJournal, inJetStream, inMemory),
		dir: s.String("clicks-dir", "", "`directory` of the journal or the embedded NATS server, of this process alone "+
			"(default: the SQLite file with .clicks or .jetstream, or superher-clicks or superher-jetstream)"),
		fsync: s.span("clicks-fsync", time.Second, 0, time.Hour,
			"`time` after which it is forced to the disk at the latest: what a power cut may cost; 0s: before each redirect is answered"),
		limit: s.size("clicks-limit", journal.DefaultLimit, journal.MinLimit, "`size` of what may wait in it, like 512MiB; clicks beyond it are lost"),
		nats:  s.nats(),
	}
}

// choose settles the directory, given the SQLite file, if there is one.
func (c clicksSettings) choose(file string) error {
	s := c.settings
	if *c.kind == inJetStream {
		return c.chooseJetStream(file)
	}
	for _, name := range natsNames() {
		if s.given(name) {
			return s.wrong(name, "means nothing with "+s.named("clicks")+" "+*c.kind)
		}
	}
	if *c.kind == inMemory {
		for _, name := range []string{"clicks-dir", "clicks-fsync", "clicks-limit"} {
			if s.given(name) {
				return s.wrong(name, "means nothing with "+s.named("clicks")+" "+inMemory)
			}
		}
		return nil
	}
	if *c.dir == "" && s.given("clicks-dir") {
		return s.wrong("clicks-dir", "is empty")
	}
	if *c.dir == "" {
		*c.dir = clicksFolder
		if file != "" {
			*c.dir = file + clicksSuffix
		}
		s.effective["clicks-dir"] = *c.dir
	}
	return nil
}

// recorder is a recorder of clicks that is open.
type recorder struct {
	clicks.Recorder

	close func() error
	keeps string // where clicks wait for the next start; "": they do not
}

// open opens the recorder that was chosen.
func (c clicksSettings) open(ctx context.Context, log *slog.Logger) (recorder, error) {
	if *c.kind == inJetStream {
		return c.openJetStream(ctx, log)
	}
	if *c.kind == inMemory {
		return recorder{Recorder: clicks.NewBuffer(0, log), close: func() error { return nil }}, nil
	}
	opened, err := openJournal(journal.Config{Dir: *c.dir, Fsync: *c.fsync, Limit: *c.limit, Log: log})
	if err != nil {
		return recorder{}, c.settings.wrongNow("clicks-dir", reasonOf(err))
	}
	return opened, nil
}

func openJournal(config journal.Config) (recorder, error) {
	opened, err := journal.Open(config)
	if err != nil {
		return recorder{}, err
	}
	return recorder{Recorder: opened, close: opened.Close, keeps: config.Dir}, nil
}

// reasonOf is what an operator can do something about.
func reasonOf(err error) string {
	e := fault.Of(err)
	if cause := errors.Unwrap(e); cause != nil && e.Reason == "journal-failed" {
		return e.Detail + ": " + cause.Error()
	}
	return e.Detail
}

// tidy removes what a journal leaves of itself when all is stored.
func (r recorder) tidy() error {
	if r.keeps == "" || r.Stats().Waiting > 0 {
		return nil
	}
	var errs []error
	for _, name := range []string{"lock", "position", ""} {
		if err := os.Remove(filepath.Join(r.keeps, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// measure tells how a recorder is doing.
func (t *telemetry) measure(r clicks.Recorder) error {
	meter := t.meters.Meter("github.com/superher/superher/server/cmd/superher")
	figures := []struct {
		name, unit, what string
		counts           bool
		of               func(clicks.Stats) int64
	}{
		{"recorded", "{click}", "taken from redirects", true, func(s clicks.Stats) int64 { return s.Recorded }},
		{"stored", "{click}", "taken by the store", true, func(s clicks.Stats) int64 { return s.Stored }},
		{"refused", "{click}", "that the store will never take, or that are damaged", true, func(s clicks.Stats) int64 { return s.Refused }},
		{"shed", "{click}", "that there was no room for: they are lost", true, func(s clicks.Stats) int64 { return s.Shed }},
		{"waiting", "{click}", "on their way to the store", false, func(s clicks.Stats) int64 { return s.Waiting }},
		{"waiting.size", "By", "that the waiting ones take on disk", false, func(s clicks.Stats) int64 { return s.Bytes }},
	}
	made := make([]metric.Int64Observable, len(figures))
	instruments := make([]metric.Observable, len(figures))
	for i, f := range figures {
		var err error
		what := metric.WithDescription("Clicks " + f.what)
		if f.unit == "By" {
			what = metric.WithDescription("Bytes " + f.what)
		}
		if f.counts {
			made[i], err = meter.Int64ObservableCounter("superher.clicks."+f.name, metric.WithUnit(f.unit), what)
		} else {
			made[i], err = meter.Int64ObservableGauge("superher.clicks."+f.name, metric.WithUnit(f.unit), what)
		}
		if err != nil {
			return err
		}
		instruments[i] = made[i]
	}
	_, err := meter.RegisterCallback(func(_ context.Context, o metric.Observer) error {
		stats := r.Stats()
		for i, f := range figures {
			o.ObserveInt64(made[i], f.of(stats))
		}
		return nil
	}, instruments...)
	return err
}
