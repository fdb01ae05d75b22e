package authtest

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/auth"
)

// accepted: the limits on the good side.
func (s *suite) accepted(t *testing.T) {
	s.eachKind(t, func(t *testing.T, kind Kind) {
		w := s.warm(t, kind)
		now := w.now().Unix()
		headers := map[string]members{
			"ATypOfJWT": {"typ": "JWT"}, "AHeaderNobodyKnows": {"x-new": members{"a": 1}}, "AThumbprint": {"x5t": "Wv8yU3qXkq3y0q3y0q3y0q3y0q0"},
		}
		payloads := map[string]members{
			"NoIssuedAt": {"iat": gone{}}, "NotBeforeNow": {"nbf": now}, "OneSecondLeft": {"exp": now + 1}, "AYearLeft": {"exp": now + 366*86400},
			"AClaimNobodyKnows": {"https://example.com/x": []any{1, nil, members{"a": "b"}}}, "AnAddress": {"email": "jess@example.com", "email_verified": true},
			"ATokenID": {"jti": "1", "auth_time": now, "event_id": "2", "origin_jti": "3"},
		}
		if kind.Client == "aud" {
			payloads["AnAudienceOfOne"] = members{"aud": []string{clientID}}
			payloads["AnAudienceOfTwo"] = members{"aud": []string{"another", clientID}}
		}
		for name, header := range headers {
			t.Run(name, func(t *testing.T) { w.accept(t, w.mint(header, nil)) })
		}
		for name, payload := range payloads {
			t.Run(name, func(t *testing.T) { w.accept(t, w.mint(nil, payload)) })
		}
		t.Run("TheLongestToken", func(t *testing.T) {
			room := auth.MaxToken - len(w.mint(nil, members{"padding": ""}))
			w.accept(t, w.mint(nil, members{"padding": strings.Repeat("a", room*3/4-2)}))
		})
		t.Run("AnAddressIsVerifiedOnlyIfTheTokenSaysSo", func(t *testing.T) {
			require.False(t, w.accept(t, w.mint(nil, members{"email": "jess@example.com"})).EmailVerified)
			require.False(t, w.accept(t, w.mint(nil, members{"email": "jess@example.com", "email_verified": false})).EmailVerified)
		})
	})
}

