package main

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCheckout_AnswersWhomTheSaleIsCreditedTo(t *testing.T) {
	shop := checkout(brand(t.Context()))
	order := func(form url.Values) string {
		r := httptest.NewRequest(http.MethodPost, "/checkout", strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		shop.ServeHTTP(w, r)
		return w.Body.String()
	}
	credited := "Credited to the influencer by a coupon. Commission: earned 149.90 INR\n"
	with := url.Values{"price": {"1499.00"}, "coupon": {" jessica20 "}, "order": {"1001"}}
	require.Equal(t, credited, order(with))
	require.Equal(t, credited, order(with), "the same order again is the same sale")

	nobody := url.Values{"price": {"1499.00"}, "order": {"1002"}}
	require.Contains(t, order(nobody), "Unattributed: ")
	require.Contains(t, order(url.Values{"price": {"14.999"}}), "too-many-digits")
}
