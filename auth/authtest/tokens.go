package authtest

import (
	"crypto"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/auth"
)

// refuseEach runs a case for each token, then shows that a good one still passes.
func (w *world) refuseEach(tokens map[string]string) {
	for _, name := range slices.Sorted(maps.Keys(tokens)) {
		w.t.Run(name, func(t *testing.T) { w.refuse(t, tokens[name]) })
	}
	w.t.Run("AGoodTokenIsStillAccepted", func(t *testing.T) { w.accept(t, w.good()) })
}

// forms: a token of a wrong form is refused without any network access.
func (s *suite) forms(t *testing.T) {
	w := s.open(t, s.Kinds[0])
	good := w.good()
	header, payload, signature := parts(good)
	head, body := w.header().json(t), w.payload().json(t)
	signed := func(header, payload string) string { return signText(t, w.first, header, payload) }
	tokens := map[string]string{
		"Empty": "", "Blank": " ", "Dot": ".", "TwoDots": "..", "ThreeDots": "...", "Letters": "a.b.c", "NUL": "\x00", "NoSegments": "token",
		"OneSegment": header, "TwoSegments": header + "." + payload, "FourSegments": good + "." + signature, "FiveSegments": good + "." + payload + "." + signature,
		"DotBefore": "." + good, "DotAfter": good + ".", "DotInTheMiddle": header + ".." + payload + "." + signature,
		"NoHeader": "." + payload + "." + signature, "NoPayload": header + ".." + signature, "NoSignature": header + "." + payload + ".",
		"SpaceBefore": " " + good, "SpaceAfter": good + " ", "LineBreakAfter": good + "\n", "LineBreakInTheHeader": header[:8] + "\r\n" + header[8:] + "." + payload + "." + signature,
		"LineBreakInThePayload": header + "." + payload[:8] + "\n" + payload[8:] + "." + signature, "LineBreakInTheSignature": header + "." + payload + "." + signature[:8] + "\n" + signature[8:],
		"Scheme": "Bearer " + good, "Quoted": `"` + good + `"`, "PercentEncoded": header + "%2e" + payload + "%2e" + signature,
		"PaddedHeader": header + "=." + payload + "." + signature, "PaddedSignature": header + "." + payload + "." + signature + "==",
		"StandardAlphabet":     header + "." + payload + "." + base64.RawStdEncoding.EncodeToString([]byte(strings.Repeat("\xff\xef", 128))),
		"LooseBitsInSignature": header + "." + payload + "." + loosened(signature),
		"JSONSerialization":    `{"payload":"` + payload + `","protected":"` + header + `","signature":"` + signature + `"}`,
		"GeneralSerialization": `{"payload":"` + payload + `","signatures":[{"protected":"` + header + `","signature":"` + signature + `"}]}`,
		"OverTheLongest":       w.mint(nil, members{"padding": strings.Repeat("a", auth.MaxToken)}), "Megabytes": strings.Repeat(good, 10_000), "Dots": strings.Repeat(".", 1<<20),
		"HeaderEmptyObject": signed("{}", body), "HeaderArray": signed("["+head+"]", body), "HeaderNull": signed("null", body), "HeaderString": signed(`"RS256"`, body),
		"HeaderCutOff": signed(head[:len(head)-1], body), "HeaderWithMore": signed(head+head, body), "HeaderOfBadUTF8": signed(head[:len(head)-1]+`,"x":"`+"\xff"+`"}`, body), "HeaderBlank": signed(" ", body),
		"HeaderWithAMark": signed("\ufeff"+head, body), "HeaderWithAComment": signed(head+"//", body), "PayloadEmptyObject": signed(head, "{}"),
		"PayloadArray": signed(head, "["+body+"]"), "PayloadNull": signed(head, "null"), "PayloadText": signed(head, "hello"), "PayloadBlank": signed(head, " "),
		"PayloadCutOff": signed(head, body[:len(body)-1]), "PayloadWithMore": signed(head, body+body), "PayloadWithAMark": signed(head, "\ufeff"+body),
		"PayloadOfBadUTF8": signed(head, body[:len(body)-1]+`,"x":"`+"\xff"+`"}`), "PayloadWithALoneSurrogate": signed(head, body[:len(body)-1]+`,"x":"\ud800"}`),
		"PayloadDeep": signed(head, body[:len(body)-1]+`,"x":`+strings.Repeat("[", 5000)+`}`), "PayloadOfSingleQuotes": signed(head, strings.ReplaceAll(body, `"`, `'`)),
		"NestedToken": signText(t, w.first, w.header().with(members{"cty": "JWT"}).json(t), good),
	}
	for name, token := range tokens {
		t.Run(name, func(t *testing.T) { w.refuse(t, token) })
	}
	t.Run("NoneOfThemAskedForKeys", func(t *testing.T) {
		fetches, _ := w.issuer.count()
		require.Zero(t, fetches)
	})
	t.Run("AGoodTokenIsAccepted", func(t *testing.T) { w.accept(t, good) })
}

