package main

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/adapters/devidp"
)

// fetch makes a request without credentials.
func fetch(t *testing.T, url string, header ...string) (status int, body string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	require.NoError(t, err)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	response, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response.StatusCode, string(text)
}

// Who starts the development issuer where strangers come, or beside a real one,
// is told so under the names of both settings.
func TestDevelopmentIssuer_IsRefused(t *testing.T) {
	genuine := []string{"--oidc-issuer", "https://idp.example", "--oidc-client-id", "app"}
	for name, c := range map[string]struct {
		args []string
		env  map[string]string
		want []string
	}{
		"beside a real one":        {args: append(genuine, "--dev-idp"), want: []string{"--dev-idp:", "--oidc-issuer"}},
		"anywhere beside a real":   {args: append(genuine, "--dev-idp-anywhere"), want: []string{"--dev-idp-anywhere:", "--oidc-issuer"}},
		"its redirect beside real": {args: append(genuine, "--dev-redirect-uri", "http://h/x"), want: []string{"--dev-redirect-uri:", "--oidc-issuer"}},
		"by environment": {
			args: []string{"--dev-idp"}, env: map[string]string{"SUPERHER_OIDC_ISSUER": "https://idp.example", "SUPERHER_OIDC_CLIENT_ID": "app"},
			want: []string{"--dev-idp:", "SUPERHER_OIDC_ISSUER"},
		},
		"on every address":     {args: []string{"--addr", "0.0.0.0:0", "--dev-idp"}, want: []string{"--dev-idp:", "--addr", "--dev-idp-anywhere"}},
		"under a public name":  {args: []string{"--base-url", "https://go.example.com", "--dev-idp"}, want: []string{"--dev-idp:", "--base-url", "--dev-idp-anywhere"}},
		"behind a proxy":       {args: []string{"--trusted-proxy", "127.0.0.1", "--dev-idp"}, want: []string{"--dev-idp:", "--trusted-proxy", "--dev-idp-anywhere"}},
		"anywhere but off":     {args: []string{"--addr", "0.0.0.0:0", "--dev-idp-anywhere"}, want: []string{"--dev-idp-anywhere:", "--dev-idp"}},
		"redirect but off":     {args: []string{"--dev-idp=false", "--dev-redirect-uri", "http://h/x"}, want: []string{"--dev-redirect-uri:", "--dev-idp"}},
		"an issuer left empty": {args: []string{"--oidc-issuer", ""}, want: []string{"--oidc-issuer: is empty"}},
		"a client and no one":  {args: []string{"--oidc-client-id", "app"}, want: []string{"--oidc-client-id: needs --oidc-issuer"}},
		"plain http elsewhere": {args: []string{"--addr", "0.0.0.0:0", "--base-url", "http://go.example.com", "--dev-idp", "--dev-idp-anywhere"}, want: []string{"--base-url"}},
	} {
		t.Run(name, func(t *testing.T) {
			args := append([]string{"serve", "--addr", "127.0.0.1:0", "--db", filepath.Join(t.TempDir(), "x.db")}, c.args...)
			code, stdout, stderr := once(t, func(name string) string { return c.env[name] }, args...)
			require.NotZero(t, code)
			require.NotContains(t, stdout, "superher is ready")
			for _, want := range c.want {
				require.Contains(t, stderr, want)
			}
		})
	}
}

func TestRealIssuer_ErrorsNameTheSetting(t *testing.T) {
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"--oidc-issuer", "https://idp.example"}, "--oidc-client-id"},
		{[]string{"--oidc-issuer", "http://idp.example", "--oidc-client-id", "a"}, "--oidc-issuer"},
		{[]string{"--oidc-issuer", "https://idp.example", "--oidc-client-id", "a", "--oidc-jwks-url", "ftp://x"}, "--oidc-jwks-url"},
		{[]string{"--oidc-issuer", "https://idp.example", "--oidc-client-id", "a", "--oidc-token-use", "refresh"}, "--oidc-token-use"},
		{[]string{"--oidc-issuer", "https://idp.example", "--oidc-client-id", "a", "--oidc-token-use", "plain,id"}, "--oidc-token-use"},
	} {
		code, _, stderr := once(t, nothing, append([]string{"serve", "--addr", "127.0.0.1:0", "--db", filepath.Join(t.TempDir(), "x.db")}, c.args...)...)
		require.Equal(t, 2, code, c.args)
		require.Contains(t, stderr, c.want+": ", c.args)
	}
}

