package authtest

import (
	"context"
	"crypto/rsa"
	"errors"
	"io"
	"log"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/auth"
	"github.com/superher/superher/fault"
)

const (
	clientID = "3n4b5urk1ft4fl3mg5e62d9ado"
	subject  = "7d8ca528-4931-4254-9273-ea5ee853f271"

	firstKid  = "first-key"
	secondKid = "second-key"

	betweenFetches = 10 * time.Second
	maxLeeway      = 60 * time.Second
	// longest is how long any call may take, a fetch of keys included.
	longest = 4500 * time.Millisecond
	// shortest is how long a token with a cached key may take.
	shortest = time.Second
	// memory is what a case with a large key set may allocate, in bytes.
	memory = 64 << 20
)

// world is a verifier, its issuer and its clock.
type world struct {
	keys
	t        *testing.T
	kind     Kind
	issuer   *issuer
	verifier auth.Verifier
	clock    *atomic.Int64 // seconds since 1970
}

// open returns a world whose set has the first key and whose verifier has none.
func (s *suite) open(t *testing.T, kind Kind) *world {
	t.Helper()
	w := &world{keys: s.keys, t: t, kind: kind, issuer: newIssuer(t), clock: new(atomic.Int64)}
	w.clock.Store(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC).Unix())
	w.publish(publicJWK(&w.first.PublicKey, firstKid))
	w.verifier = s.New(t, Issuer{
		URL: w.issuer.server.URL, JWKSURL: w.issuer.server.URL + keySetPath, ClientID: clientID, Now: w.now,
	})
	t.Cleanup(func() {
		require.Empty(t, w.issuer.visited(), "addresses that a token or a redirect named were fetched")
	})
	return w
}

// warm returns a world whose verifier has the first key.
func (s *suite) warm(t *testing.T, kind Kind) *world {
	t.Helper()
	w := s.open(t, kind)
	w.accept(t, w.good())
	return w
}

func (w *world) now() time.Time { return time.Unix(w.clock.Load(), 0).UTC() }

func (w *world) advance(d time.Duration) { w.clock.Add(int64(d / time.Second)) }

func (w *world) publish(entries ...members) { w.issuer.publish(setOf(w.t, entries...)) }

// header and payload are those of a good token.
func (w *world) header() members { return members{"alg": "RS256", "kid": firstKid} }

func (w *world) payload() members {
	now := w.now().Unix()
	m := members{"iss": w.issuer.server.URL, "sub": subject, "exp": now + 3600, "iat": now, w.kind.Client: clientID}
	for name, value := range w.kind.Marks {
		m[name] = value
	}
	return m
}

func (w *world) good() string { return w.mint(nil, nil) }

// mint signs a good token with some members changed.
func (w *world) mint(header, payload members) string {
	return w.sign(w.first, header, payload)
}

func (w *world) sign(key *rsa.PrivateKey, header, payload members) string {
	return signText(w.t, key, w.header().with(header).json(w.t), w.payload().with(payload).json(w.t))
}

// unknown is a token under a key id that nobody knows.
func (w *world) unknown(kid string) string {
	return w.sign(w.stranger, members{"kid": kid}, nil)
}

// verify calls the verifier. Where it takes longer than it may, the case fails.
func (w *world) verify(t testing.TB, token string, within time.Duration) (auth.Identity, error) {
	t.Helper()
	elapsed := stopwatch()
	identity, err := w.verifier.Verify(context.Background(), token)
	if took := elapsed(); took >= within {
		t.Fatalf("the call took %v, at most %v is allowed", took, within)
	}
	return identity, err
}

func (w *world) accept(t testing.TB, token string) auth.Identity {
	t.Helper()
	return w.acceptWithin(t, token, longest)
}

func (w *world) acceptWithin(t testing.TB, token string, within time.Duration) auth.Identity {
	t.Helper()
	identity, err := w.verify(t, token, within)
	require.NoError(t, err)
	require.Equal(t, w.issuer.server.URL, identity.Issuer)
	require.Equal(t, subject, identity.Subject)
	require.False(t, identity.ExpiresAt.IsZero(), "ExpiresAt is always set")
	return identity
}

// refuse holds what every refusal must look like.
func (w *world) refuse(t testing.TB, token string) {
	t.Helper()
	identity, err := w.verify(t, token, longest)
	w.isRefusal(t, token, identity, err)
}

func (w *world) isRefusal(t testing.TB, token string, identity auth.Identity, err error) {
	t.Helper()
	require.Error(t, err, "the token was accepted")
	require.Zero(t, identity)
	failed, ok := errors.AsType[*fault.Error](err)
	require.True(t, ok, "not a *fault.Error: %v", err)
	want := auth.InvalidCredential(nil)
	require.Equal(t, []any{want.Code, want.Reason, want.Detail, want.Fields}, []any{failed.Code, failed.Reason, failed.Detail, failed.Fields}, "%v", err)
	for part := range strings.SplitSeq(token, ".") {
		if len(part) > 10 {
			require.NotContains(t, err.Error(), part, "the cause holds the token")
		}
	}
}

// isUnreachable holds what a verifier without keys has to say.
func isUnreachable(t testing.TB, identity auth.Identity, err error) {
	t.Helper()
	require.ErrorIs(t, err, fault.Unavailable)
	require.NotErrorIs(t, err, fault.Unauthenticated)
	require.True(t, fault.HasReason(err, "keys-unreachable"), "%v", err)
	require.Zero(t, identity)
}

// eventually tries a token, ten seconds on the clock apart, until it is accepted.
func (w *world) eventually(t testing.TB, token func() string) {
	t.Helper()
	for range 3 {
		w.advance(betweenFetches)
		if _, err := w.verify(t, token(), longest); err == nil {
			return
		}
	}
	w.accept(t, token())
}

// allocating fails the case when run allocates more than is allowed.
func allocating(t testing.TB, run func()) {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	run()
	runtime.ReadMemStats(&after)
	t.Logf("%d bytes allocated", after.TotalAlloc-before.TotalAlloc)
	require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(memory), "bytes allocated")
}

// stopwatch measures real time: what a person waits for is not on the clock of
// the verifier.
func stopwatch() func() time.Duration {
	began := time.Now()                                      //nolint:forbidigo // see above
	return func() time.Duration { return time.Since(began) } //nolint:forbidigo // see above
}

func silent() *log.Logger { return log.New(io.Discard, "", 0) }
