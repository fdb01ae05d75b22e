package clicks_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/clicks"
	"github.com/superher/superher/clicks/clickstest"
	"github.com/superher/superher/fault"
)

func TestBuffer(t *testing.T) {
	clickstest.Run(t, clickstest.Harness{
		New:   func(*testing.T) clicks.Recorder { return clicks.NewBuffer(0, nil) },
		Small: func(*testing.T) clicks.Recorder { return clicks.NewBuffer(100, nil) },
	})
}

func TestBuffer_HoldsItsSizeAndNoVisitMore(t *testing.T) {
	b := clicks.NewBuffer(10, nil)
	for i, v := range visits(15) {
		err := b.Record(t.Context(), v)
		require.Equal(t, i < 10, err == nil)
		require.True(t, err == nil || fault.HasReason(err, "clicks-shed"))
	}
	require.Equal(t, clicks.Stats{Recorded: 10, Shed: 5, Waiting: 10}, b.Stats())
}

func TestBuffer_OfNoSizeHasTheDefault(t *testing.T) {
	b := clicks.NewBuffer(-1, nil)
	for range clicks.DefaultBuffer {
		require.NoError(t, b.Record(t.Context(), clicks.Visit{}))
	}
	require.Error(t, b.Record(t.Context(), clicks.Visit{}))
}

func TestBuffer_OffersFiveHundredAtMost(t *testing.T) {
	b, s := clicks.NewBuffer(0, nil), &shelf{}
	for _, v := range visits(1200) {
		require.NoError(t, b.Record(t.Context(), v))
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	require.NoError(t, b.Run(ctx, s.take))
	require.Equal(t, 500, s.most)
	require.Equal(t, 3, s.calls)
}

func TestBuffer_GivesUpTenSecondsAfterItsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, s := clicks.NewBuffer(0, nil), &shelf{before: func(int, []clicks.Visit) error { return errAway }}
		for _, v := range visits(600) {
			require.NoError(t, b.Record(t.Context(), v))
		}
		ctx, stop := context.WithCancel(t.Context())
		stop()
		began := time.Now()
		require.True(t, fault.HasReason(b.Run(ctx, s.take), "clicks-left-over"))
		require.Equal(t, clicks.FlushTime, time.Since(began))
		require.Equal(t, clicks.Stats{Recorded: 600, Shed: 600}, b.Stats())
		require.True(t, fault.HasReason(b.Record(t.Context(), clicks.Visit{}), "recorder-ended"))
	})
}

func TestBuffer_WhatTheStoreTookWhileStoppingIsNotLeftOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := clicks.NewBuffer(0, nil)
		s := &shelf{before: func(call int, _ []clicks.Visit) error {
			if call > 1 {
				return errAway
			}
			return nil
		}}
		for _, v := range visits(600) {
			require.NoError(t, b.Record(t.Context(), v))
		}
		ctx, stop := context.WithCancel(t.Context())
		stop()
		require.Error(t, b.Run(ctx, s.take))
		require.Equal(t, clicks.Stats{Recorded: 600, Stored: 500, Shed: 100}, b.Stats())
	})
}

func BenchmarkBuffer_Record(b *testing.B) {
	buffer := clicks.NewBuffer(0, nil)
	ctx, stop := context.WithCancel(b.Context())
	ended := make(chan error, 1)
	go func() { ended <- buffer.Run(ctx, func(context.Context, []clicks.Visit) error { return nil }) }()
	v := aVisit()
	b.ReportAllocs()
	b.SetParallelism(32) // goroutines on each core
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			_ = buffer.Record(ctx, v)
		}
	})
	stop()
	require.NoError(b, <-ended)
}
