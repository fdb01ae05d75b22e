package authtest

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"math/big"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/auth"
	"github.com/superher/superher/fault"
)

// unsuitableKeys: an entry of the set that is not for RS256 signatures verifies
// nothing, and does not spoil the others.
func (s *suite) unsuitableKeys(t *testing.T) {
	w := s.open(t, s.Kinds[0])
	second := func(kid string, changes members) members { return publicJWK(&w.second.PublicKey, kid).with(changes) }
	secret := strings.Repeat("secret", 8)
	w.publish(
		second("for-encryption", members{"use": "enc"}), second("for-RS512", members{"alg": "RS512"}), second("for-PS256", members{"alg": "PS256"}),
		second("for-HS256", members{"alg": "HS256"}), second("of-another-kind", members{"kty": "EC"}), second("without-kind", members{"kty": gone{}}),
		second("without-modulus", members{"n": gone{}}), second("without-exponent", members{"e": gone{}}), second("number-as-modulus", members{"n": 7}),
		second("exponent-one", members{"e": "AQ"}), second("", nil), second("x", members{"kid": gone{}}),
		publicJWK(&w.small.PublicKey, "too-short"), members{"kty": "oct", "kid": "symmetric", "alg": "HS256", "use": "sig", "k": segment(secret)},
		members{"kty": "EC", "kid": "elliptic", "crv": "P-256", "x": "AQ", "y": "AQ"}, members{},
		second("plain-entry", members{"use": gone{}, "alg": gone{}}), publicJWK(&w.first.PublicKey, firstKid),
	)
	for _, kid := range []string{
		"for-encryption", "for-RS512", "for-PS256", "for-HS256", "of-another-kind", "without-kind", "without-modulus", "without-exponent", "number-as-modulus", "exponent-one", "elliptic", "symmetric",
	} {
		t.Run(kid, func(t *testing.T) { w.refuse(t, w.sign(w.second, members{"kid": kid}, nil)) })
	}
	t.Run("too-short", func(t *testing.T) { w.refuse(t, w.sign(w.small, members{"kid": "too-short"}, nil)) })
	t.Run("symmetric-secret", func(t *testing.T) {
		header, payload, _ := parts(w.mint(members{"alg": "HS256", "kid": "symmetric"}, nil))
		mac := hmac.New(sha256.New, []byte(secret))
		mac.Write([]byte(header + "." + payload))
		w.refuse(t, header+"."+payload+"."+segment(string(mac.Sum(nil))))
	})
	t.Run("exponent-one-forged", func(t *testing.T) { w.refuse(t, w.forged("exponent-one")) })
	t.Run("AnEntryWithoutUseAndAlgIsGood", func(t *testing.T) { w.accept(t, w.sign(w.second, members{"kid": "plain-entry"}, nil)) })
	t.Run("TheGoodKeyAmongThemIsGood", func(t *testing.T) { w.accept(t, w.good()) })
}

// forged is a token that holds under any key of the exponent 1: its signature is
// the padded digest itself.
func (w *world) forged(kid string) string {
	signed := w.sign(w.first, members{"kid": kid}, nil)
	_, _, signature := parts(signed)
	raw, err := base64.RawURLEncoding.DecodeString(signature)
	require.NoError(w.t, err)
	key := w.first.PublicKey
	padded := new(big.Int).Exp(new(big.Int).SetBytes(raw), big.NewInt(int64(key.E)), key.N)
	header, payload, _ := parts(signed)
	return header + "." + payload + "." + segment(string(padded.FillBytes(make([]byte, 256))))
}

// keySets: a key set that is of no use never takes a good one away, and a
// verifier without keys says so, until it has some.
func (s *suite) keySets(t *testing.T) {
	for _, large := range []bool{true, false} { // those that measure memory first, and alone
		for _, trouble := range troubles() {
			if trouble.large != large {
				continue
			}
			t.Run("Warm/"+trouble.name, func(t *testing.T) { s.trouble(t, trouble, s.warmTrouble) })
			t.Run("Cold/"+trouble.name, func(t *testing.T) { s.trouble(t, trouble, s.coldTrouble) })
		}
	}
}

func (s *suite) trouble(t *testing.T, trouble mode, run func(*testing.T, mode)) {
	if trouble.large {
		allocating(t, func() { run(t, trouble) })
		return
	}
	t.Parallel()
	run(t, trouble)
}

