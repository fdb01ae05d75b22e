package authtest_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/superher/superher/adapters/cognito"
	"github.com/superher/superher/auth"
	"github.com/superher/superher/auth/authtest"
	"github.com/superher/superher/fault"
)

// The test file of an adapter is a harness and one call of Run.
func ExampleHarness() {
	harness := authtest.Harness{
		New: func(t *testing.T, issuer authtest.Issuer) auth.Verifier {
			verifier, err := cognito.New(cognito.Config{
				Issuer: issuer.URL, JWKSURL: issuer.JWKSURL, ClientIDs: []string{issuer.ClientID}, Now: issuer.Now,
			})
			if err != nil {
				t.Fatal(err)
			}
			return verifier
		},
		Kinds: []authtest.Kind{
			{Name: "access", Client: "client_id", Marks: map[string]string{"token_use": "access"}},
			{Name: "id", Client: "aud", Marks: map[string]string{"token_use": "id"}},
		},
	}
	// func TestVerifier(t *testing.T) { authtest.Run(t, harness) }

	verifier := harness.New(nil, authtest.Issuer{URL: "http://127.0.0.1:1", ClientID: "app", Now: time.Now})
	_, err := verifier.Verify(context.Background(), "not a token")
	fmt.Println("no token, no access:", errors.Is(err, fault.Unauthenticated))
	// Output:
	// no token, no access: true
}
