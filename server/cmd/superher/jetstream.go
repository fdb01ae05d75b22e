package main

import (
	"context"
	"encoding/base64"
	"log/slog"
	"strings"

	"github.com/superher/superher/adapters/jetstream"
	"github.com/superher/superher/clicks"
)

// Where the embedded NATS server keeps clicks: not where a journal does, whose
// clicks would wait there for ever.
const (
	jetStreamSuffix = ".jetstream" // of the directory beside a SQLite file
	jetStreamFolder = "superher-jetstream"
)

// natsSettings say how clicks go over JetStream.
type natsSettings struct {
	url, replicas, publish, key *string
}

func natsNames() []string {
	return []string{"nats-url", "nats-replicas", "clicks-publish", "clicks-key"}
}

func (s settings) nats() natsSettings {
	s.redacted["nats-url"] = func(text string) string {
		addresses := strings.Split(text, ",")
		for i, address := range addresses {
			addresses[i] = bare(strings.TrimSpace(address))
		}
		return strings.Join(addresses, ",")
	}
	return natsSettings{
		url:      s.String("nats-url", "", "`addresses` of a NATS cluster for --clicks jetstream, separated by commas (default: a server in this process)"),
		replicas: s.choice("nats-replicas", "1", "`nodes` of the cluster that keep each click: 1, 3 or 5", "1", "3", "5"),
		publish: s.choice("clicks-publish", string(jetstream.Sync), "`sync or async`: whether a redirect is answered when JetStream has the click, or before",
			string(jetstream.Sync), string(jetstream.Async)),
		key: s.secret("clicks-key", "`key` of 32 bytes in base64 that encrypts clicks in a NATS cluster"),
	}
}

// chooseJetStream settles the directory of an embedded server, given the SQLite
// file, if there is one.
func (c clicksSettings) chooseJetStream(file string) error {
	s := c.settings
	if *c.nats.url == "" {
		for _, name := range []string{"nats-url", "nats-replicas", "clicks-key"} {
			if s.given(name) {
				return s.wrong(name, "is for a NATS cluster, and there is no --nats-url")
			}
		}
		if *c.dir == "" && s.given("clicks-dir") {
			return s.wrong("clicks-dir", "is empty")
		}
		if *c.dir == "" {
			*c.dir = jetStreamFolder
			if file != "" {
				*c.dir = file + jetStreamSuffix
			}
			s.effective["clicks-dir"] = *c.dir
		}
		return nil
	}
	for _, name := range []string{"clicks-dir", "clicks-fsync"} {
		if s.given(name) {
			return s.wrong(name, "means nothing with "+s.named("nats-url"))
		}
	}
	if *c.nats.key == "" {
		return s.wrong("clicks-key", "is required with "+s.named("nats-url"))
	}
	if key, err := base64.StdEncoding.DecodeString(*c.nats.key); err != nil || len(key) != clicks.KeySize {
		return s.wrong("clicks-key", "must be 32 bytes in base64")
	}
	return nil
}

// openJetStream opens the recorder over JetStream.
func (c clicksSettings) openJetStream(ctx context.Context, log *slog.Logger) (recorder, error) {
	config := jetstream.Config{
		URL: *c.nats.url, Publish: jetstream.Publish(*c.nats.publish), Replicas: int((*c.nats.replicas)[0] - '0'), MaxBytes: *c.limit, Log: log,
	}
	setting, keeps := "nats-url", "JetStream"
	if config.URL == "" {
		setting, keeps = "clicks-dir", *c.dir
		config.Dir, config.Fsync = *c.dir, *c.fsync
		if config.Fsync == 0 {
			config.Fsync = jetstream.EveryVisit
		}
	} else {
		config.Key, _ = base64.StdEncoding.DecodeString(*c.nats.key) // choose has looked at it
	}
	opened, err := jetstream.Open(ctx, config)
	if err != nil {
		return recorder{}, c.settings.wrongNow(setting, reasonOf(err))
	}
	return recorder{Recorder: opened, close: func() error { opened.Close(); return nil }, keeps: keeps}, nil
}
