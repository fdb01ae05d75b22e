package contract_test

import (
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A judge who finds nothing wrong is none: each of these changes of the
// document makes an answer of the server one that it does not describe.
func TestChecker_FindsWhatTheDocumentDoesNotSay(t *testing.T) {
	w := newWorld(t)
	content, err := os.ReadFile(documentFile)
	require.NoError(t, err)
	inner := w.http.Transport.(*checker).inner
	for name, c := range map[string]struct {
		method, path, credential string
		old, changed             string
	}{
		"nothing":               {http.MethodGet, "/campaigns/" + w.a.campaign, w.a.key, "", ""},
		"an operation removed":  {http.MethodGet, "/campaigns/" + w.a.campaign, w.a.key, "  /api/v1/campaigns/{id}:\n", "  /api/v1/campaign/{id}:\n"},
		"a member renamed":      {http.MethodGet, "/coupons/" + w.a.coupon, w.a.key, "        uses: {", "        used: {"},
		"a member left out":     {http.MethodGet, "/coupons/" + w.a.coupon, w.a.key, "status, valid_from, valid_to, discount, uses,", "status, valid_from, valid_to, discount, uses, wins,"},
		"a value renamed":       {http.MethodGet, "/coupons/" + w.a.coupon, w.a.key, "CouponStatus: { enum: [active, disabled] }", "CouponStatus: { enum: [on, off] }"},
		"another type":          {http.MethodGet, "/events/" + w.a.event, w.a.key, "conversion: { type: boolean", "conversion: { type: string"},
		"a header unknown":      {http.MethodGet, "/coupons/" + w.a.coupon, w.a.key, "          ETag: { $ref: '#/components/headers/ETag' }", "          Tag: { $ref: '#/components/headers/ETag' }"},
		"a status unknown":      {http.MethodGet, "/campaigns", w.pending.token, "'403': {", "'402': {"},
		"a reason unknown":      {http.MethodGet, "/campaigns", w.pending.token, "user-not-active", "user-not-there"},
		"a status of a problem": {http.MethodGet, "/campaigns", "", "status: { const: 401 }", "status: { const: 402 }"},
		"another media type":    {http.MethodGet, "/exports/events.csv", w.a.key, "text/csv", "text/tsv"},
	} {
		require.Contains(t, string(content), c.old, name)
		d, err := parseDocument([]byte(strings.ReplaceAll(string(content), c.old, c.changed)))
		if c.old == "" {
			d, err = parseDocument(content)
		}
		require.NoError(t, err, name)
		var found []string
		w.http.Transport = &checker{
			inner: inner, doc: d, seen: map[string]map[int]int{},
			report: func(format string, args ...any) { found = append(found, fmt.Sprintf(format, args...)) },
		}
		w.do(c.method, api+c.path, c.credential, "")
		require.Equal(t, c.old == "", len(found) == 0, "%s: %s", name, found)
	}
}
