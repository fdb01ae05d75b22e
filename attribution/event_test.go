package attribution_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/superher/superher/attribution"
	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/fault"
	"github.com/superher/superher/money"
	"github.com/superher/superher/payouts"
)

func TestSubmission_LimitsHoldOnBothSides(t *testing.T) {
	now := saleTime
	for name, c := range map[string]struct {
		good, bad func(*attribution.Submission)
		field     string
	}{
		"coupon_code": {
			func(s *attribution.Submission) { s.CouponCode = strings.Repeat("é", attribution.MaxCouponText) },
			func(s *attribution.Submission) { s.CouponCode = strings.Repeat("é", attribution.MaxCouponText+1) }, "coupon_code",
		},
		"ref_code": {
			func(s *attribution.Submission) { s.RefCode = strings.Repeat("x", attribution.MaxRefText) },
			func(s *attribution.Submission) { s.RefCode = strings.Repeat("x", attribution.MaxRefText+1) }, "ref_code",
		},
		"landing_url": {
			func(s *attribution.Submission) { s.LandingURL = strings.Repeat("x", attribution.MaxLandingURL) },
			func(s *attribution.Submission) { s.LandingURL = strings.Repeat("x", attribution.MaxLandingURL+1) }, "landing_url",
		},
		"external_id": {
			func(s *attribution.Submission) { s.ExternalID = strings.Repeat("x", attribution.MaxExternalID) },
			func(s *attribution.Submission) { s.ExternalID = strings.Repeat("x", attribution.MaxExternalID+1) }, "external_id",
		},
		"customer_id": {
			func(s *attribution.Submission) { s.CustomerID = strings.Repeat("x", attribution.MaxCustomerID) },
			func(s *attribution.Submission) { s.CustomerID = "a\x00b" }, "customer_id",
		},
		"evidence with a line break": {
			func(s *attribution.Submission) {
				s.CouponCode, s.RefCode, s.LandingURL = "SUMMER20\n", "\tx", "https://x.example/\r\n"
			},
			func(s *attribution.Submission) { s.LandingURL = "https://x.example/\x00" }, "landing_url",
		},
		"evidence in UTF-8": {
			func(s *attribution.Submission) { s.CouponCode = "é" },
			func(s *attribution.Submission) { s.CouponCode = "\xff" }, "coupon_code",
		},
		"future": {
			func(s *attribution.Submission) { s.OccurredAt = now.Add(attribution.MaxClockSkew) },
			func(s *attribution.Submission) { s.OccurredAt = now.Add(attribution.MaxClockSkew + time.Microsecond) }, "occurred_at",
		},
		"past": {
			func(s *attribution.Submission) { s.OccurredAt = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC) },
			func(s *attribution.Submission) { s.OccurredAt = time.Date(1999, 12, 31, 23, 59, 59, 0, time.UTC) }, "occurred_at",
		},
		"metadata count": {
			func(s *attribution.Submission) { s.Metadata = entries(attribution.MaxMetadata) },
			func(s *attribution.Submission) { s.Metadata = entries(attribution.MaxMetadata + 1) }, "metadata",
		},
		"metadata value": {
			func(s *attribution.Submission) {
				s.Metadata = map[string]string{"k": strings.Repeat("x", attribution.MaxMetadataValue)}
			},
			func(s *attribution.Submission) {
				s.Metadata = map[string]string{"k": strings.Repeat("x", attribution.MaxMetadataValue+1)}
			}, "metadata.k",
		},
		"value": {
			func(s *attribution.Submission) { s.Value = money.Of(money.MaxMinor, "INR") },
			func(s *attribution.Submission) { s.Value = money.Of(money.MaxMinor+1, "INR") }, "value",
		},
		"negative": {
			func(s *attribution.Submission) { s.Value = money.Of(0, "INR") },
			func(s *attribution.Submission) { s.Value = money.Of(-1, "INR") }, "value",
		},
		"currency": {
			func(s *attribution.Submission) { s.Value = money.Of(1, "KWD") },
			func(s *attribution.Submission) { s.Value = money.Of(1, "BTC") }, "currency",
		},
		"a value needs a currency": {
			func(*attribution.Submission) {},
			func(s *attribution.Submission) { s.Value = money.Of(1, "") }, "currency",
		},
		"action": {
			func(s *attribution.Submission) {
				s.Type = "a" + campaigns.EventType(strings.Repeat("_", campaigns.MaxEventType-1))
			},
			func(s *attribution.Submission) { s.Type = "Purchase" }, "action",
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := attribution.Submission{Type: campaigns.Purchase}
			c.good(&s)
			require.NoError(t, s.Check(now))
			s = attribution.Submission{Type: campaigns.Purchase}
			c.bad(&s)
			var e *fault.Error
			require.ErrorAs(t, s.Check(now), &e)
			require.Equal(t, fault.Invalid, e.Code)
			require.Equal(t, c.field, e.Fields[0].Name)
		})
	}
}

func entries(n int) map[string]string {
	m := map[string]string{}
	for i := range n {
		m[strings.Repeat("k", i+1)] = ""
	}
	return m
}