// claims: a token for another issuer, application or purpose, and one whose
// claims are not what they should be, is refused although its signature holds.
func (s *suite) claims(t *testing.T) {
	s.eachKind(t, func(t *testing.T, kind Kind) {
		w := s.warm(t, kind)
		now, issuer := w.now().Unix(), w.issuer.server.URL
		payloads := map[string]members{
			"IssMissing": {"iss": gone{}}, "IssNull": {"iss": nil}, "IssEmpty": {"iss": ""}, "IssOther": {"iss": "https://example.com"}, "IssWithASlash": {"iss": issuer + "/"},
			"IssWithASpace": {"iss": issuer + " "}, "IssInUpperCase": {"iss": strings.ToUpper(issuer)}, "IssArray": {"iss": []string{issuer}}, "IssWithAPath": {"iss": issuer + "/other"},
			"IssWithAUser": {"iss": strings.Replace(issuer, "://", "://a@", 1)}, "IssCutOff": {"iss": issuer[:len(issuer)-1]}, "IssIsTheTrap": {"iss": issuer + "/trap"},
			"SubMissing": {"sub": gone{}}, "SubNull": {"sub": nil}, "SubEmpty": {"sub": ""}, "SubNumber": {"sub": 7}, "SubArray": {"sub": []string{subject}}, "SubObject": {"sub": members{}},
			"SubOfThousands": {"sub": strings.Repeat("s", 4000)},
			"ExpMissing":     {"exp": gone{}}, "ExpNull": {"exp": nil}, "ExpText": {"exp": "9999999999"}, "ExpZero": {"exp": 0}, "ExpNegative": {"exp": -1}, "ExpPast": {"exp": now - 61},
			"ExpOfTrue": {"exp": true}, "ExpArray": {"exp": []int64{now + 60}}, "ExpObject": {"exp": members{}}, "ExpYear10000": {"exp": int64(253402300800)}, "ExpInMilliseconds": {"exp": (now + 3600) * 1000},
			"ExpLargestInteger": {"exp": number("9223372036854775807")}, "ExpOverTheLargestInteger": {"exp": number("9223372036854775808")}, "ExpWrapsAround": {"exp": number("18446744073709551616")},
			"Exp1e308": {"exp": number("1e308")}, "Exp1e400": {"exp": number("1e400")}, "ExpSmallestInteger": {"exp": number("-9223372036854775808")}, "ExpTiny": {"exp": number("1e-400")},
			"NbfFuture": {"nbf": now + 61}, "NbfText": {"nbf": "0"}, "NbfNull": {"nbf": nil}, "Nbf1e400": {"nbf": number("1e400")}, "NbfFarFuture": {"nbf": int64(253402300799)},
			"IatFuture": {"iat": now + 86400}, "IatText": {"iat": "now"}, "Iat1e400": {"iat": number("1e400")},
			"ClientMissing": {kind.Client: gone{}}, "ClientNull": {kind.Client: nil}, "ClientEmpty": {kind.Client: ""}, "ClientOther": {kind.Client: "another"}, "ClientCutOff": {kind.Client: clientID[1:]},
			"ClientWithMore": {kind.Client: clientID + "x"}, "ClientInUpperCase": {kind.Client: strings.ToUpper(clientID)}, "ClientWithASpace": {kind.Client: clientID + " "}, "ClientNumber": {kind.Client: 1},
			"ClientOfTwoInOneText": {kind.Client: clientID + " another"}, "ClientEmptyArray": {kind.Client: []string{}}, "ClientOtherInAnArray": {kind.Client: []string{"another"}},
			"ClientNestedArray": {kind.Client: [][]string{{clientID}}}, "ClientObject": {kind.Client: members{clientID: clientID}}, "ClientMixedArray": {kind.Client: []any{1, clientID}},
			"ClientInAnotherClaim": {kind.Client: gone{}, "azp": clientID, "clientId": clientID},
		}
		if kind.Client != "aud" {
			payloads["ClientInAud"] = members{kind.Client: "another", "aud": clientID}
			payloads["ClientInAnArray"] = members{kind.Client: []string{clientID}}
		} else {
			payloads["AudInClientID"] = members{"aud": "another", "client_id": clientID}
		}
		for mark := range kind.Marks {
			for name, value := range map[string]any{"Missing": gone{}, "Null": nil, "Empty": "", "Other": "other", "Refresh": "refresh", "Plain": "plain", "InUpperCase": strings.ToUpper(kind.Marks[mark]), "Array": []string{kind.Marks[mark]}} {
				payloads["Mark_"+mark+"_"+name] = members{mark: value}
			}
		}
		tokens := map[string]string{}
		for name, payload := range payloads {
			tokens[name] = w.mint(nil, payload)
		}
		w.refuseEach(tokens)
	})
}

// names: only the exact names count, and none counts twice.
func (s *suite) names(t *testing.T) {
	s.eachKind(t, func(t *testing.T, kind Kind) {
		w := s.warm(t, kind)
		good, tokens := w.payload(), map[string]string{}
		bad := members{"exp": w.now().Unix() - 7200, "iss": "https://example.com", kind.Client: "another", "sub": ""}
		head := w.header().json(t)
		for name, wrong := range bad {
			right := good[name]
			for _, odd := range oddCases(name) {
				tokens["Only_"+odd] = w.mint(nil, members{name: gone{}, odd: right})
				without := good.with(members{name: gone{}}).json(t)
				pair := func(first, second members) string {
					return signText(t, w.first, head, without[:len(without)-1]+","+first.json(t)[1:len(first.json(t))-1]+","+second.json(t)[1:])
				}
				tokens["Bad_"+name+"_then_"+odd] = pair(members{name: wrong}, members{odd: right})
				tokens[odd+"_then_bad_"+name] = pair(members{odd: right}, members{name: wrong})
				tokens["Twice_"+name+"_good_last"] = pair(members{name: wrong}, members{name: right})
				tokens["Twice_"+name+"_good_first"] = pair(members{name: right}, members{name: wrong})
				tokens["Twice_"+name+"_the_same"] = pair(members{name: right}, members{name: right})
			}
		}
		body := good.json(t)
		tokens["Twice_escaped"] = signText(t, w.first, head, body[:len(body)-1]+`,"\u0065xp":9999999999}`)
		tokens["Twice_nobody_knows"] = signText(t, w.first, head, body[:len(body)-1]+`,"x":1,"x":1}`)
		tokens["Header_twice_alg"] = signText(t, w.first, `{"alg":"none",`+head[1:], body)
		tokens["Header_twice_alg_last"] = signText(t, w.first, head[:len(head)-1]+`,"alg":"none"}`, body)
		tokens["Header_twice_kid"] = signText(t, w.first, `{"kid":"another",`+head[1:], body)
		tokens["Header_ALG"] = w.mint(members{"alg": gone{}, "ALG": "RS256"}, nil)
		tokens["Header_none_and_ALG"] = w.mint(members{"alg": "none", "ALG": "RS256"}, nil)
		tokens["Header_KID"] = w.mint(members{"kid": gone{}, "KID": firstKid}, nil)
		tokens["Header_other_kid_and_KID"] = w.mint(members{"kid": "another", "Kid": firstKid}, nil)
		w.refuseEach(tokens)

		// A good token stays what it is, or is refused, beside a name in another case.
		for _, odd := range oddCases("sub") {
			t.Run("TheExactSubjectCountsBeside_"+odd, func(t *testing.T) {
				for _, token := range []string{
					signText(t, w.first, head, body[:len(body)-1]+`,"`+odd+`":"somebody-else"}`), signText(t, w.first, head, `{"`+odd+`":"somebody-else",`+body[1:]),
				} {
					if identity, err := w.verify(t, token, longest); err != nil {
						w.isRefusal(t, token, identity, err)
					} else {
						require.Equal(t, subject, identity.Subject)
					}
				}
			})
		}
	})
}

