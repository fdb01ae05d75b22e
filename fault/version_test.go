package fault_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/fault"
)

func TestCheckVersion_ZeroMeansWhicheverIsStoredAndAnyOtherOnlyItself(t *testing.T) {
	for _, stored := range []int64{1, 2, 7, math.MaxInt64} {
		require.NoError(t, fault.CheckVersion(0, stored))
		require.NoError(t, fault.CheckVersion(stored, stored))
		for _, other := range []int64{stored - 1, stored + 1, -stored, math.MinInt64} {
			if other == 0 {
				continue
			}
			require.Equal(t,
				fault.New(fault.Conflict, "changed-meanwhile", "somebody else changed it meanwhile; read it again"),
				fault.CheckVersion(other, stored), "%d for %d", other, stored)
		}
	}
}