func TestSubmission_EveryBadFieldIsNamedAtOnce(t *testing.T) {
	s := attribution.Submission{Type: "?", Value: money.Of(-1, "BTC"), CouponCode: "\x00", OccurredAt: time.Unix(0, 0)}
	var e *fault.Error
	require.ErrorAs(t, s.Check(saleTime), &e)
	var names []string
	for _, f := range e.Fields {
		names = append(names, f.Name)
	}
	require.Equal(t, []string{"action", "currency", "value", "coupon_code", "occurred_at"}, names)
}

func TestFingerprint_DiffersForEveryField(t *testing.T) {
	base := attribution.Submission{Type: campaigns.Purchase}
	seen := map[attribution.Fingerprint]string{base.Fingerprint(): "base"}
	for name, set := range map[string]func(*attribution.Submission){
		"type":     func(s *attribution.Submission) { s.Type = campaigns.Lead },
		"value":    func(s *attribution.Submission) { s.Value = money.Of(1, "INR") },
		"currency": func(s *attribution.Submission) { s.Value = money.Of(1, "USD") },
		"zero":     func(s *attribution.Submission) { s.Value = money.Of(0, "USD") },
		"coupon":   func(s *attribution.Submission) { s.CouponCode = "x" },
		"ref":      func(s *attribution.Submission) { s.RefCode = "x" },
		"landing":  func(s *attribution.Submission) { s.LandingURL = "x" },
		"external": func(s *attribution.Submission) { s.ExternalID = "x" },
		"customer": func(s *attribution.Submission) { s.CustomerID = "x" },
		"occurred": func(s *attribution.Submission) { s.OccurredAt = saleTime },
		"key":      func(s *attribution.Submission) { s.Metadata = map[string]string{"x": ""} },
		"entry":    func(s *attribution.Submission) { s.Metadata = map[string]string{"": "x"} },
	} {
		s := base
		set(&s)
		require.Empty(t, seen[s.Fingerprint()], name)
		seen[s.Fingerprint()] = name
	}
}

func TestSettle_CommissionFollowsTheCreditedInfluencersTerms(t *testing.T) {
	event := attribution.Event{Submission: attribution.Submission{
		Type: campaigns.Purchase, Value: money.Of(149900, "INR"), CouponCode: "JESSICA20", RefCode: "ravi101", OccurredAt: saleTime,
	}}
	settled := event.Settle(world(), attribution.Policy{})
	require.True(t, settled.Conversion)
	require.Equal(t, money.Of(14990, "INR"), settled.Commission.Amount)
	require.Equal(t, payouts.Earned, settled.Commission.Reason)

	event.CouponCode = ""
	settled = event.Settle(world(), attribution.Policy{})
	require.Equal(t, money.Of(5000, "INR"), settled.Commission.Amount, "flat")

	event.RefCode, event.LandingURL = "", "?ref_code=mina102"
	require.Equal(t, payouts.NoTerms, event.Settle(world(), attribution.Policy{}).Commission.Reason)

	event.CouponCode, event.LandingURL = "BLACKFRIDAY", ""
	require.Equal(t, payouts.NoInfluencer, event.Settle(world(), attribution.Policy{}).Commission.Reason)

	event.CouponCode, event.Type = "JESSICA20", campaigns.AddToCart
	settled = event.Settle(world(), attribution.Policy{})
	require.False(t, settled.Conversion)
	require.Equal(t, payouts.NotConversion, settled.Commission.Reason)
}

func TestSettle_ConversionTypesAreTheCreditedCampaigns(t *testing.T) {
	event := attribution.Event{Submission: attribution.Submission{Type: campaigns.Signup, RefCode: "other33", OccurredAt: saleTime}}
	require.True(t, event.Settle(world(), attribution.Policy{}).Conversion, "this campaign pays for sign-ups")
	event.RefCode = ""
	require.False(t, event.Settle(world(), attribution.Policy{}).Conversion, "without a campaign only purchases are conversions")
	event.Type = campaigns.Purchase
	require.True(t, event.Settle(world(), attribution.Policy{}).Conversion)
}

func TestExplain_HasASentenceForEveryCandidateAndCase(t *testing.T) {
	texts := rapid.SampledFrom([]string{"", "JESSICA20", "BLACKFRIDAY", "ravi101", "mina102", "nosuch1", "?ref_code=mina102", "! !"})
	rapid.Check(t, func(t *rapid.T) {
		event := attribution.Event{Submission: attribution.Submission{
			CouponCode: texts.Draw(t, "coupon"), RefCode: texts.Draw(t, "ref"), LandingURL: texts.Draw(t, "landing"), OccurredAt: saleTime,
		}}.Settle(world(), attribution.Policy{GenericCoupon: rapid.SampledFrom([]campaigns.GenericCoupon{"", campaigns.GenericCreditsLink}).Draw(t, "policy")})
		x := attribution.Explain(event)
		require.NotEmpty(t, x.Summary)
		require.NotContains(t, x.Summary, "nothing.")
		require.Len(t, x.Reasons, len(event.Decision.Candidates))
		for _, reason := range x.Reasons {
			require.NotContains(t, reason, "verdict is")
		}
	})
}