func (s *suite) warmTrouble(t *testing.T, trouble mode) {
	w := s.warm(t, s.Kinds[0])
	w.issuer.turn(trouble)
	for _, age := range []time.Duration{betweenFetches, 25 * time.Hour} {
		w.advance(age)
		for range 20 {
			w.acceptWithin(t, w.good(), shortest)
		}
		token := w.unknown("nobody-knows")
		if identity, err := w.verify(t, token, longest); errors.Is(err, fault.Unavailable) {
			isUnreachable(t, identity, err)
		} else {
			w.isRefusal(t, token, identity, err)
		}
		for range 20 {
			w.acceptWithin(t, w.good(), shortest)
		}
	}
	w.publish(publicJWK(&w.first.PublicKey, firstKid), publicJWK(&w.second.PublicKey, secondKid))
	w.issuer.turn(healthy())
	w.eventually(t, func() string { return w.sign(w.second, members{"kid": secondKid}, nil) })
	w.accept(t, w.good())
}

func (s *suite) coldTrouble(t *testing.T, trouble mode) {
	w := s.open(t, s.Kinds[0])
	w.issuer.turn(trouble)
	w.refuse(t, "a.b.c")
	for range 20 {
		identity, err := w.verify(t, w.good(), longest)
		if trouble.late && err == nil {
			break // the set came in time
		}
		isUnreachable(t, identity, err)
	}
	fetches, _ := w.issuer.count()
	require.LessOrEqual(t, fetches, 1, "fetches within ten seconds")
	w.issuer.turn(healthy())
	w.eventually(t, w.good)
}

// fetches: one fetch for all who wait, none within ten seconds of another, and
// nobody waits for one whose key is known.
func (s *suite) fetches(t *testing.T) {
	t.Run("OneFetchServesAllWhoWait", s.oneFetch)
	t.Run("UnknownKeysCauseOneFetchInTenSeconds", s.unknownKeys)
	t.Run("AGoodTokenNeverWaitsForAFetch", s.neverWaits)
	t.Run("ACallerMayGiveUpAndTheOthersStillGetTheKeys", s.giveUp)
	t.Run("ADeadlineEndsTheWait", s.deadline)
}

func (s *suite) oneFetch(t *testing.T) {
	w := s.open(t, s.Kinds[0])
	gate := make(chan struct{})
	w.issuer.turn(gated(gate))
	token, errs := w.good(), make(chan error, 32)
	for range cap(errs) {
		go func() {
			_, err := w.verifier.Verify(context.Background(), token)
			errs <- err
		}()
	}
	<-w.issuer.arrived
	close(gate)
	for range cap(errs) {
		require.NoError(t, <-errs)
	}
	fetches, _ := w.issuer.count()
	require.Equal(t, 1, fetches)
}

func (s *suite) unknownKeys(t *testing.T) {
	const unknown, workers = 5000, 16
	w := s.warm(t, s.Kinds[0])
	before, _ := w.issuer.count()
	w.advance(betweenFetches)
	_, payload, signature := parts(w.unknown("nobody-knows"))
	good, results := w.good(), make(chan error, 2*unknown)
	for worker := range workers {
		go func() {
			for n := worker; n < unknown; n += workers {
				header := segment(`{"alg":"RS256","kid":"nobody-knows-` + strconv.Itoa(n) + `"}`)
				_, err := w.verifier.Verify(context.Background(), header+"."+payload+"."+signature)
				if err == nil {
					err = errors.New("an unknown key was accepted")
				} else if errors.Is(err, fault.Unauthenticated) {
					err = nil
				}
				results <- err
				_, err = w.verifier.Verify(context.Background(), good)
				results <- err
			}
		}()
	}
	for range 2 * unknown {
		require.NoError(t, <-results)
	}
	after, most := w.issuer.count()
	require.LessOrEqual(t, after-before, 1, "fetches within ten seconds")
	require.LessOrEqual(t, most, 1, "fetches at one time")

	w.advance(betweenFetches)
	w.refuse(t, w.unknown("nobody-knows"))
	again, _ := w.issuer.count()
	require.LessOrEqual(t, again-after, 1, "fetches within ten seconds")
}

func (s *suite) neverWaits(t *testing.T) {
	w := s.warm(t, s.Kinds[0])
	gate := make(chan struct{})
	w.issuer.turn(gated(gate))
	w.advance(25 * time.Hour)
	drain(w.issuer.arrived)
	token, waiting := w.unknown("nobody-knows"), make(chan error, 50)
	for range cap(waiting) {
		go func() {
			_, err := w.verifier.Verify(context.Background(), token)
			waiting <- err
		}()
	}
	<-w.issuer.arrived
	for range 200 {
		w.acceptWithin(t, w.good(), shortest)
	}
	close(gate)
	for range cap(waiting) {
		require.Error(t, <-waiting)
	}
}

