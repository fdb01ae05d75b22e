package links_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/links"
)

func TestParseDestination_AgreesWithBrowsersOrRefuses(t *testing.T) {
	var cases []json.RawMessage
	readData(t, "url/urltestdata.json", &cases)
	total, accepted := 0, 0
	reasons := map[string]int{}
	for _, raw := range cases {
		if raw[0] == '"' {
			continue // a comment
		}
		var c struct {
			Input   string
			Href    string
			Host    string
			Failure bool
		}
		require.NoError(t, json.Unmarshal(raw, &c))
		total++
		got, err := links.ParseDestination(c.Input)
		if err != nil {
			reasons[reasonOf(t, err)]++
			continue
		}
		accepted++
		require.False(t, c.Failure, "browsers refuse %q, we made it %q", c.Input, got)
		require.Equal(t, c.Href, got, "canonical form of %q", c.Input)
		require.Equal(t, c.Host, hostOf(t, got), "host of %q", c.Input)
	}
	t.Logf("%d cases: %d accepted as browsers read them, %d refused %v", total, accepted, total-accepted, reasons)
	require.Equal(t, 869, total, "the data has changed")
	require.GreaterOrEqual(t, accepted, 80, "ordinary URLs of the data are refused")
}
