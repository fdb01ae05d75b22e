package sqlite_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/adapters/sqlite"
	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/fault"
	"github.com/superher/superher/ident"
	"github.com/superher/superher/stats"
	"github.com/superher/superher/storage"
	"github.com/superher/superher/tenant"
)

// many is a store with several advertisers.
type many struct {
	*sqlite.Store
	t      *testing.T
	path   string
	scopes []tenant.Scope
}

func newMany(t *testing.T, advertisers int) many {
	t.Helper()
	m := many{t: t, path: filepath.Join(t.TempDir(), "superher.db")}
	var err error
	m.Store, err = sqlite.Open(t.Context(), sqlite.Config{Path: m.path})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, m.Close()) })
	for range advertisers {
		m.scopes = append(m.scopes, tenant.For(newAdvertiser(t, m.Store).ID))
	}
	return m
}

// campaign stores a campaign of a name in a transaction.
func campaign(ctx context.Context, tx storage.Tx, name string) error {
	id := ident.Of[campaigns.Campaign]([]byte(fmt.Sprintf("%16s", name))[:16])
	return tx.CreateCampaign(ctx, campaigns.Campaign{
		ID: id, Name: name, Status: campaigns.Active, CreatedAt: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC), Version: 1,
	})
}

// names lists the names of all campaigns, over all advertisers.
func (m many) names() map[string]bool {
	m.t.Helper()
	found := make(map[string]bool)
	page, err := m.Read(tenant.Everyone()).Campaigns(m.t.Context(), storage.Page{Limit: storage.MaxPage})
	require.NoError(m.t, err)
	for _, c := range page.Items {
		found[c.Name] = true
	}
	return found
}

// commits counts the commits in the write-ahead log: the frames that end one say
// how many pages the file has by then.
func (m many) commits() (n int) {
	m.t.Helper()
	const header, frameHeader, page = 32, 24, 4096
	log, err := os.ReadFile(m.path + "-wal")
	require.NoError(m.t, err)
	for at := header; at+frameHeader+page <= len(log); at += frameHeader + page {
		if binary.BigEndian.Uint32(log[at+4:]) != 0 {
			n++
		}
	}
	return n
}

// queue keeps the writer busy until so many brief writes wait behind it, and
// returns when all have ended.
func (m many) queue(n int, fn func(ctx context.Context, i int, tx storage.Tx) error) []error {
	m.t.Helper()
	errs := make([]error, n)
	var wait sync.WaitGroup
	require.NoError(m.t, m.Write(m.t.Context(), m.scopes[0], func(context.Context, storage.Tx) error {
		for i := range n {
			wait.Go(func() {
				defer func() {
					if p := recover(); p != nil {
						errs[i] = fmt.Errorf("panic: %v", p)
					}
				}()
				errs[i] = m.Write(storage.Brief(m.t.Context()), m.scopes[i%len(m.scopes)], func(ctx context.Context, tx storage.Tx) error {
					return fn(ctx, i, tx)
				})
			})
			require.Eventually(m.t, func() bool { return sqlite.Waiting(m.Store) == i+1 }, 10*time.Second, 10*time.Microsecond)
		}
		return nil
	}))
	wait.Wait()
	return errs
}

func TestWrite_BriefOnesShareACommitAcrossAdvertisers(t *testing.T) {
	m := newMany(t, 3)
	before := m.commits()
	for i, err := range m.queue(30, func(ctx context.Context, i int, tx storage.Tx) error { return campaign(ctx, tx, fmt.Sprint("c", i)) }) {
		require.NoError(t, err, i)
	}
	require.Len(t, m.names(), 30)
	require.Less(t, m.commits()-before, 10, "at most one for some milliseconds of work, and that of the first")
}

func TestWrite_OthersHaveACommitOfTheirOwn(t *testing.T) {
	m := newMany(t, 1)
	before := m.commits()
	var wait sync.WaitGroup
	for i := range 10 {
		wait.Go(func() {
			err := m.Write(t.Context(), m.scopes[0], func(ctx context.Context, tx storage.Tx) error { return campaign(ctx, tx, fmt.Sprint("c", i)) })
			require.NoError(t, err)
		})
	}
	wait.Wait()
	require.Equal(t, 10, m.commits()-before)
}