// oddCases are names that some readers take for the name.
func oddCases(name string) []string {
	odd := []string{strings.ToUpper(name), strings.ToUpper(name[:1]) + name[1:]}
	if strings.Contains(name, "s") {
		odd = append(odd, strings.Replace(name, "s", "\u017f", 1)) // the long s folds to s
	}
	return odd
}

// moments: a token ends at its ExpiresAt, and the leeway has its limit.
func (s *suite) moments(t *testing.T) {
	s.eachKind(t, func(t *testing.T, kind Kind) {
		t.Run("ATokenIsRefusedFromExpiresAtOn", func(t *testing.T) {
			w := s.warm(t, kind)
			token, exp := w.good(), w.now().Add(time.Hour)
			ends := w.accept(t, token).ExpiresAt
			require.False(t, ends.Before(exp) || ends.After(exp.Add(maxLeeway)), "ExpiresAt is %v, exp is %v", ends, exp)
			w.clock.Store(ends.Unix() - 1)
			w.accept(t, token)
			w.clock.Store(ends.Unix())
			w.refuse(t, token)
			w.advance(24 * time.Hour)
			w.refuse(t, token)
		})
		t.Run("TheLeewayIsAtMost60Seconds", func(t *testing.T) {
			w := s.warm(t, kind)
			now := w.now().Unix()
			w.refuse(t, w.mint(nil, members{"exp": now - 60}))
			w.refuse(t, w.mint(nil, members{"nbf": now + 61}))
			w.accept(t, w.mint(nil, members{"exp": now + 1, "nbf": now}))
		})
		t.Run("AClockThatIsSetBackAcceptsNothingEarlier", func(t *testing.T) {
			w := s.warm(t, kind)
			token := w.mint(nil, members{"nbf": w.now().Unix()})
			w.advance(-time.Hour)
			w.refuse(t, token)
			w.accept(t, w.good())
			w.advance(2 * time.Hour)
			w.accept(t, w.good())
		})
	})
}

// refusals: one error for every cause, and none of them a hint.
func (s *suite) refusals(t *testing.T) {
	w := s.warm(t, s.Kinds[0])
	distinct := map[string]bool{}
	for _, token := range []string{
		"", "a.b.c", w.sign(w.stranger, nil, nil), w.unknown("nobody-knows"), w.mint(members{"alg": "none"}, nil), w.mint(members{"crit": []string{"exp"}}, nil),
		w.mint(nil, members{"exp": 1}), w.mint(nil, members{"exp": gone{}}), w.mint(nil, members{"iss": "x"}), w.mint(nil, members{"sub": ""}), w.mint(nil, members{w.kind.Client: "x"}),
	} {
		_, err := w.verify(t, token, longest)
		failed := refusalOf(t, err)
		distinct[string(failed.Code)+failed.Reason+failed.Detail] = true
	}
	require.Len(t, distinct, 1)
}
