// Package auth is about credentials: the port that turns a person's token into
// an identity, and the making and checking of API keys. It decides whether a
// credential is well-formed and whose it says it is; what its holder may do is
// decided in package tenant, and which keys exist in package storage.
package auth
