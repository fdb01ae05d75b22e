package storage_test

import (
	"testing"

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
