package auth

import (
	"context"
	"time"

	"github.com/superher/superher/fault"
)

// Verifier turns the token of a person into an identity. An adapter implements
// it for one identity provider.
//
// Implementations are safe for concurrent use.
type Verifier interface {
	// Verify returns the identity that a valid token vouches for: signed by a
	// current key of the configured issuer, meant for this application, and
	// neither expired nor used before its time. Issuer, Subject and ExpiresAt
	// of the answer are always set.
	//
	// Any other token is the error of [InvalidCredential], fault.Unauthenticated
	// "invalid-credential", the same for every cause, so that it tells a stranger
	// nothing; the cause may be in its Err, which never holds the token. Where
	// the keys of the issuer cannot be had and the token therefore cannot be
	// judged, the error is fault.Unavailable "keys-unreachable". A ctx that ends
	// is fault.Unavailable. No other code is returned.
	//
	// A token is refused without any network access when its form is wrong, and
	// unknown tokens never cause an unbounded number of requests for keys.
	Verify(ctx context.Context, token string) (Identity, error)
}

// Identity is whom a valid token vouches for. Issuer and Subject together name
// the person for ever; everything else may change from token to token.
type Identity struct {
	Issuer        string    // identity provider
	Subject       string    // the person's name there
	Email         string    // may be empty
	EmailVerified bool      // the provider checked that the address is the person's
	Groups        []string  // as the provider names them; gives no rights here by itself
	ExpiresAt     time.Time // the token is refused from this moment on
}

// InvalidCredential returns the one error for every credential that is missing,
// malformed, unknown, expired, revoked or not meant for us: fault.Unauthenticated
// "invalid-credential". The cause, which may be nil, is for the log only and must
// not hold the credential.
func InvalidCredential(cause error) *fault.Error {
	return &fault.Error{
		Code: fault.Unauthenticated, Reason: "invalid-credential",
		Detail: "a valid credential is required", Err: cause,
	}
}
