package storagetest

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/fault"
	"github.com/superher/superher/storage"
)

// claimForeign claims, as A, keys that B and the platform have.
func claimForeign(t *testing.T, f *fixture, ctx context.Context, tx storage.Tx) error {
	requireOwnClaim(t, ctx, tx, f.a.request, f.b.own.Key, f.unknown.own.Key)
	return errRollback()
}

// requireOwnClaim claims the key that all have, which is the caller's own
// request, and keys of others, of which nothing shows.
func requireOwnClaim(t *testing.T, ctx context.Context, w storage.RequestWriter, mine storage.Request, foreign ...string) {
	t.Helper()
	stored, first, err := w.ClaimRequest(ctx, newRequest(mine.Key, "again"))
	require.NoError(t, err)
	require.False(t, first)
	same(t, mine, stored, "the answer is the caller's own")
	for _, key := range foreign {
		_, first, err := w.ClaimRequest(ctx, newRequest(key, "foreign"))
		require.NoError(t, err)
		require.True(t, first, "a key of somebody else is free")
		require.NoError(t, w.AnswerRequest(ctx, key, []byte("spoiled")))
	}
}

// answerForeign answers, as A, what B was asked.
func answerForeign(t *testing.T, f *fixture, ctx context.Context, tx storage.Tx) error {
	change(t, f, func(p party) error { return tx.AnswerRequest(ctx, p.own.Key, []byte("spoiled")) })
	return nil
}

// takeForeignHash creates a ticket of A under the hash of B's.
func takeForeignHash(t *testing.T, f *fixture, ctx context.Context, tx storage.Tx) error {
	for _, p := range []party{f.a, f.b} {
		spoiled := p.ticket
		spoiled.Purpose = []byte("spoiled")
		has(t, tx.CreateTicket(ctx, spoiled), fault.Conflict, "ticket-taken")
	}
	return nil
}

type platformCase func(t *testing.T, f *fixture, ctx context.Context, p storage.Platform) error

// platformCases names, for each method of Platform, how it could reach what is
// an advertiser's. Each is rolled back in the end.
func platformCases() map[string]platformCase {
	return map[string]platformCase{
		"ClaimRequest": func(t *testing.T, f *fixture, ctx context.Context, p storage.Platform) error {
			requireOwnClaim(t, ctx, p, f.platform(), f.a.own.Key, f.b.own.Key)
			return errRollback()
		},
		"AnswerRequest": func(t *testing.T, f *fixture, ctx context.Context, p storage.Platform) error {
			change(t, f, func(q party) error { return p.AnswerRequest(ctx, q.own.Key, []byte("spoiled")) })
			return errRollback()
		},
		"CreateTicket": func(t *testing.T, f *fixture, ctx context.Context, p storage.Platform) error {
			spoiled := f.b.ticket
			spoiled.Purpose = []byte("spoiled")
			has(t, p.CreateTicket(ctx, spoiled), fault.Conflict, "ticket-taken")
			return errRollback()
		},
		"CreateAdvertiser": func(t *testing.T, f *fixture, ctx context.Context, p storage.Platform) error {
			taken := f.b.advertiser
			taken.Name = "Taken over"
			has(t, p.CreateAdvertiser(ctx, taken), fault.Conflict, "id-taken")
			return errRollback()
		},
	}
}
