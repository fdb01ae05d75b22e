package statsql

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTimeline_SecondsAreFloatsOnlyAsLongAsTheseAreExact(t *testing.T) {
	const lastMicro = float64(floatSeconds*1_000_000-1) / 1_000_000 // as Postgres divides
	require.Less(t, lastMicro, float64(floatSeconds))
	for last, want := range map[int64]string{floatSeconds: "date_part('epoch', occurred_at)", floatSeconds + 1: "extract(epoch FROM occurred_at)"} {
		text, _, err := timeline{d: Postgres, last: last}.seconds().ToSql()
		require.NoError(t, err)
		require.Contains(t, text, want)
	}
}
