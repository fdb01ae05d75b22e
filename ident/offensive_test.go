package ident_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/ident"
)

func TestOffensiveWord_JudgesWholeWordsOnly(t *testing.T) {
	for text, want := range map[string]bool{
		"classic": false, "glass": false, "grape": false, "analytics": false, "Essex": false, "passion-fruit": false, "": false,
		"shit": true, "5h1t": true, "SHIT": true, "big-shit": true, "big_Sh1t_sale": true, "s-h-i-t": false, "fuck12": true, "2026": false, "sale-2026": false,
	} {
		require.Equal(t, want, ident.OffensiveWord(text), text)
	}
}
