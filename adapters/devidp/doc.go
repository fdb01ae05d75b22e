// Package devidp is an OpenID Connect issuer for development: it signs anyone
// in as any of the people that its Config lists, without a password, so that a
// dashboard and an API can be tried before a real identity provider is there.
// It speaks authorization code with PKCE only, keeps what it has to remember in
// bounded memory, and shapes its tokens like those of Amazon Cognito.
//
// It protects nothing and must not be reachable by strangers: whoever opens its
// page is whom he says. What it does keep is the protocol, so that a client
// which works here is right: redirect URIs match exactly, S256 is mandatory,
// codes are used once and for a minute, refresh tokens rotate, and each error is
// the one of RFC 6749.
package devidp
