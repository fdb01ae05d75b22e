package otel

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"

	"github.com/superher/superher/fault"
	"github.com/superher/superher/mail"
)

const sentKey = attribute.Key("superher.mail.outcome")

// Outcomes of sending a message.
const (
	accepted       = "accepted"
	notSent        = "not_sent"
	outcomeUnknown = "outcome_unknown"
	refusedForGood = "refused"
	rateLimited    = "rate_limited"
	invalidMessage = "invalid"
	failed         = "failed" // against the port: an error that it does not name
)

// Sender returns a sender that answers as the inner one does, and tells what
// became of every message: the reasons of package mail, accepted, or invalid for
// a message that broke a rule. Nothing of the message is told, nor the mail
// system's id of it, which may hold an address. Errors are those of [Store].
func Sender(inner mail.Sender, config Config) (mail.Sender, error) {
	if err := config.check("Sender", inner != nil); err != nil {
		return nil, err
	}
	outcomes, err := config.counter("superher.mail.messages", "{message}", "Messages handed to the mail system by outcome.")
	if err != nil {
		return nil, err
	}
	return sender{inner: inner, tracer: config.Tracer.Tracer(scope), outcomes: outcomes}, nil
}

type sender struct {
	inner    mail.Sender
	tracer   trace.Tracer
	outcomes metric.Int64Counter
}

func (s sender) Send(ctx context.Context, message mail.Message) (mail.Receipt, error) {
	ctx, span := s.tracer.Start(ctx, "mail.Sender.Send")
	outcome := outcomeUnknown // of a panic, which may come after the message left
	// End itself, deferred, would tell the value of a panic.
	defer func() {
		span.SetAttributes(sentKey.String(outcome))
		switch outcome {
		case notSent, outcomeUnknown, failed:
			span.SetStatus(codes.Error, outcome)
		}
		span.End()
		s.outcomes.Add(ctx, 1, metric.WithAttributes(sentKey.String(outcome)))
	}()
	receipt, err := s.inner.Send(ctx, message)
	outcome = sent(err)
	return receipt, err
}

func sent(err error) string {
	if err == nil {
		return accepted
	}
	failure := fault.Of(err)
	switch failure.Reason {
	case mail.ReasonNotSent:
		return notSent
	case mail.ReasonOutcomeUnknown:
		return outcomeUnknown
	case mail.ReasonRefused:
		return refusedForGood
	case mail.ReasonRateLimited:
		return rateLimited
	}
	if failure.Code == fault.Invalid {
		return invalidMessage
	}
	return failed
}
