package money_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/fault"
	"github.com/superher/superher/money"
)

// sharedData returns the path of a public data file, which lies beside the
// repository and not in it.
func sharedData(t *testing.T, name string) string {
	t.Helper()
	folder, err := os.Getwd()
	require.NoError(t, err)
	for {
		if _, err := os.Stat(filepath.Join(folder, "go.mod")); err == nil {
			break
		}
		parent := filepath.Dir(folder)
		require.NotEqual(t, folder, parent, "no go.mod above the test")
		folder = parent
	}
	path := filepath.Join(folder, "..", "shared", "data", name)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("SKIPPED: public test data %s is not beside the repository: %v", name, err)
	}
	return path
}

func TestCurrency_DigitsOfAll179(t *testing.T) {
	raw, err := os.ReadFile(sharedData(t, "currency/iso4217-digits.json"))
	require.NoError(t, err)
	var list map[string]int
	require.NoError(t, json.Unmarshal(raw, &list))
	require.Len(t, list, 179)

	letters := "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	for _, a := range letters {
		for _, b := range letters {
			for _, c := range letters {
				code := string(a) + string(b) + string(c)
				digits, listed := list[code]
				require.Equal(t, digits, money.Currency(code).Digits(), code)
				currency, err := money.ParseCurrency(code)
				if listed && code != "XXX" && code != "XTS" {
					require.NoError(t, err, code)
					require.Equal(t, money.Currency(code), currency)
				} else {
					require.ErrorIs(t, err, fault.Invalid, code)
					require.True(t, fault.HasReason(err, "unknown-currency"), code)
				}
			}
		}
	}
}

func TestParseCurrency_IsStrict(t *testing.T) {
	for _, bad := range []string{"", "inr", "Inr", "IN", "INRR", " INR", "INR ", "₹", "XXX", "XTS", "AAA", "ＩＮＲ", "INR\x00", strings.Repeat("INR", 1000)} {
		got, err := money.ParseCurrency(bad)
		require.ErrorIs(t, err, fault.Invalid, "%q", bad)
		require.Empty(t, got)
	}
}
