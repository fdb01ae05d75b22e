package otel

import (
	"context"
	"errors"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"

	"github.com/superher/superher/auth"
	"github.com/superher/superher/fault"
)

// Names of the attributes of a verification.
const (
	verifiedKey = attribute.Key("superher.auth.outcome")
	issuerKey   = attribute.Key("superher.auth.issuer")
)

// Outcomes of a verification.
const (
	valid       = "valid"
	invalid     = "invalid"
	unavailable = "unavailable"
)

// Verifier returns a verifier that answers as the inner one does, and tells how
// every verification went: valid, invalid, or unavailable where the token could
// not be judged. The span of a valid token names its issuer; nothing else of a
// token is told. Errors are those of [Store].
func Verifier(inner auth.Verifier, config Config) (auth.Verifier, error) {
	if err := config.check("Verifier", inner != nil); err != nil {
		return nil, err
	}
	outcomes, err := config.counter("superher.auth.verifications", "{verification}", "Verified tokens of people by outcome.")
	if err != nil {
		return nil, err
	}
	return verifier{inner: inner, tracer: config.Tracer.Tracer(scope), outcomes: outcomes}, nil
}

type verifier struct {
	inner    auth.Verifier
	tracer   trace.Tracer
	outcomes metric.Int64Counter
}

func (v verifier) Verify(ctx context.Context, token string) (auth.Identity, error) {
	ctx, span := v.tracer.Start(ctx, "auth.Verifier.Verify")
	outcome := unavailable // also of a panic
	// End itself, deferred, would tell the value of a panic.
	defer func() {
		span.SetAttributes(verifiedKey.String(outcome))
		if outcome == unavailable {
			span.SetStatus(codes.Error, "")
		}
		span.End()
		v.outcomes.Add(ctx, 1, metric.WithAttributes(verifiedKey.String(outcome)))
	}()
	identity, err := v.inner.Verify(ctx, token)
	switch {
	case err == nil:
		outcome = valid
		span.SetAttributes(issuerKey.String(identity.Issuer))
	case errors.Is(err, fault.Unauthenticated):
		outcome = invalid
	}
	return identity, err
}
