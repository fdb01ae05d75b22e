package cognito_test

import (
	"context"
	"fmt"

	"github.com/superher/superher/adapters/cognito"
)

func ExampleNew() {
	issuer, err := cognito.PoolIssuer("eu-west-1_AbCdEf123")
	if err != nil {
		fmt.Println(err)
		return
	}
	verifier, err := cognito.New(cognito.Config{Issuer: issuer, ClientIDs: []string{"3n4b5urk1ft4fl3mg5e62d9ado"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = verifier.Verify(context.Background(), "eyJhbGciOiJub25lIn0.e30.")
	fmt.Println(err)
	// Output:
	// unauthenticated (invalid-credential): a valid credential is required: not base64url
}

// Any other OpenID Connect issuer is a configuration of the same verifier.
func ExampleNew_anotherIssuer() {
	_, err := cognito.New(cognito.Config{
		Issuer:    "https://login.example.com/",
		JWKSURL:   "https://login.example.com/oauth2/keys",
		ClientIDs: []string{"superher"},
		TokenUses: []cognito.Use{cognito.Plain},
	})
	fmt.Println(err)
	// Output:
	// <nil>
}
