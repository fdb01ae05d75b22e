package contract_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestWorld_HasEverybodyAndEverything(t *testing.T) {
	for name, w := range map[string]*world{"memory": newWorld(t), "SQLite": newWorld(t, onSQLite(t))} {
		for who, want := range map[string]int{
			w.admin.token: http.StatusOK, w.a.person.token: http.StatusOK, w.b.person.token: http.StatusOK, w.a.key: http.StatusOK,
			w.pending.token: http.StatusForbidden, w.suspended.token: http.StatusForbidden, "person": http.StatusUnauthorized, "": http.StatusUnauthorized,
		} {
			require.Equal(t, want, w.do(http.MethodGet, api+"/campaigns", who, "").status, "%s %s", name, who)
		}
		for _, path := range []string{
			"/campaigns/" + w.a.campaign, "/influencers/" + w.a.influencer, "/coupons/" + w.a.coupon, "/tracking-links/" + w.a.link,
			"/events/" + w.a.event, "/api-keys/" + w.a.keyID,
		} {
			require.Equal(t, http.StatusOK, w.do(http.MethodGet, api+path, w.a.key, "").status, "%s %s", name, path)
			require.Equal(t, http.StatusNotFound, w.do(http.MethodGet, api+path, w.b.key, "").status, "%s %s", name, path)
		}
	}
}
