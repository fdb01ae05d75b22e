package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/superher/superher"
	"github.com/superher/superher/adapters/cognito"
	"github.com/superher/superher/adapters/devidp"
	"github.com/superher/superher/auth"
	"github.com/superher/superher/server"
	"github.com/superher/superher/tenant"
)

const (
	devPath   = "/dev/idp"
	devClient = "superher-dashboard"
	devAdmin  = "admin" // subject of the one who may do everything
)

// role is a person that the development issuer offers, with the rights that the
// person has from the start.
type role struct {
	devidp.Person

	status     tenant.UserStatus
	may        tenant.Role
	advertiser tenant.ID
}

// person of the development issuer. The domain is one that can have no mail.
func somebody(subject, name, note string) devidp.Person {
	return devidp.Person{Subject: subject, Name: name, Email: subject + "@people.example", Note: note}
}

// admin and pending are there wherever the development issuer is.
func admin() role {
	return role{Person: somebody(devAdmin, "Alex Admin", "admin: sees and changes everything"), status: tenant.UserActive, may: tenant.RoleAdmin}
}

func pending() role {
	return role{Person: somebody("pending", "Pat Pending", "pending: waits for approval"), status: tenant.UserPending}
}

// development is the issuer with the people it offers.
type development struct {
	*devidp.Issuer

	cast []role
}

// develop makes the issuer of a host. Its key is in a file, or forgotten at the
// end where none is named.
func (h *host) develop(keyFile string, cast []role) (*development, error) {
	key, err := devKey(keyFile)
	if err != nil {
		return nil, fmt.Errorf("key of the development issuer, %s: %w", keyFile, err)
	}
	redirects := append([]string{h.base + "/app/callback", h.base + "/app/"}, *h.identity.redirects...)
	config := devidp.Config{IssuerURL: h.base + devPath, ClientID: devClient, RedirectURIs: redirects, LogoutURIs: redirects, Key: key}
	for _, r := range cast {
		config.People = append(config.People, r.Person)
	}
	issuer, err := devidp.New(config)
	if err != nil {
		return nil, fmt.Errorf("%s, %s: %w", h.settings.named("dev-redirect-uri"), h.settings.named("base-url"), err)
	}
	return &development{issuer, cast}, nil
}

func devKey(file string) (*rsa.PrivateKey, error) {
	if file == "" {
		return rsa.GenerateKey(rand.Reader, devidp.MinKeyBits)
	}
	return devidp.LoadOrCreateKey(file)
}

// verifier is that of any other issuer, except that the keys need no network.
func (d *development) verifier() (auth.Verifier, server.SignIn, error) {
	v, err := cognito.New(cognito.Config{
		Issuer: d.Issuer.Issuer(), ClientIDs: []string{devClient}, HTTP: &http.Client{Transport: within{d.Issuer}},
	})
	if err != nil {
		return nil, server.SignIn{}, err
	}
	return v, server.SignIn{Issuer: d.Issuer.Issuer(), ClientID: devClient}, nil
}

// people stores whoever the issuer offers, as if each had signed in and an
// admin had decided. Whom somebody has decided about since stays as he is.
func (d *development) people(ctx context.Context, client *superher.Client) error {
	for _, r := range d.cast {
		user, err := client.SignIn(ctx, auth.Identity{Issuer: d.Issuer.Issuer(), Subject: r.Subject, Email: r.Email, EmailVerified: true})
		if err != nil {
			return err
		}
		if user.Status != tenant.UserPending || r.status == tenant.UserPending {
			continue
		}
		change := tenant.UserChange{Version: user.Version, Status: &r.status, Role: &r.may, Advertiser: &r.advertiser}
		if _, err := client.ChangeUser(ctx, user.ID, change); err != nil {
			return err
		}
	}
	return nil
}

// before puts the issuer before the API. What a proxy has passed on comes from
// elsewhere, whatever the address says.
func (d *development) before(api http.Handler, anywhere bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != devPath && !strings.HasPrefix(r.URL.Path, devPath+"/") {
			api.ServeHTTP(w, r)
			return
		}
		r.Pattern = devPath
		for _, header := range []string{"Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-Ip"} {
			if _, passed := r.Header[header]; passed && !anywhere {
				http.Error(w, "The development issuer answers this machine only, not through a proxy.", http.StatusForbidden)
				return
			}
		}
		d.Issuer.ServeHTTP(w, r)
	})
}

// warn says loudly what everybody can do now.
func (d *development) warn(out io.Writer, anywhere bool) {
	lines := []string{
		"WARNING: the development issuer is on.",
		"Anybody who reaches this server signs in as anybody,",
		"as admin as well, without a password.",
		"Turn it off with --dev-idp=false, or name a real",
		"issuer with --oidc-issuer.",
	}
	if anywhere {
		lines = append(lines, "IT IS OPEN TO OTHER MACHINES (--dev-idp-anywhere).")
	}
	const wide = 54
	edge := "+" + strings.Repeat("-", wide+2) + "+"
	fmt.Fprintln(out, edge)
	for _, line := range lines {
		fmt.Fprintf(out, "| %-*s |\n", wide, line)
	}
	fmt.Fprintln(out, edge)
}

// within answers requests by a handler of the same process.
type within struct{ http.Handler }

// RoundTrip implements [http.RoundTripper]. The handler waits for nothing, so
// that the context need not be looked at meanwhile.
func (t within) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	inner := r.Clone(r.Context())
	inner.Host, inner.RequestURI = r.URL.Host, r.URL.RequestURI()
	if inner.Body == nil {
		inner.Body = http.NoBody
	}
	w := &kept{header: http.Header{}, status: http.StatusOK}
	t.ServeHTTP(w, inner)
	return &http.Response{
		Status: http.StatusText(w.status), StatusCode: w.status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: w.header, Body: io.NopCloser(&w.body), ContentLength: int64(w.body.Len()), Request: r,
	}, nil
}

// kept is an answer in memory.
type kept struct {
	header http.Header
	status int
	body   bytes.Buffer
}

// Header implements [http.ResponseWriter].
func (w *kept) Header() http.Header { return w.header }

// WriteHeader implements [http.ResponseWriter].
func (w *kept) WriteHeader(status int) { w.status = status }

// Write implements [http.ResponseWriter].
func (w *kept) Write(p []byte) (int, error) { return w.body.Write(p) }
