package storage_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/fault"
	"github.com/superher/superher/storage"
)

// Codes and reasons are what callers and adapters outside this module rely on.
func TestFaults_HaveTheCodesAndReasonsThatThePortsName(t *testing.T) {
	for reason, c := range map[string]struct {
		made *fault.Error
		code fault.Code
	}{
		"not-found":         {storage.NotFound(), fault.NotFound},
		"changed-meanwhile": {storage.ChangedMeanwhile(), fault.Conflict},
		"id-taken":          {storage.IDTaken(), fault.Conflict},
		"api-key-taken":     {storage.APIKeyTaken(), fault.Conflict},
		"short-code-taken":  {storage.ShortCodeTaken(), fault.Conflict},
		"already-assigned":  {storage.AlreadyAssigned(), fault.Conflict},
		"event-differs":     {storage.EventDiffers(), fault.Conflict},
		"identity-taken":    {storage.IdentityTaken(), fault.Conflict},
		"ticket-taken":      {storage.TicketTaken(), fault.Conflict},
		"not-the-creator":   {storage.NotTheCreator(), fault.Forbidden},
		"transaction-ended": {storage.TransactionEnded(), fault.Internal},
	} {
		require.Equal(t, c.code, c.made.Code, reason)
		require.Equal(t, reason, c.made.Reason)
		require.NotEmpty(t, c.made.Detail, reason)
		require.Empty(t, c.made.Fields, reason)
		c.made.Detail = "spoiled"
	}
	require.NotEqual(t, "spoiled", storage.NotFound().Detail, "each call makes its own")
}
