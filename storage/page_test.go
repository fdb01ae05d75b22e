package storage_test

import (
	"math"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/fault"
	"github.com/superher/superher/ident"
	"github.com/superher/superher/storage"
)

func TestPage_LimitsOnBothSides(t *testing.T) {
	for limit, want := range map[int]int{0: storage.DefaultPage, 1: 1, storage.MaxPage: storage.MaxPage} {
		_, got, err := storage.Page{Limit: limit}.Check()
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	for _, limit := range []int{-1, storage.MaxPage + 1} {
		_, _, err := storage.Page{Limit: limit}.Check()
		require.ErrorIs(t, err, fault.Invalid)
		require.True(t, fault.HasReason(err, "out-of-range"))
	}
}

func TestPage_ACursorContinuesTheListItWasGivenFor(t *testing.T) {
	want := ident.Cursor{ID: [16]byte{7}}
	got, _, err := storage.Page{Cursor: want.String()}.Check()
	require.NoError(t, err)
	require.Equal(t, want, got)
	for text, reason := range map[string]string{
		"garbage": "malformed-cursor", ident.Cursor{Sort: "name", ID: [16]byte{7}}.String(): "cursor-of-another-order",
		ident.Cursor{Key: "x", ID: [16]byte{7}}.String(): "cursor-of-another-order",
	} {
		_, _, err := storage.Page{Cursor: text}.Check()
		require.ErrorIs(t, err, fault.Invalid)
		require.True(t, fault.HasReason(err, reason), err)
	}
	_, _, err = storage.Page{Cursor: "garbage", Limit: -1}.Check()
	require.True(t, fault.HasReason(err, "out-of-range"), "every bad field at once")
	require.True(t, fault.HasReason(err, "malformed-cursor"), "every bad field at once")
}

func TestPaged_TheExtraItemOnlyShowsThatThereIsAnotherPage(t *testing.T) {
	id := func(n byte) [16]byte { return [16]byte{n} }
	require.Equal(t, storage.List[byte]{Items: []byte{1, 2}}, storage.Paged([]byte{1, 2}, 2, id))
	got := storage.Paged([]byte{1, 2, 3}, 2, id)
	require.Equal(t, []byte{1, 2}, got.Items)
	cursor, _, err := storage.Page{Cursor: got.Next}.Check()
	require.NoError(t, err)
	require.Equal(t, ident.Cursor{ID: id(2)}, cursor)
	require.Equal(t, storage.List[byte]{}, storage.Paged([]byte(nil), 2, id))
}

func TestPage_AListByMomentHasCursorsOfItsOwn(t *testing.T) {
	at, id, limit, err := storage.Page{}.CheckMoment()
	require.NoError(t, err)
	require.True(t, at.IsZero(), "from the beginning")
	require.Zero(t, id)
	require.Equal(t, storage.DefaultPage, limit)

	day := func(year int) string {
		return strconv.FormatInt(time.Date(year, 6, 1, 0, 0, 0, 0, time.UTC).UnixMicro(), 10)
	}
	for _, key := range []string{"0", "-1", "1", day(1), day(9999)} {
		at, id, limit, err := storage.Page{Cursor: ident.Cursor{Sort: "occurred_at", Key: key, ID: [16]byte{7}}.String(), Limit: 3}.CheckMoment()
		require.NoError(t, err, key)
		require.Equal(t, key, strconv.FormatInt(at.UnixMicro(), 10))
		require.Equal(t, time.UTC, at.Location())
		require.Equal(t, [16]byte{7}, id)
		require.Equal(t, 3, limit)
	}
	for cursor, reason := range map[ident.Cursor]string{
		{ID: [16]byte{7}}:                                                          "cursor-of-another-order",
		{Sort: "name", Key: "1", ID: [16]byte{7}}:                                  "cursor-of-another-order",
		{Sort: "occurred_at"}:                                                      "malformed-cursor",
		{Sort: "occurred_at", Key: "+1"}:                                           "malformed-cursor",
		{Sort: "occurred_at", Key: "01"}:                                           "malformed-cursor",
		{Sort: "occurred_at", Key: "soon"}:                                         "malformed-cursor",
		{Sort: "occurred_at", Key: day(0)}:                                         "malformed-cursor",
		{Sort: "occurred_at", Key: day(10_000)}:                                    "malformed-cursor",
		{Sort: "occurred_at", Key: strconv.FormatInt(time.Time{}.UnixMicro(), 10)}: "malformed-cursor",
		{Sort: "occurred_at", Key: strconv.FormatInt(math.MinInt64, 10)}:           "malformed-cursor",
		{Sort: "occurred_at", Key: "9223372036854775808"}:                          "malformed-cursor",
	} {
		_, _, _, err := storage.Page{Cursor: cursor.String()}.CheckMoment()
		require.ErrorIs(t, err, fault.Invalid, cursor)
		require.True(t, fault.HasReason(err, reason), "%v: %v", cursor, err)
	}
	for _, limit := range []int{-1, storage.MaxPage + 1} {
		_, _, _, err := storage.Page{Limit: limit, Cursor: "garbage"}.CheckMoment()
		require.True(t, fault.HasReason(err, "out-of-range"), "every bad field at once")
		require.True(t, fault.HasReason(err, "malformed-cursor"), "every bad field at once")
	}
}

func TestPagedByMoment_ContinuesBehindTheLastItem(t *testing.T) {
	start := time.Date(2026, 3, 1, 12, 0, 0, 123_456_000, time.UTC)
	position := func(n byte) (time.Time, [16]byte) { return start.Add(time.Duration(n) * time.Second), [16]byte{n} }
	require.Equal(t, storage.List[byte]{Items: []byte{2, 1}}, storage.PagedByMoment([]byte{2, 1}, 2, position))
	got := storage.PagedByMoment([]byte{3, 2, 1}, 2, position)
	require.Equal(t, []byte{3, 2}, got.Items)
	at, id, _, err := storage.Page{Cursor: got.Next}.CheckMoment()
	require.NoError(t, err)
	wantAt, wantID := position(2)
	require.Equal(t, wantAt, at)
	require.Equal(t, wantID, id)
	_, _, err = storage.Page{Cursor: got.Next}.Check()
	require.True(t, fault.HasReason(err, "cursor-of-another-order"), "not for a list by id")
	require.Equal(t, storage.List[byte]{}, storage.PagedByMoment([]byte(nil), 2, position))
}
