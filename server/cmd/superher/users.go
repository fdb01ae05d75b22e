package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"text/tabwriter"

	"github.com/superher/superher"
	"github.com/superher/superher/fault"
	"github.com/superher/superher/ident"
	"github.com/superher/superher/storage"
	"github.com/superher/superher/tenant"
)

// listed is a person as JSON.
type listed struct {
	ID         string `json:"id"`
	Issuer     string `json:"issuer"`
	Subject    string `json:"subject"`
	Email      string `json:"email"`
	Status     string `json:"status"`
	Role       string `json:"role"`
	Advertiser string `json:"advertiser_id"`
}

func listing(u tenant.User) listed {
	out := listed{
		ID: u.ID.String(), Issuer: u.Issuer, Subject: u.Subject, Email: u.Email, Status: string(u.Status), Role: string(u.Role),
	}
	if !u.Advertiser.IsZero() {
		out.Advertiser = u.Advertiser.String()
	}
	return out
}

// listUsers is the command that shows who has signed in so far.
func (p program) listUsers(s settings) func(context.Context) error {
	d := s.database()
	status := s.choice("status", "", "only people who are pending, active or suspended",
		string(tenant.UserPending), string(tenant.UserActive), string(tenant.UserSuspended))
	asJSON := s.Bool("json", false, "print JSON, one person a line")
	return func(ctx context.Context) error {
		return d.existing(ctx, func(client *superher.Client, _ storage.Store) error {
			table := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
			lines := json.NewEncoder(p.stdout)
			if !*asJSON {
				fmt.Fprintln(table, "ID\tSTATUS\tROLE\tADVERTISER\tE-MAIL\tISSUER\tSUBJECT")
			}
			for page := (storage.Page{Limit: storage.MaxPage}); ; {
				list, err := client.Users(ctx, tenant.UserStatus(*status), page)
				if err != nil {
					return err
				}
				for _, u := range list.Items {
					if err := printUser(table, lines, u, *asJSON); err != nil {
						return err
					}
				}
				if page.Cursor = list.Next; page.Cursor == "" {
					return table.Flush()
				}
			}
		})
	}
}

// printUser prints one line. What came from an identity provider is quoted, so
// that it stays on its line.
func printUser(table *tabwriter.Writer, lines *json.Encoder, u tenant.User, asJSON bool) error {
	out := listing(u)
	if asJSON {
		return lines.Encode(out)
	}
	_, err := fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%q\t%q\t%q\n", out.ID, out.Status, out.Role, out.Advertiser, out.Email, out.Issuer, out.Subject)
	return err
}

// person is whom a command is about.
type person struct {
	settings            settings
	id, issuer, subject *string
}

func (s settings) person() person {
	return person{
		settings: s,
		id:       s.String("id", "", "`id` of the person, as superher user list prints it"),
		issuer:   s.String("issuer", "", "`issuer` of the person's identity, with --subject instead of --id"),
		subject:  s.String("subject", "", "`subject` of the person's identity"),
	}
}

// check refuses what names nobody, or somebody twice.
func (w person) check() error {
	switch {
	case *w.id == "" && *w.issuer == "" && *w.subject == "":
		return w.settings.wrong("id", "is required, or --issuer and --subject")
	case *w.id != "" && (*w.issuer != "" || *w.subject != ""):
		return w.settings.wrong("id", "is given beside --issuer or --subject; one way to name a person is enough")
	case *w.id == "" && *w.issuer == "":
		return w.settings.wrong("issuer", "is required with --subject")
	case *w.id == "" && *w.subject == "":
		return w.settings.wrong("subject", "is required with --issuer")
	}
	if _, err := ident.Parse[tenant.User](*w.id); *w.id != "" && err != nil {
		return w.settings.wrong("id", "must be the id of a person, as superher user list prints it")
	}
	return nil
}

// find returns the person's id.
func (w person) find(ctx context.Context, store storage.Store) (tenant.UserID, error) {
	if *w.id != "" {
		return ident.Parse[tenant.User](*w.id)
	}
	found, err := store.System().UserByIdentity(ctx, *w.issuer, *w.subject)
	if errors.Is(err, fault.NotFound) {
		return found.ID, w.settings.wrongNow("subject", "nobody has signed in under this identity yet; superher user list shows who has")
	}
	return found.ID, err
}

// approveUser is the command that gives a person rights. The first admin has
// nobody else who could.
func (p program) approveUser(s settings) func(context.Context) error {
	d, who := s.database(), s.person()
	role := s.choice("role", "", "what the person may do: admin (everything), or advertiser (all of one brand); required",
		string(tenant.RoleAdmin), string(tenant.RoleAdvertiser))
	brand := s.String("advertiser", "", "`id` of the brand, with --role advertiser")
	return func(ctx context.Context) error {
		if err := who.check(); err != nil {
			return err
		}
		if *role == "" {
			return s.wrong("role", "is required: admin or advertiser")
		}
		change := tenant.UserChange{Status: new(tenant.UserActive), Role: new(tenant.Role(*role)), Advertiser: new(tenant.ID)}
		if *role == string(tenant.RoleAdmin) && *brand != "" {
			return s.wrong("advertiser", "goes with --role advertiser: an admin belongs to no brand")
		}
		if *role == string(tenant.RoleAdvertiser) {
			id, err := ident.Parse[tenant.Advertiser](*brand)
			if err != nil {
				return s.wrong("advertiser", "must be the id of an advertiser, as superher advertiser create prints it")
			}
			*change.Advertiser = id
		}
		return p.changeUser(ctx, d, who, change)
	}
}

// suspendUser is the command that takes all rights from a person.
func (p program) suspendUser(s settings) func(context.Context) error {
	d, who := s.database(), s.person()
	return func(ctx context.Context) error {
		if err := who.check(); err != nil {
			return err
		}
		return p.changeUser(ctx, d, who, tenant.UserChange{Status: new(tenant.UserSuspended)})
	}
}

func (p program) changeUser(ctx context.Context, d database, who person, change tenant.UserChange) error {
	return d.existing(ctx, func(client *superher.Client, store storage.Store) error {
		id, err := who.find(ctx, store)
		if err != nil {
			return err
		}
		changed, err := client.ChangeUser(ctx, id, change)
		if err != nil {
			return err
		}
		return json.NewEncoder(p.stdout).Encode(listing(changed))
	})
}