func TestWrite_WhatOneDoesWrongIsUndoneAlone(t *testing.T) {
	m := newMany(t, 2)
	refused := errors.New("refused")
	errs := m.queue(30, func(ctx context.Context, i int, tx storage.Tx) error {
		if err := campaign(ctx, tx, fmt.Sprint("c", i)); err != nil {
			return err
		}
		switch i % 5 {
		case 1:
			return refused
		case 2:
			panic("at the wrong time")
		case 3:
			return campaign(ctx, tx, fmt.Sprint("c", i)) // its own id once more
		}
		return nil
	})
	stored := m.names()
	for i, err := range errs {
		name := fmt.Sprint("c", i)
		switch i % 5 {
		case 1:
			require.ErrorIs(t, err, refused, name)
		case 2:
			require.ErrorContains(t, err, "panic: at the wrong time", name)
		case 3:
			require.ErrorIs(t, err, fault.Conflict, name)
		default:
			require.NoError(t, err, name)
		}
		require.Equal(t, i%5 == 0 || i%5 == 4, stored[name], name)
	}
}

func TestWrite_WhoGivesUpInTheQueueLeavesItToOthers(t *testing.T) {
	m := newMany(t, 1)
	ctx, cancel := context.WithCancel(storage.Brief(t.Context()))
	var wait sync.WaitGroup
	var gone, stayed error
	require.NoError(t, m.Write(t.Context(), m.scopes[0], func(context.Context, storage.Tx) error {
		wait.Go(func() {
			gone = m.Write(ctx, m.scopes[0], func(ctx context.Context, tx storage.Tx) error { return campaign(ctx, tx, "gone") })
		})
		require.Eventually(t, func() bool { return sqlite.Waiting(m.Store) == 1 }, 10*time.Second, 10*time.Microsecond)
		wait.Go(func() {
			stayed = m.Write(storage.Brief(t.Context()), m.scopes[0], func(ctx context.Context, tx storage.Tx) error { return campaign(ctx, tx, "stayed") })
		})
		require.Eventually(t, func() bool { return sqlite.Waiting(m.Store) == 2 }, 10*time.Second, 10*time.Microsecond)
		cancel()
		require.Eventually(t, func() bool { return sqlite.Waiting(m.Store) == 1 }, 10*time.Second, 10*time.Microsecond)
		return nil
	}))
	wait.Wait()
	require.ErrorIs(t, gone, context.Canceled)
	require.NoError(t, stayed)
	require.Equal(t, map[string]bool{"stayed": true}, m.names())
}

func TestWrite_StreamsOfSharedTransactionsStayApart(t *testing.T) {
	m := newMany(t, 2)
	ended := make([]atomic.Int64, 20)
	errs := m.queue(20, func(ctx context.Context, i int, tx storage.Tx) error {
		ended[i].Add(1)
		if err := campaign(ctx, tx, fmt.Sprint("c", i)); err != nil {
			return err
		}
		own, cancel := context.WithCancel(ctx)
		defer cancel()
		if i%4 == 1 {
			cancel() // before the copy that the stream reads is made
		}
		var last error
		for _, err := range tx.EachEvent(own, stats.Filter{From: time.Unix(0, 0), To: time.Unix(1, 0)}) {
			last = err
		}
		if i%4 == 1 {
			require.Error(t, last)
			return nil
		}
		return last
	})
	for i, err := range errs {
		require.NoError(t, err, i)
	}
	require.Len(t, m.names(), 20)
	require.Zero(t, sqlite.TemporaryTables(t, m.Store))
}

func TestWrite_NobodySucceedsBeforeTheCommit(t *testing.T) {
	m := newMany(t, 2)
	errs := m.queue(10, func(ctx context.Context, i int, tx storage.Tx) error { return campaign(ctx, tx, fmt.Sprint("c", i)) })
	require.NoError(t, errors.Join(errs...))
	var wait sync.WaitGroup
	lost := make([]error, 10)
	require.NoError(t, m.Write(t.Context(), m.scopes[0], func(context.Context, storage.Tx) error {
		for i := range lost {
			wait.Go(func() {
				if i == 5 {
					lost[i] = sqlite.SpoilCommit(t.Context(), m.Store)
					return
				}
				lost[i] = m.Write(storage.Brief(t.Context()), m.scopes[i%2], func(ctx context.Context, tx storage.Tx) error {
					return campaign(ctx, tx, fmt.Sprint("lost", i))
				})
			})
			require.Eventually(t, func() bool { return sqlite.Waiting(m.Store) == i+1 }, 10*time.Second, 10*time.Microsecond)
		}
		return nil
	}))
	wait.Wait()
	require.Error(t, lost[5])
	stored := m.names()
	for i, err := range lost {
		require.Equal(t, err == nil, stored[fmt.Sprint("lost", i)], i)
	}
	require.NoError(t, m.Write(t.Context(), m.scopes[0], func(ctx context.Context, tx storage.Tx) error { return campaign(ctx, tx, "after") }))
	require.True(t, m.names()["after"], "the writer goes on")
}