// loosened sets bits of the last character that carry nothing: the bytes are the
// same, and the token is another text.
func loosened(signature string) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	last := strings.IndexByte(alphabet, signature[len(signature)-1])
	return signature[:len(signature)-1] + alphabet[last|1:last|1+1]
}

// algorithms: RS256 and nothing else, whatever the header says.
func (s *suite) algorithms(t *testing.T) {
	w := s.warm(t, s.Kinds[0])
	claim := w.payload().json(t)
	input := func(alg string) string {
		return segment(w.header().with(members{"alg": alg}).json(t)) + "." + segment(claim)
	}
	tokens := map[string]string{}
	for name, alg := range map[string]any{
		"Missing": gone{}, "Null": nil, "Empty": "", "Array": []string{"RS256"}, "Number": 256, "LowerCase": "rs256", "SpaceBefore": " RS256", "SpaceAfter": "RS256 ", "Unknown": "XX256",
		"none": "none", "None": "None", "NONE": "NONE", "nOnE": "nOnE", "HS256": "HS256", "ES256": "ES256", "EdDSA": "EdDSA", "RSAOAEP": "RSA-OAEP",
	} {
		tokens["AlgIs"+name] = w.mint(members{"alg": alg}, nil)
		header, payload, _ := parts(tokens["AlgIs"+name])
		tokens["AlgIs"+name+"Unsigned"] = header + "." + payload + "."
		tokens["AlgIs"+name+"SignedByZeros"] = header + "." + payload + "." + segment(strings.Repeat("\x00", 64))
	}
	for name, secret := range secrets(t, w) {
		mac := hmac.New(sha256.New, secret)
		mac.Write([]byte(input("HS256")))
		tokens["HS256With"+name] = input("HS256") + "." + segment(string(mac.Sum(nil)))
		mac512 := hmac.New(sha512.New, secret)
		mac512.Write([]byte(input("HS512")))
		tokens["HS512With"+name] = input("HS512") + "." + segment(string(mac512.Sum(nil)))
	}
	for alg, hash := range map[string]crypto.Hash{"RS384": crypto.SHA384, "RS512": crypto.SHA512, "PS256": crypto.SHA256, "PS384": crypto.SHA384, "PS512": crypto.SHA512} {
		for _, said := range []string{alg, "RS256"} {
			tokens[alg+"Called"+said] = input(said) + "." + signedAs(t, w.first, alg, hash, input(said))
		}
	}
	w.refuseEach(tokens)
}

// secrets are what a verifier might take the public key for, were it to check an
// HMAC with it.
func secrets(t testing.TB, w *world) map[string][]byte {
	t.Helper()
	pkix, err := x509.MarshalPKIXPublicKey(&w.first.PublicKey)
	require.NoError(t, err)
	pkcs1 := x509.MarshalPKCS1PublicKey(&w.first.PublicKey)
	return map[string][]byte{
		"ThePEM": pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: pkix}), "TheDER": pkix, "PKCS1": pkcs1,
		"ThePKCS1PEM": pem.EncodeToMemory(&pem.Block{Type: "RSA PUBLIC KEY", Bytes: pkcs1}), "TheModulus": w.first.N.Bytes(),
		"TheModulusAsText": []byte(segment(string(w.first.N.Bytes()))), "TheEntry": []byte(publicJWK(&w.first.PublicKey, firstKid).json(t)), "NoSecret": {}, "TheKeyID": []byte(firstKid),
	}
}

func signedAs(t testing.TB, key *rsa.PrivateKey, alg string, hash crypto.Hash, input string) string {
	t.Helper()
	digest := hash.New()
	digest.Write([]byte(input))
	sign := func() ([]byte, error) { return rsa.SignPKCS1v15(nil, key, hash, digest.Sum(nil)) }
	if strings.HasPrefix(alg, "PS") {
		sign = func() ([]byte, error) {
			return rsa.SignPSS(rand.Reader, key, hash, digest.Sum(nil), &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash})
		}
	}
	signature, err := sign()
	require.NoError(t, err)
	return segment(string(signature))
}