// The whole way: the default on loopback, its people, its token, its end.
func TestServe_OffersTheDevelopmentIssuerOnLoopback(t *testing.T) {
	file := filepath.Join(t.TempDir(), "superher.db")
	r := start(t, 20*time.Second, "serve", "--addr", "127.0.0.1:0", "--db", file)
	require.Contains(t, r.stderr.String(), "| WARNING: the development issuer is on.")
	require.Contains(t, r.stderr.String(), `level=WARN msg="the development issuer is on`)
	require.Contains(t, r.stdout.String(), "dev-idp              true  (default)")
	kept, err := os.Stat(file + ".dev-idp.pem")
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), kept.Mode().Perm())

	status, config := call(t, http.MethodGet, r.base+"/app/config.json", "", "")
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, r.base+devPath, config["sign_in"].(map[string]any)["issuer"])
	require.Equal(t, devClient, config["sign_in"].(map[string]any)["client_id"])
	status, found := fetch(t, r.base+devPath+"/.well-known/openid-configuration")
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, found, `"issuer":"`+r.base+devPath+`"`)

	// A token as the issuer makes it, from the key it left.
	key, err := devidp.LoadOrCreateKey(file + ".dev-idp.pem")
	require.NoError(t, err)
	issuer, err := devidp.New(devidp.Config{
		IssuerURL: r.base + devPath, ClientID: devClient, RedirectURIs: []string{"http://h/x"}, Key: key,
		People: []devidp.Person{admin().Person, pending().Person, somebody("stranger", "S", "")},
	})
	require.NoError(t, err)
	for subject, want := range map[string][3]any{
		devAdmin: {"active", "admin", http.StatusOK}, "pending": {"pending", nil, http.StatusForbidden}, "stranger": {"pending", nil, http.StatusForbidden},
	} {
		token, err := issuer.Token(subject)
		require.NoError(t, err)
		status, me := call(t, http.MethodGet, r.base+"/api/v1/me", token, "")
		require.Equal(t, http.StatusOK, status, "%s %v", subject, me)
		answer, err := json.Marshal(me)
		require.NoError(t, err)
		require.Contains(t, string(answer), `"status":"`+want[0].(string)+`"`, subject)
		status, _ = call(t, http.MethodGet, r.base+"/api/v1/stats/overview", token, "")
		require.Equal(t, want[2], status, subject)
		require.NotContains(t, r.stdout.String()+r.stderr.String(), token)
	}
	for _, header := range []string{"X-Forwarded-For", "Forwarded", "Via", "X-Real-IP", "X-Forwarded-Host"} {
		status, _ = fetch(t, r.base+devPath+"/.well-known/openid-configuration", header, "for=1.2.3.4")
		require.Equal(t, http.StatusForbidden, status, "a proxy in front that nobody mentioned: %s", header)
	}
	require.Zero(t, r.end(t), r.stderr)
}

// Whom somebody has decided about stays as decided.
func TestServe_DoesNotApproveAgainWhoWasSuspended(t *testing.T) {
	file := filepath.Join(t.TempDir(), "superher.db")
	r := start(t, 20*time.Second, "serve", "--addr", "127.0.0.1:0", "--db", file)
	base := r.base
	require.Zero(t, r.end(t))
	code, _, stderr := once(t, nothing, "user", "suspend", "--db", file, "--issuer", base+devPath, "--subject", devAdmin)
	require.Zero(t, code, stderr)
	again := start(t, 20*time.Second, "serve", "--addr", base[len("http://"):], "--db", file)
	require.Zero(t, again.end(t))
	code, stdout, _ := once(t, nothing, "user", "list", "--db", file, "--status", "suspended", "--json")
	require.Zero(t, code)
	require.Contains(t, stdout, `"subject":"admin"`)
}

func TestServe_WithARealIssuerOrWithoutAnyThereIsNoDevelopmentIssuer(t *testing.T) {
	for name, args := range map[string][]string{
		"real":      {"--oidc-issuer", "https://idp.example", "--oidc-client-id", "app", "--oidc-token-use", "access", "--oidc-required-scope", "superher/api"},
		"off":       {"--dev-idp=false"},
		"reachable": {"--base-url", "https://go.example.com", "--shutdown-timeout", "1s"},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "superher.db")
			r := start(t, 20*time.Second, append([]string{"serve", "--addr", "127.0.0.1:0", "--db", file}, args...)...)
			require.NotContains(t, r.stderr.String(), "WARNING")
			require.Contains(t, r.stdout.String(), "dev-idp              false")
			status, _ := fetch(t, r.base+devPath+"/.well-known/jwks.json")
			require.Equal(t, http.StatusNotFound, status)
			status, config := call(t, http.MethodGet, r.base+"/app/config.json", "", "")
			require.Equal(t, http.StatusOK, status)
			if name == "real" {
				require.Equal(t, map[string]any{"issuer": "https://idp.example", "client_id": "app", "scope": "openid email profile superher/api"}, config["sign_in"])
			} else {
				require.Nil(t, config["sign_in"])
			}
			require.NoFileExists(t, file+".dev-idp.pem")
			require.Zero(t, r.end(t), r.stderr)
		})
	}
}

func TestServe_TheDevelopmentIssuerAnywhereIsLoud(t *testing.T) {
	r := start(t, 20*time.Second, "serve", "--addr", "0.0.0.0:0", "--db", filepath.Join(t.TempDir(), "x.db"), "--dev-idp", "--dev-idp-anywhere", "--drain", "0s")
	require.Contains(t, r.stderr.String(), "IT IS OPEN TO OTHER MACHINES")
	require.Contains(t, r.stderr.String(), "open_to_other_machines=true")
	status, _ := fetch(t, r.base+devPath+"/.well-known/openid-configuration", "X-Forwarded-For", "1.2.3.4")
	require.Equal(t, http.StatusOK, status)
	require.Zero(t, r.end(t), r.stderr)
}

