package links_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/fault"
)

// reasonOf checks that err is Invalid with exactly one field and returns its reason.
func reasonOf(t *testing.T, err error) string {
	t.Helper()
	var e *fault.Error
	require.ErrorAs(t, err, &e, "%v is no *fault.Error", err)
	require.ErrorIs(t, err, fault.Invalid)
	require.Len(t, e.Fields, 1)
	require.Equal(t, e.Reason, e.Fields[0].Reason)
	require.NotEmpty(t, e.Detail)
	return e.Reason
}

// hostOf returns host and port of a canonical destination.
func hostOf(t *testing.T, destination string) string {
	t.Helper()
	_, rest, found := strings.Cut(destination, "://")
	require.True(t, found)
	end := strings.IndexAny(rest, "/?#")
	require.Positive(t, end, "no path in %q", destination)
	return rest[:end]
}