// drain empties a channel of what happened before.
func drain(arrived <-chan struct{}) {
	for len(arrived) > 0 {
		<-arrived
	}
}

func (s *suite) giveUp(t *testing.T) {
	w := s.open(t, s.Kinds[0])
	gate := make(chan struct{})
	w.issuer.turn(gated(gate))
	token, first, second := w.good(), make(chan error, 1), make(chan error, 1)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	verify := func(ctx context.Context, result chan<- error) {
		_, err := w.verifier.Verify(ctx, token)
		result <- err
	}
	go verify(ctx, first)
	<-w.issuer.arrived
	go verify(context.Background(), second)
	cancel()
	require.ErrorIs(t, <-first, fault.Unavailable)
	close(gate)
	require.NoError(t, <-second)
}

func (s *suite) deadline(t *testing.T) {
	w := s.open(t, s.Kinds[0])
	gate := make(chan struct{})
	defer close(gate)
	w.issuer.turn(gated(gate))
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	elapsed := stopwatch()
	identity, err := w.verifier.Verify(ctx, w.good())
	require.Less(t, elapsed(), shortest)
	require.ErrorIs(t, err, fault.Unavailable)
	require.NotErrorIs(t, err, fault.Unauthenticated)
	require.Equal(t, auth.Identity{}, identity)
}

// rotation: a new key counts within ten seconds of its first token, an old one
// until it leaves the set.
func (s *suite) rotation(t *testing.T) {
	t.Run("ANewKeyIsAcceptedWithinTenSecondsAndTheOldOneUntilItLeaves", func(t *testing.T) {
		w := s.warm(t, s.Kinds[0])
		second := func() string { return w.sign(w.second, members{"kid": secondKid}, nil) }
		w.refuse(t, second())
		w.publish(publicJWK(&w.first.PublicKey, firstKid), publicJWK(&w.second.PublicKey, secondKid))
		_, _ = w.verify(t, second(), longest) // first sight; within ten seconds of a fetch it may be too early
		w.advance(betweenFetches)
		w.accept(t, second())
		w.accept(t, w.good())

		w.publish(publicJWK(&w.second.PublicKey, secondKid))
		w.advance(betweenFetches)
		w.refuse(t, w.unknown("nobody-knows")) // whatever causes a fetch
		w.refuse(t, w.good())
		w.accept(t, second())
	})
	t.Run("AKeyIdThatGetsAnotherKeyCountsForTheNewOneOnly", func(t *testing.T) {
		w := s.warm(t, s.Kinds[0])
		w.publish(publicJWK(&w.second.PublicKey, firstKid))
		w.advance(betweenFetches)
		w.refuse(t, w.unknown("nobody-knows"))
		w.refuse(t, w.good())
		w.accept(t, w.sign(w.second, nil, nil))
	})
	t.Run("NoGoodTokenIsRefusedUnderLoad", s.rotationUnderLoad)
}

func (s *suite) rotationUnderLoad(t *testing.T) {
	w := s.warm(t, s.Kinds[0])
	old, fresh := w.mint(nil, members{"exp": w.now().Unix() + 86400}), w.sign(w.second, members{"kid": secondKid}, members{"exp": w.now().Unix() + 86400})
	stop, failed := make(chan struct{}), make(chan error, 4)
	for range cap(failed) {
		go func() {
			var err error
			for err == nil {
				select {
				case <-stop:
					failed <- nil
					return
				default:
					_, err = w.verifier.Verify(context.Background(), old)
				}
			}
			failed <- err
		}()
	}
	for range 20 {
		w.publish(publicJWK(&w.second.PublicKey, secondKid), publicJWK(&w.first.PublicKey, firstKid))
		w.advance(betweenFetches)
		w.accept(t, fresh)
		w.publish(publicJWK(&w.first.PublicKey, firstKid))
		w.advance(betweenFetches)
		w.refuse(t, w.unknown("nobody-knows"))
		w.refuse(t, fresh)
	}
	close(stop)
	for range cap(failed) {
		require.NoError(t, <-failed)
	}
}

func refusalOf(t testing.TB, err error) *fault.Error {
	t.Helper()
	failed, ok := errors.AsType[*fault.Error](err)
	require.True(t, ok, "not a *fault.Error: %v", err)
	return failed
}