// The first admin of a server in production.
func TestUserApprove_MakesTheFirstAdmin(t *testing.T) {
	file := filepath.Join(t.TempDir(), "superher.db")
	r := start(t, 20*time.Second, "serve", "--addr", "127.0.0.1:0", "--db", file)
	issuer := r.base + devPath
	require.Zero(t, r.end(t))

	list := func(args ...string) (people []listed) {
		code, stdout, stderr := once(t, nothing, append([]string{"user", "list", "--db", file, "--json"}, args...)...)
		require.Zero(t, code, stderr)
		for d := json.NewDecoder(strings.NewReader(stdout)); d.More(); {
			var one listed
			require.NoError(t, d.Decode(&one))
			people = append(people, one)
		}
		return people
	}
	require.Len(t, list(), 2)
	waiting := list("--status", "pending")
	require.Len(t, waiting, 1)
	require.Equal(t, issuer, waiting[0].Issuer)

	code, stdout, stderr := once(t, nothing, "advertiser", "create", "--db", file, "--name", "Acme", "--json")
	require.Zero(t, code, stderr)
	var made issued
	require.NoError(t, json.Unmarshal([]byte(stdout), &made))
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"approve"}, "--id"},
		{[]string{"approve", "--id", waiting[0].ID}, "--role"},
		{[]string{"approve", "--id", "7", "--role", "admin"}, "--id"},
		{[]string{"approve", "--id", waiting[0].ID, "--subject", "x", "--role", "admin"}, "--id"},
		{[]string{"approve", "--issuer", issuer, "--role", "admin"}, "--subject"},
		{[]string{"approve", "--subject", "pending", "--role", "admin"}, "--issuer"},
		{[]string{"approve", "--issuer", issuer, "--subject", "nobody", "--role", "admin"}, "--subject: nobody has signed in"},
		{[]string{"approve", "--id", waiting[0].ID, "--role", "god"}, "role"},
		{[]string{"approve", "--id", waiting[0].ID, "--role", "advertiser"}, "--advertiser"},
		{[]string{"approve", "--id", waiting[0].ID, "--role", "admin", "--advertiser", made.AdvertiserID}, "--advertiser"},
		{[]string{"approve", "--id", waiting[0].ID, "--role", "advertiser", "--advertiser", waiting[0].ID}, "not_found"},
		{[]string{"suspend"}, "--id"},
		{[]string{"remove"}, "unknown command"},
	} {
		code, _, stderr := once(t, nothing, append(append([]string{"user"}, c.args...), "--db", file)...)
		require.NotZero(t, code, c.args)
		require.Contains(t, stderr, c.want, c.args)
	}
	require.Equal(t, waiting, list("--status", "pending"), "what is refused changes nothing")

	code, stdout, stderr = once(t, nothing, "user", "approve", "--db", file, "--id", waiting[0].ID, "--role", "advertiser", "--advertiser", made.AdvertiserID)
	require.Zero(t, code, stderr)
	require.Contains(t, stdout, `"advertiser_id":"`+made.AdvertiserID+`"`)
	code, stdout, stderr = once(t, nothing, "user", "approve", "--db", file, "--issuer", issuer, "--subject", "pending", "--role", "admin")
	require.Zero(t, code, stderr)
	require.Contains(t, stdout, `"role":"admin","advertiser_id":""`)
	require.Empty(t, list("--status", "pending"))
	code, _, stderr = once(t, nothing, "user", "suspend", "--db", file, "--id", waiting[0].ID)
	require.Zero(t, code, stderr)
	require.Len(t, list("--status", "suspended"), 1)
	code, stdout, _ = once(t, nothing, "user", "list", "--db", file)
	require.Zero(t, code)
	require.Regexp(t, `(?m)^ID +STATUS +ROLE +ADVERTISER +E-MAIL +ISSUER +SUBJECT\n`, stdout)
	require.Contains(t, stdout, `"admin@people.example"`)
}

func TestHealthcheck_SaysWhetherTheServerAnswers(t *testing.T) {
	r := start(t, 20*time.Second, "serve", "--addr", "0.0.0.0:0", "--db", filepath.Join(t.TempDir(), "x.db"), "--drain", "0s")
	port := r.base[len("http://localhost:"):]
	for _, args := range [][]string{{"--addr", "0.0.0.0:" + port}, {"--addr", ":" + port}, {"--addr", "127.0.0.1:" + port, "--ready"}, {"--addr", "[::]:" + port}} {
		code, _, stderr := once(t, nothing, append([]string{"healthcheck"}, args...)...)
		require.Zero(t, code, "%v %s", args, stderr)
	}
	require.Zero(t, r.end(t))
	code, _, stderr := once(t, nothing, "healthcheck", "--addr", "0.0.0.0:"+port)
	require.Equal(t, 1, code)
	require.Contains(t, stderr, "--addr: nobody answers")
	code, _, stderr = once(t, nothing, "healthcheck", "--addr", "8080")
	require.Equal(t, 2, code)
	require.Contains(t, stderr, "--addr")
}
