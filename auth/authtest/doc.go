// Package authtest is the public suite of auth.Verifier: it holds an adapter to
// every sentence of the port's comment. It decides what a correct adapter is and
// knows only the port: no library, no provider, no adapter.
//
// The suite brings its own issuer, an HTTP server on loopback whose key set
// answers well, badly or never, and signs its own tokens. The author of an
// adapter says which kinds of token it takes and makes a verifier for an issuer:
//
//	func TestVerifier(t *testing.T) {
//		authtest.Run(t, authtest.Harness{
//			New: func(t *testing.T, issuer authtest.Issuer) auth.Verifier {
//				return myidp.New(issuer.URL, issuer.JWKSURL, issuer.ClientID, issuer.Now)
//			},
//		})
//	}
//
// An adapter that passes takes RS256 signatures of a JWK set, reads the time from
// Issuer.Now alone, the ages of its cache included, allows plain http on loopback,
// ends a fetch of keys after at most four seconds and a megabyte, and begins no
// fetch within ten seconds of another. There are no capability flags.
//
// The whole suite takes less than twenty seconds, most of them waiting for key sets that
// do not answer. One contract is run alone by its name:
// go test -run 'TestVerifier/KeySets'. It measures what is allocated, so nothing
// else should run in the process meanwhile.
package authtest
