package authtest

import (
	"testing"
	"time"

	"github.com/superher/superher/auth"
)

// Harness is what an adapter's author brings.
type Harness struct {
	// New returns a new verifier, without any cached key, for one issuer and
	// cleans up after it with t.Cleanup. Required. Cases may run in parallel.
	New func(t *testing.T, issuer Issuer) auth.Verifier

	// Kinds are the kinds of token that the verifiers accept; none means one kind
	// with the client id in aud, as OpenID Connect has it.
	Kinds []Kind
}

// Issuer is what a verifier has to be configured with.
type Issuer struct {
	URL      string           // exact iss, http on loopback
	JWKSURL  string           // address of the key set
	ClientID string           // the application that the tokens are for
	Now      func() time.Time // the only clock
}

// Kind is a kind of token.
type Kind struct {
	// Name names the kind in the names of the cases. Required.
	Name string
	// Client is the claim with the client id: aud, which may also be a list, or
	// another one, which is always a string. Required.
	Client string
	// Marks are further claims of all tokens of this kind. A token without one, or
	// with another value in it, must be refused.
	Marks map[string]string
}

// Run runs the whole suite as subtests, one for each contract.
func Run(t *testing.T, h Harness) {
	if h.New == nil {
		t.Fatal("authtest: Harness.New is required")
	}
	if len(h.Kinds) == 0 {
		h.Kinds = []Kind{{Name: "plain", Client: "aud"}}
	}
	s := &suite{Harness: h, keys: newKeys(t)}
	t.Run("Accepted", s.accepted)
	t.Run("Forms", s.forms)
	t.Run("Algorithms", s.algorithms)
	t.Run("Headers", s.headers)
	t.Run("Signatures", s.signatures)
	t.Run("Claims", s.claims)
	t.Run("Names", s.names)
	t.Run("Moments", s.moments)
	t.Run("Refusals", s.refusals)
	t.Run("Keys", s.unsuitableKeys)
	t.Run("KeySets", s.keySets)
	t.Run("Fetches", s.fetches)
	t.Run("Rotation", s.rotation)
}

// suite is a harness with the keys of one run.
type suite struct {
	Harness
	keys keys
}

// eachKind runs the same cases for every kind of token.
func (s *suite) eachKind(t *testing.T, run func(*testing.T, Kind)) {
	for _, kind := range s.Kinds {
		t.Run(kind.Name, func(t *testing.T) { run(t, kind) })
	}
}
