package main

import (
	"context"
	"crypto/rand"
	"net/http"
	"time"

	"github.com/superher/superher"
	"github.com/superher/superher/adapters/memory"
	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/clicks"
	"github.com/superher/superher/fault"
	"github.com/superher/superher/server"
	"github.com/superher/superher/storage"
	"github.com/superher/superher/tenant"
)

// shop is a service with a login of its own and the API of superher inside.
type shop struct {
	http.Handler
	client *superher.Client
	clicks *clicks.Buffer // run by whoever runs the shop
	brand  tenant.Advertiser
}

// open sets the shop up: one brand with one campaign, and Ana, who can sign in
// here and of whom superher knows nothing yet.
func open(ctx context.Context, base string, now func() time.Time) (*shop, error) {
	client, err := superher.New(superher.Config{Store: memory.New(), Now: now}) // or sqlite.Open, or postgres.Open
	if err != nil {
		return nil, err
	}
	s := &shop{client: client, clicks: clicks.NewBuffer(0, nil)}
	if s.brand, err = client.CreateAdvertiser(ctx, tenant.NewAdvertiser{Name: "Sunrise Tea", Currency: "INR"}); err != nil {
		return nil, err
	}
	if _, err := client.For(tenant.For(s.brand.ID)).CreateCampaign(ctx, campaigns.NewCampaign{Name: "Summer", Status: campaigns.Active}); err != nil {
		return nil, err
	}
	secret := make([]byte, minKey) // a real one is configured: tokens should outlive a restart
	if _, err := rand.Read(secret); err != nil {
		return nil, err
	}
	issued, err := newTokens(secret, now)
	if err != nil {
		return nil, err
	}
	ana, err := newAccount("account-17", "ana@sunrise.example", "correct horse")
	if err != nil {
		return nil, err
	}
	nobody, err := newAccount("nobody", "", rand.Text())
	if err != nil {
		return nil, err
	}
	api, err := server.New(server.Config{Client: client, Clicks: s.clicks, BaseURL: base, Verifier: issued, Now: now})
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("POST /login", login{accounts: map[string]account{ana.email: ana}, nobody: nobody, tokens: issued})
	mux.Handle("/", api)
	s.Handler = mux
	return s, nil
}

// approve lets somebody who has signed in work for the shop's brand. Who may do
// so is the shop's own affair: this is called by its back office.
func (s *shop) approve(ctx context.Context, subject string) (tenant.User, error) {
	var page storage.Page
	for {
		waiting, err := s.client.Users(ctx, tenant.UserPending, page)
		if err != nil {
			return tenant.User{}, err
		}
		for _, u := range waiting.Items {
			if u.Issuer == issuer && u.Subject == subject {
				return s.client.ChangeUser(ctx, u.ID, tenant.UserChange{
					Version: u.Version, Status: new(tenant.UserActive), Role: new(tenant.RoleAdvertiser), Advertiser: &s.brand.ID,
				})
			}
		}
		if page.Cursor = waiting.Next; page.Cursor == "" {
			return tenant.User{}, fault.New(fault.NotFound, "not-found", "nobody of that name is waiting")
		}
	}
}

// suspend takes all rights away, from the next request on.
func (s *shop) suspend(ctx context.Context, id tenant.UserID) error {
	_, err := s.client.ChangeUser(ctx, id, tenant.UserChange{Status: new(tenant.UserSuspended)})
	return err
}
