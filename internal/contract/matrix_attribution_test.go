package contract_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/attribution"
)

// A reports sales with B's coupon, B's ref code and B's link in the landing
// URL, a thousand of each: none is credited, and the answer is that to a code
// that does not exist, to the byte.
func TestMatrix_ForeignCodesCreditNobody(t *testing.T) {
	for name, options := range map[string][]option{"memory": nil, "SQLite": {onSQLite(t)}} {
		t.Run(name, func(t *testing.T) {
			w := newMatrixWorld(t, options...)
			others := w.stateOf(w.b)
			sent, credited := 0, 0
			for member, code := range map[string]string{
				"coupon_code": w.b.couponCode, "ref_code": w.b.linkCode, "landing_url": "https://shop.example/?ref_code=" + w.b.linkCode,
			} {
				unknown := code[:len(code)-3] + "zZ9" // of the same length
				named, nothing := w.report(t, member, code), w.report(t, member, unknown)
				sent += attribution.MaxBatch
				credited += attribution.MaxBatch - strings.Count(named.body, `"method":"none"`)
				require.Equal(t, attribution.MaxBatch, strings.Count(named.body, `"campaign_id":null`), member)
				require.Equal(t, plain(nothing, unknown), plain(named, code), member)
				for _, secret := range []string{w.b.id, w.b.campaign, w.b.influencer, w.b.coupon, w.b.link} {
					require.NotContains(t, named.body, secret)
				}
				w.sameReason(t, named, nothing, code, unknown)
			}
			require.Zero(t, credited)
			require.Equal(t, others, w.stateOf(w.b), "B has nothing of it")
			t.Logf("%d events on %s with codes of another tenant: %d credited", sent, name, credited)
		})
	}
}

// report sends a full batch with one code, as A.
func (w *matrixWorld) report(t *testing.T, member, code string) answer {
	t.Helper()
	event := `{"action":"purchase","value":"100","currency":"INR","` + member + `":"` + code + `"}`
	events := strings.Repeat(event+",", attribution.MaxBatch-1) + event
	got := w.do(http.MethodPost, api+"/events/batch", w.a.key, `{"events":[`+events+`]}`)
	require.Equal(t, http.StatusOK, got.status)
	require.Equal(t, attribution.MaxBatch, strings.Count(got.body, `"status":"stored"`), "%.300s", got.body)
	return got
}

// sameReason holds that the explanation of neither event says that one of the
// codes exists.
func (w *matrixWorld) sameReason(t *testing.T, named, nothing answer, code, unknown string) {
	t.Helper()
	explain := func(from answer, code string) string {
		id := from.object().list("results")[0].sub("event").str("id")
		why := w.do(http.MethodGet, api+"/events/"+id+"/explain", w.a.key, "")
		require.Equal(t, http.StatusOK, why.status)
		require.Equal(t, string(attribution.UnknownCode), why.object().list("candidates")[0].str("verdict"))
		return plain(why, code)
	}
	require.Equal(t, explain(nothing, unknown), explain(named, code))
}

// plain is a body without what differs between any two events: ids, moments,
// and the code itself, or the part of it that was found in a URL.
func plain(a answer, code string) string {
	_, found, inURL := strings.Cut(code, "ref_code=")
	body := strings.ReplaceAll(a.body, code, "CODE")
	if inURL {
		body = strings.ReplaceAll(body, found, "CODE")
	}
	body = regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`).ReplaceAllString(body, "ID")
	return regexp.MustCompile(`"20[0-9-]+T[0-9:.]+Z"`).ReplaceAllString(body, "TIME")
}
