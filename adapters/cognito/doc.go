// Package cognito implements auth.Verifier for Amazon Cognito user pools, and by
// configuration for any other OpenID Connect issuer that signs with RS256. It
// decides offline whether a token is genuine, current and meant for this
// application; it knows no user and gives no right, and it never calls Cognito
// except for the public key set.
//
// # What is accepted
//
// A JWS of three segments in unpadded, canonical base64url and at most
// auth.MaxToken bytes. Its header has alg RS256, a kid, and no crit, b64, cty, jwk,
// jku, x5u or x5c; its typ, if any, is JWT or at+jwt. Header and claims are JSON
// objects without repeated names; a name that differs only by case from one that
// matters here is refused. The claims have the exact iss, a sub of 1 to 255
// bytes, and an exp in whole seconds before the year 10000; nbf and iat are
// honoured. A Cognito access token has token_use "access" and a client_id of
// Config.ClientIDs, an ID token has token_use "id" and such an aud; see [Use].
//
// # Keys
//
// The key set is fetched on the first token and kept in memory for 24 hours. A
// token whose key is cached waits for no fetch, whatever the key set does
// meanwhile. An unknown kid fetches the set again, at most once in ten
// seconds and by one request for all callers; so a new key is accepted at the
// latest ten seconds after its first token arrived, and a restart while the set
// is down recovers within ten seconds of its return. A set that is unreachable,
// slow, redirected, larger than a megabyte, not strict JSON, or without a usable
// key never replaces a good one. Keys that are not for RS256 signatures, or
// shorter than 2048 bits, are skipped. A key that left the set is refused from the
// next fetch on.
//
// There is nothing to close: a fetch ends within three seconds and leaves neither
// a goroutine nor a connection behind.
package cognito
