package otel_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/codes"

	"github.com/superher/superher/adapters/otel"
	"github.com/superher/superher/fault"
	"github.com/superher/superher/mail"
)

type sending func(ctx context.Context, message mail.Message) (mail.Receipt, error)

func (s sending) Send(ctx context.Context, message mail.Message) (mail.Receipt, error) {
	return s(ctx, message)
}

func TestSender_NamesEveryMissingField(t *testing.T) {
	_, err := otel.Sender(nil, otel.Config{})
	require.ErrorIs(t, err, fault.Invalid)
	require.Len(t, fault.Of(err).Fields, 3)
}

func plantedMessage() mail.Message {
	address := mail.Address{Name: plantedText, Email: plantedText}
	return mail.Message{From: address, To: address, Subject: plantedText, Text: plantedText, HTML: plantedText}
}

func TestSender_TellsTheOutcomeAndNothingOfTheMessage(t *testing.T) {
	for outcome, c := range map[string]struct {
		err error
		red bool
	}{
		"accepted":        {nil, false},
		"not_sent":        {fault.New(fault.Unavailable, mail.ReasonNotSent, plantedText), true},
		"outcome_unknown": {fault.New(fault.Unavailable, mail.ReasonOutcomeUnknown, plantedText), true},
		"refused":         {fault.New(fault.Invalid, mail.ReasonRefused, plantedText), false},
		"rate_limited":    {fault.New(fault.Exhausted, mail.ReasonRateLimited, plantedText), false},
		"invalid":         {mail.Message{}.Check(), false},
		"failed":          {errors.New(plantedText), true},
	} {
		t.Run(outcome, func(t *testing.T) {
			probe := newProbe()
			sender, err := otel.Sender(sending(func(_ context.Context, message mail.Message) (mail.Receipt, error) {
				require.Equal(t, plantedMessage(), message)
				return mail.Receipt{ID: plantedText}, c.err
			}), probe.config)
			require.NoError(t, err)
			receipt, err := sender.Send(t.Context(), plantedMessage())
			require.Equal(t, mail.Receipt{ID: plantedText}, receipt)
			require.Equal(t, c.err, err)

			span := probe.only(t, "mail.Sender.Send")
			require.Equal(t, map[string]any{"superher.mail.outcome": outcome}, attributes(span))
			require.Equal(t, c.red, span.Status().Code == codes.Error)
			require.Equal(t, map[string]int{"superher.mail.outcome=" + outcome: 1}, probe.counted(t, "superher.mail.messages"))
			require.NotContains(t, probe.dump(t), "planted")
		})
	}
}

func TestSender_APanicIsToldWithoutItsValueAndGoesOn(t *testing.T) {
	probe := newProbe()
	sender, err := otel.Sender(sending(func(_ context.Context, message mail.Message) (mail.Receipt, error) { panic(message.Text) }), probe.config)
	require.NoError(t, err)
	require.PanicsWithValue(t, plantedText, func() { _, _ = sender.Send(t.Context(), plantedMessage()) })
	require.Equal(t, map[string]int{"superher.mail.outcome=outcome_unknown": 1}, probe.counted(t, "superher.mail.messages"))
	require.NotContains(t, probe.dump(t), "planted")
}