// headers: what a header brings or points to is no reason to trust it, and what
// it calls critical is not understood.
func (s *suite) headers(t *testing.T) {
	w := s.warm(t, s.Kinds[0])
	trap := w.issuer.server.URL + "/trap"
	own := publicJWK(&w.stranger.PublicKey, firstKid)
	certificate := []string{base64.StdEncoding.EncodeToString(x509.MarshalPKCS1PublicKey(&w.stranger.PublicKey))}
	strangers := map[string]members{
		"Jwk": {"jwk": own}, "JwkWithoutKid": {"jwk": own, "kid": gone{}}, "JwkOfAnotherKid": {"jwk": publicJWK(&w.stranger.PublicKey, "another"), "kid": "another"},
		"Jku": {"jku": trap}, "JkuWithAnotherKid": {"jku": trap, "kid": "another"}, "JkuOfTheIssuersHost": {"jku": w.issuer.server.URL + keySetPath + "/../../trap"},
		"X5u": {"x5u": trap}, "X5uWithoutKid": {"x5u": trap, "kid": gone{}}, "X5c": {"x5c": certificate}, "X5cWithoutKid": {"x5c": certificate, "kid": gone{}},
		"KidIsAnAddress": {"kid": trap}, "KidIsAPath": {"kid": "../../trap"}, "KidIsAFile": {"kid": "/dev/null"}, "KidIsSQL": {"kid": "' OR 1=1 --"}, "KidIsLong": {"kid": strings.Repeat("k", 2000)},
		"KidHasALineBreak": {"kid": "a\nb"}, "KidIsKnown": nil,
	}
	genuine := map[string]members{
		"CritOfNothing": {"crit": []string{}}, "CritOfExp": {"crit": []string{"exp"}, "exp": 1}, "CritOfB64": {"crit": []string{"b64"}, "b64": true}, "CritOfUnencoded": {"crit": []string{"b64"}, "b64": false},
		"CritOfUnknown": {"crit": []string{"x"}, "x": 1}, "CritOfAlg": {"crit": []string{"alg"}}, "CritIsText": {"crit": "exp"}, "CritIsNull": {"crit": nil}, "CritIsAnObject": {"crit": members{}}, "B64IsFalse": {"b64": false},
		"KidIsMissing": {"kid": gone{}}, "KidIsEmpty": {"kid": ""}, "KidIsNull": {"kid": nil}, "KidIsANumber": {"kid": 1}, "KidIsAnArray": {"kid": []string{firstKid}}, "KidInUpperCase": {"kid": strings.ToUpper(firstKid)},
		"KidWithASpace": {"kid": firstKid + " "}, "KidIsUnknown": {"kid": "another"}, "KidWithNUL": {"kid": firstKid + "\x00"},
		"TypOfALogoutToken": {"typ": "logout+jwt"}, "TypOfASecurityEvent": {"typ": "secevent+jwt"}, "TypOfAProof": {"typ": "dpop+jwt"}, "TypIsNull": {"typ": nil}, "TypIsANumber": {"typ": 1},
	}
	tokens := map[string]string{}
	for name, header := range strangers {
		tokens["Stranger"+name] = w.sign(w.stranger, header, nil)
	}
	for name, header := range genuine {
		tokens[name] = w.mint(header, nil)
	}
	w.refuseEach(tokens)
}

// signatures: every bit of the signature and of what is signed counts.
func (s *suite) signatures(t *testing.T) {
	w := s.warm(t, s.Kinds[0])
	good, other := w.good(), w.mint(nil, members{"sub": "somebody-else"})
	header, payload, signature := parts(good)
	_, otherPayload, otherSignature := parts(other)
	raw, err := base64.RawURLEncoding.DecodeString(signature)
	require.NoError(t, err)
	with := func(signature string) string { return header + "." + payload + "." + segment(signature) }
	digest := sha256.Sum256([]byte(header + "." + payload))
	unhashed, err := rsa.SignPKCS1v15(nil, w.first, 0, digest[:])
	require.NoError(t, err)
	tokens := map[string]string{
		"Stranger": w.sign(w.stranger, nil, nil), "PayloadOfAnother": header + "." + otherPayload + "." + signature, "SignatureOfAnother": header + "." + payload + "." + otherSignature,
		"HeaderOfAnother": segment(w.header().with(members{"x": 1}).json(t)) + "." + payload + "." + signature, "CutByOne": with(string(raw[:255])), "CutByHalf": with(string(raw[:128])),
		"OneMore": with(string(raw) + "\x00"), "ZeroBefore": with("\x00" + string(raw)), "Zeros": with(strings.Repeat("\x00", 256)), "One": with(strings.Repeat("\x00", 255) + "\x01"),
		"TheModulus": with(string(w.first.N.Bytes())), "Ones": with(strings.Repeat("\xff", 256)), "OneByte": with("\x00"), "Backwards": with(reversed(raw)), "WithoutTheNameOfTheHash": with(string(unhashed)),
		"SignedTwice": with(string(raw) + string(raw)), "TheDigest": with(string(digest[:])),
	}
	for at := 0; at < len(raw); at += 15 {
		changed := slices.Clone(raw)
		changed[at] ^= 1
		tokens["OneBitOfTheSignature"] = with(string(changed))
		w.refuse(t, tokens["OneBitOfTheSignature"])
	}
	for at := range len(payload) {
		other := byte('A')
		if payload[at] == other {
			other = 'B'
		}
		w.refuse(t, header+"."+payload[:at]+string(other)+payload[at+1:]+"."+signature)
	}
	w.refuseEach(tokens)
}

func reversed(raw []byte) string {
	raw = slices.Clone(raw)
	slices.Reverse(raw)
	return string(raw)
}
