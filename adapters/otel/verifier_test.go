package otel_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/codes"

	"github.com/superher/superher/adapters/otel"
	"github.com/superher/superher/auth"
	"github.com/superher/superher/fault"
)

type verifying func(ctx context.Context, token string) (auth.Identity, error)

func (v verifying) Verify(ctx context.Context, token string) (auth.Identity, error) {
	return v(ctx, token)
}

func TestVerifier_NamesEveryMissingField(t *testing.T) {
	_, err := otel.Verifier(nil, otel.Config{})
	require.ErrorIs(t, err, fault.Invalid)
	require.Len(t, fault.Of(err).Fields, 3)
}

func TestVerifier_TellsTheOutcomeAndNothingOfTheToken(t *testing.T) {
	known := auth.Identity{Issuer: "https://login.superher.dev", Subject: plantedText, Email: plantedText, Groups: []string{plantedText}}
	for name, c := range map[string]struct {
		identity auth.Identity
		err      error
		outcome  string
		red      bool
	}{
		"valid":       {known, nil, "valid", false},
		"invalid":     {auth.Identity{}, auth.InvalidCredential(errors.New(plantedText)), "invalid", false},
		"no keys":     {auth.Identity{}, fault.New(fault.Unavailable, "keys-unreachable", plantedText), "unavailable", true},
		"not a fault": {auth.Identity{}, errors.New(plantedText), "unavailable", true},
	} {
		t.Run(name, func(t *testing.T) {
			probe := newProbe()
			verifier, err := otel.Verifier(verifying(func(_ context.Context, token string) (auth.Identity, error) {
				require.Equal(t, plantedText, token)
				return c.identity, c.err
			}), probe.config)
			require.NoError(t, err)
			identity, err := verifier.Verify(t.Context(), plantedText)
			require.Equal(t, c.identity, identity)
			require.Equal(t, c.err, err)

			span := probe.only(t, "auth.Verifier.Verify")
			require.Equal(t, c.outcome, attributes(span)["superher.auth.outcome"])
			require.Equal(t, c.red, span.Status().Code == codes.Error)
			require.Equal(t, map[string]int{"superher.auth.outcome=" + c.outcome: 1}, probe.counted(t, "superher.auth.verifications"))
			if c.err == nil {
				require.Equal(t, known.Issuer, attributes(span)["superher.auth.issuer"])
			} else {
				require.NotContains(t, attributes(span), "superher.auth.issuer")
			}
			require.NotContains(t, probe.dump(t), "planted")
		})
	}
}

func TestVerifier_APanicIsToldWithoutItsValueAndGoesOn(t *testing.T) {
	probe := newProbe()
	verifier, err := otel.Verifier(verifying(func(_ context.Context, token string) (auth.Identity, error) { panic(token) }), probe.config)
	require.NoError(t, err)
	require.PanicsWithValue(t, plantedText, func() { _, _ = verifier.Verify(t.Context(), plantedText) })
	require.Equal(t, map[string]int{"superher.auth.outcome=unavailable": 1}, probe.counted(t, "superher.auth.verifications"))
	require.Equal(t, codes.Error, probe.only(t, "auth.Verifier.Verify").Status().Code)
	require.NotContains(t, probe.dump(t), "planted")
}
