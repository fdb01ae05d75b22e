package cognito_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/superher/superher/adapters/cognito"
	"github.com/superher/superher/auth"
	"github.com/superher/superher/auth/authtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func harness(uses ...cognito.Use) authtest.Harness {
	return authtest.Harness{
		New: func(t *testing.T, issuer authtest.Issuer) auth.Verifier {
			verifier, err := cognito.New(cognito.Config{
				Issuer: issuer.URL, ClientIDs: []string{issuer.ClientID}, JWKSURL: issuer.JWKSURL, Now: issuer.Now, TokenUses: uses,
			})
			require.NoError(t, err)
			return verifier
		},
	}
}

func TestVerifier_Cognito(t *testing.T) {
	h := harness()
	h.Kinds = []authtest.Kind{
		{Name: "access", Client: "client_id", Marks: map[string]string{"token_use": "access"}},
		{Name: "id", Client: "aud", Marks: map[string]string{"token_use": "id"}},
	}
	authtest.Run(t, h)
}

func TestVerifier_AnyOtherIssuer(t *testing.T) {
	authtest.Run(t, harness(cognito.Plain))
}
