package cognito

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// What a name resolves to is checked after it was resolved, so that rebinding
// it leads nowhere.
func TestSuits_NoKeySetInsideTheMachine(t *testing.T) {
	for _, addr := range []string{
		"127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1", "169.254.169.254", "::ffff:169.254.169.254", "fe80::1", "fe80::1%eth0", "0.0.0.0", "::", "::ffff:0.0.0.0", "224.0.0.1", "ff02::1", "name", "",
	} {
		require.Error(t, suits("idp.example.com", addr), addr)
	}
	for _, addr := range []string{"203.0.113.7", "2001:db8::7", "10.0.0.1", "fd00::1"} {
		require.NoError(t, suits("idp.example.com", addr), addr)
	}
	for _, host := range []string{"localhost", "127.0.0.1", "::1"} {
		require.NoError(t, suits(host, "127.0.0.1"), host)
		require.NoError(t, suits(host, "::1"), host)
		require.Error(t, suits(host, "203.0.113.7"), host)
		require.Error(t, suits(host, "169.254.169.254"), host)
	}
}

func TestGuardedTransport_ANameThatResolvesToLoopbackIsNotConnected(t *testing.T) {
	requests := 0
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { requests++ }))
	defer server.Close()
	// 0.0.0.0 connects to loopback where nobody looks.
	address := strings.Replace(server.URL, "127.0.0.1", "0.0.0.0", 1)
	_, err := newKeySource(address, nil).get(context.Background())
	require.ErrorContains(t, err, "not allowed")
	require.Zero(t, requests)
}

func FuzzParseKeySet_NeverPanicsAndNeverReturnsAWeakKey(f *testing.F) {
	f.Add(`{"keys":[{"kty":"RSA","kid":"a","n":"AQAB","e":"AQAB"}]}`)
	f.Add(`{"keys":[]}`)
	f.Add(`{"keys":[{},1,null]}`)
	f.Add(`{"keys":{"a":"b"}}`)
	f.Fuzz(func(t *testing.T, set string) {
		keys, err := parseKeySet([]byte(set))
		require.Equal(t, err == nil, len(keys) > 0)
		for kid, key := range keys {
			require.NotEmpty(t, kid)
			require.GreaterOrEqual(t, key.N.BitLen(), 2048)
			require.Greater(t, key.E, 2)
		}
	})
}
