package storage

import (
	"context"
	"time"

	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/links"
	"github.com/superher/superher/tenant"
)

// Platform is a transaction outside of any tenant. The rules of a [Tx] about
// its use hold here as well. The requests it claims are those of the platform:
// no advertiser's key is among theirs.
type Platform interface {
	RequestWriter
	TicketWriter
	// CreateAdvertiser stores a new advertiser; a known id is fault.Conflict
	// "id-taken".
	CreateAdvertiser(ctx context.Context, a tenant.Advertiser) error
}

// UserStore keeps the people who sign in. They belong to the platform and not
// to a tenant: only its administration lists and changes them.
type UserStore interface {
	// CreateUser stores a new person: fault.Conflict "identity-taken" for a known
	// pair of issuer and subject, "id-taken" for a known id; fault.NotFound for
	// an unknown advertiser.
	CreateUser(ctx context.Context, u tenant.User) error
	// User returns one person.
	User(ctx context.Context, id tenant.UserID) (tenant.User, error)
	// UserByIdentity returns the person behind an issuer and subject, both
	// compared bytewise.
	UserByIdentity(ctx context.Context, issuer, subject string) (tenant.User, error)
	// Users lists the people of a status, "" for all.
	Users(ctx context.Context, status tenant.UserStatus, page Page) (List[tenant.User], error)
	// UpdateUser changes the e-mail, status, role and advertiser of a person.
	// It names the version it read, as an update of a [Tx] does. fault.NotFound
	// for an unknown person or advertiser.
	UpdateUser(ctx context.Context, u tenant.User) error
}

// System is what happens before a tenant is known, and the administration of
// the platform. It never lists the data of tenants.
type System interface {
	UserStore
	TotalsStore

	// Administer runs fn in one transaction outside of any tenant, with the
	// rules of [Store] Write.
	Administer(ctx context.Context, fn func(ctx context.Context, p Platform) error) error
	// CreateAdvertiser stores a new advertiser; a known id is fault.Conflict
	// "id-taken".
	CreateAdvertiser(ctx context.Context, a tenant.Advertiser) error
	// ShareInfluencer lets an advertiser see and work with an influencer that
	// another one created; repeating it changes nothing. fault.NotFound if
	// either is unknown.
	ShareInfluencer(ctx context.Context, advertiser tenant.ID, influencer campaigns.InfluencerID) error

	// LinkByCode returns the link of a short code, whatever its status.
	LinkByCode(ctx context.Context, code links.Code) (links.Link, error)
	// AppendClicks stores clicks of any advertisers in one transaction. The
	// campaign and influencer of a click are the link's own, whatever the
	// argument says. A click that its advertiser has stored already, with the
	// same id at the same moment to the microsecond, is skipped, so a batch may be
	// sent again; the same id at another moment is another click. A human click is stored as a
	// duplicate where links.MarkDuplicates says so, given all human clicks that
	// the advertiser has stored before. fault.NotFound for a click of a link
	// that its advertiser does not have; nothing is stored then.
	//
	// A click's visitor is a pseudonym of the UTC day of the click. The caller
	// never uses one on two days, so a store may add up the visitors of several.
	AppendClicks(ctx context.Context, clicks []links.Click) error
	// VisitorSalt returns the salt of an advertiser for the UTC day that holds
	// the moment; the first caller of a day stores fresh. fault.NotFound for an
	// unknown advertiser.
	VisitorSalt(ctx context.Context, advertiser tenant.ID, day time.Time, fresh links.Salt) (links.Salt, error)
	// DropSalts deletes the salts of the UTC days that ended at or before the moment.
	DropSalts(ctx context.Context, before time.Time) error

	// APIKeyByHash returns the key with a hash, usable or not.
	APIKeyByHash(ctx context.Context, hash [32]byte) (tenant.APIKey, error)
	// TouchAPIKey notes when a key was used; an earlier moment than the noted
	// one changes nothing. The key is named by its advertiser and id;
	// fault.NotFound for an unknown one.
	TouchAPIKey(ctx context.Context, key tenant.APIKey, at time.Time) error

	// TakeTicket returns the ticket with a hash and forgets it, so that of many
	// callers one gets it; expired ones are returned as well.
	TakeTicket(ctx context.Context, hash [32]byte) (Ticket, error)
	// DropTickets deletes the tickets that expired before the moment.
	DropTickets(ctx context.Context, before time.Time) error
	// DropRequests deletes the requests of all advertisers, and of the platform,
	// that were first made before the moment.
	DropRequests(ctx context.Context, before time.Time) error
}
