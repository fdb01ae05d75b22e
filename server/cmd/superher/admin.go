package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"github.com/superher/superher"
	"github.com/superher/superher/ident"
	"github.com/superher/superher/money"
	"github.com/superher/superher/storage"
	"github.com/superher/superher/tenant"
)

// issued is what the two commands answer.
type issued struct {
	AdvertiserID string `json:"advertiser_id"`
	Name         string `json:"advertiser_name"`
	KeyID        string `json:"api_key_id"`
	Key          string `json:"api_key"` // shown here and never again: only a hash is kept
}

// createAdvertiser is the command that makes a brand, with a key for everything.
func (p program) createAdvertiser(s settings) func(context.Context) error {
	d := s.database()
	name := s.String("name", "", "name of the brand; required")
	zone := s.String("time-zone", "UTC", "IANA `zone` of its reports, like Asia/Kolkata")
	currency := s.String("currency", "USD", "its own currency, an ISO 4217 `code`")
	test := s.Bool("test", false, "make an sk_test_ key")
	asJSON := s.Bool("json", false, "print JSON")
	return func(ctx context.Context) error {
		if strings.TrimSpace(*name) == "" {
			return s.wrong("name", "is required")
		}
		return d.with(ctx, func(client *superher.Client, _ storage.Store) error {
			made, err := client.CreateAdvertiser(ctx, tenant.NewAdvertiser{Name: *name, Zone: *zone, Currency: money.Currency(*currency)})
			if err != nil {
				return err
			}
			key, err := firstKey(ctx, client, made.ID, *test)
			if err != nil {
				return fmt.Errorf("the advertiser %s was created, but no key; run: superher key create --advertiser %[1]s: %w", made.ID, err)
			}
			return p.printKey(made, key, *asJSON)
		})
	}
}

// firstKey makes a key that may do everything for a brand.
func firstKey(ctx context.Context, client *superher.Client, advertiser tenant.ID, test bool) (superher.NewKey, error) {
	return client.For(tenant.For(advertiser)).CreateAPIKey(ctx, tenant.NewAPIKey{
		Name: "First key", Scopes: []tenant.Permission{tenant.EverythingAllowed}, Test: test,
	})
}

// createKey is the command that makes another key.
func (p program) createKey(s settings) func(context.Context) error {
	d := s.database()
	advertiser := s.String("advertiser", "", "`id` of the brand; required")
	name := s.String("name", "", "name of the key; required")
	scopes := s.String("scopes", string(tenant.EverythingAllowed), "what it may do: `names` like events:write,stats:read, or *")
	test := s.Bool("test", false, "make an sk_test_ key")
	asJSON := s.Bool("json", false, "print JSON")
	return func(ctx context.Context) error {
		id, err := ident.Parse[tenant.Advertiser](*advertiser)
		if err != nil {
			return s.wrong("advertiser", "must be the id of an advertiser, as superher advertiser create prints it")
		}
		in := tenant.NewAPIKey{Name: *name, Test: *test}
		for scope := range strings.SplitSeq(*scopes, ",") {
			in.Scopes = append(in.Scopes, tenant.Permission(strings.TrimSpace(scope)))
		}
		return d.existing(ctx, func(client *superher.Client, _ storage.Store) error {
			account := client.For(tenant.For(id))
			owner, err := account.Advertiser(ctx, id)
			if err != nil {
				return fmt.Errorf("%s: %w", s.named("advertiser"), err)
			}
			key, err := account.CreateAPIKey(ctx, in)
			if err != nil {
				return err
			}
			return p.printKey(owner, key, *asJSON)
		})
	}
}

// existing is with for what makes no sense on a new file: a mistyped name must not
// leave one behind.
func (d database) existing(ctx context.Context, fn func(*superher.Client, storage.Store) error) error {
	if err := d.choose(); err != nil {
		return err
	}
	if *d.file != "" {
		if _, err := os.Stat(*d.file); err != nil {
			return d.settings.wrongNow("db", *d.file+" does not exist")
		}
	}
	return d.with(ctx, fn)
}

// with opens the database for the time of fn.
func (d database) with(ctx context.Context, fn func(*superher.Client, storage.Store) error) error {
	opened, err := d.open(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = opened.Close() }() // everything is written: a call returns after its commit
	client, err := superher.New(superher.Config{Store: opened})
	if err != nil {
		return err
	}
	return fn(client, opened)
}

func (p program) printKey(owner tenant.Advertiser, key superher.NewKey, asJSON bool) error {
	out := issued{owner.ID.String(), owner.Name, key.ID.String(), key.Raw}
	if asJSON {
		return json.NewEncoder(p.stdout).Encode(out)
	}
	_, err := fmt.Fprintf(p.stdout, "Advertiser  %s  %s\nAPI key     %s\n\nThe key is not shown again; only a hash of it is kept.\n",
		out.AdvertiserID, out.Name, out.Key)
	return err
}