// A cache drops what a Write has changed when that returns: the commit must be over.
func TestWrite_WhoGivesUpBeforeTheCommitStillWaitsForIt(t *testing.T) {
	m := newMany(t, 1)
	ctx, cancel := context.WithCancel(storage.Brief(t.Context()))
	defer cancel()
	returned := make(chan error, 1)
	early := false
	var wait sync.WaitGroup
	require.NoError(t, m.Write(t.Context(), m.scopes[0], func(context.Context, storage.Tx) error {
		wait.Go(func() {
			returned <- m.Write(ctx, m.scopes[0], func(ctx context.Context, tx storage.Tx) error { return campaign(ctx, tx, "hasty") })
		})
		require.Eventually(t, func() bool { return sqlite.Waiting(m.Store) == 1 }, 10*time.Second, 10*time.Microsecond)
		wait.Go(func() {
			_ = m.Write(storage.Brief(t.Context()), m.scopes[0], func(context.Context, storage.Tx) error {
				cancel() // of the one before, whose part of the transaction is done
				select {
				case err := <-returned:
					early = true
					returned <- err
				case <-time.After(100 * time.Millisecond):
				}
				return nil
			})
		})
		require.Eventually(t, func() bool { return sqlite.Waiting(m.Store) == 2 }, 10*time.Second, 10*time.Microsecond)
		return nil
	}))
	wait.Wait()
	require.False(t, early, "it returned while the transaction was open")
	require.NoError(t, <-returned)
	require.True(t, m.names()["hasty"])
}

// TestWrite_ATransactionLostToOneIsRepeatedByOthers has a unit end the transaction
// under the feet of the others, as SQLite does by itself after some failures.
func TestWrite_ATransactionLostToOneIsRepeatedByOthers(t *testing.T) {
	m := newMany(t, 2)
	var wait sync.WaitGroup
	errs := make([]error, 10)
	require.NoError(t, m.Write(t.Context(), m.scopes[0], func(context.Context, storage.Tx) error {
		for i := range errs {
			wait.Go(func() {
				if i == 5 {
					errs[i] = sqlite.EndTransaction(t.Context(), m.Store)
					return
				}
				errs[i] = m.Write(storage.Brief(t.Context()), m.scopes[i%2], func(ctx context.Context, tx storage.Tx) error {
					return campaign(ctx, tx, fmt.Sprint("c", i))
				})
			})
			require.Eventually(t, func() bool { return sqlite.Waiting(m.Store) == i+1 }, 10*time.Second, 10*time.Microsecond)
		}
		return nil
	}))
	wait.Wait()
	stored := m.names()
	for i, err := range errs {
		if i == 5 {
			require.Error(t, err)
			continue
		}
		require.NoError(t, err, i)
		require.True(t, stored[fmt.Sprint("c", i)], i)
	}
}

func TestPrepared_StatementsAreRememberedUpToTheirLength(t *testing.T) {
	m := newMany(t, 1)
	query := func(i, length int) string {
		text := fmt.Sprintf("SELECT %d /*", i)
		return text + strings.Repeat("x", length-len(text)-2) + "*/"
	}
	for i := range 20 {
		size, known := sqlite.Remembered(t, m.Store, query(i, sqlite.MaxPreparedText/8))
		require.True(t, known, "the last one")
		require.LessOrEqual(t, size, sqlite.MaxPreparedText)
	}
	size, known := sqlite.Remembered(t, m.Store, query(20, sqlite.MaxPreparedText/8))
	require.True(t, known)
	require.Greater(t, size, sqlite.MaxPreparedText/2, "more than one fits")
}
