package storage

import (
	"context"

	"github.com/superher/superher/stats"
	"github.com/superher/superher/tenant"
)

// Store is a database of superher. Implementations are safe for concurrent use.
//
// Every error is a *fault.Error: what the interfaces below name, or
// fault.Unavailable for a store that is busy, unreachable or past the deadline
// of the context, or fault.Internal for everything else.
//
// Moments are kept to the microsecond, what is finer is cut off, and come back
// in UTC; the zero time stays zero. Text comes back byte for byte, and codes,
// names and external ids compare bytewise. An empty list or map may come back
// as nil. Nothing that is returned shares memory with what is stored.
type Store interface {
	// Write runs fn in one transaction for the advertiser of the scope: it
	// commits when fn returns nil and rolls back when fn fails or panics. The
	// error of fn is returned as it is. fn may run more than once, when the
	// store has to repeat it after a collision with another transaction, so it
	// must have no effect outside tx; a bounded number of repeats that all
	// collide is fault.Unavailable "store-busy". tx must not be used by several
	// goroutines at once, nor after fn has returned, which is fault.Internal
	// "transaction-ended". The zero scope is fault.Invalid "empty-scope".
	Write(ctx context.Context, scope tenant.Scope, fn func(ctx context.Context, tx Tx) error) error

	// Read returns what the view may see. Each method call is answered from one
	// consistent state of the data; calls of the zero view are fault.Invalid
	// "empty-view". Readers are cheap and safe for concurrent use.
	Read(view tenant.View) Reader

	// System returns the operations that happen before a tenant is known.
	System() System
}

// Reader is what can be read through a view. Something that does not exist is
// fault.NotFound, always with the reason "not-found", and so is something that
// exists but belongs to an advertiser outside the view; lists leave it out.
type Reader interface {
	AdvertiserReader
	CampaignReader
	InfluencerReader
	LinkReader
	CouponReader
	EventReader

	// Stats answers the reports for the same view.
	Stats() stats.Source
}

// Tx is a transaction of one advertiser. Reads see its own writes. Whatever
// is created is stamped with the scope's own advertiser; that field of the
// argument is ignored. Something named by id that is not the scope's own, or
// not visible to it, is fault.NotFound "not-found". Creating something under an
// id that is stored already, or twice in one call, is fault.Conflict
// "id-taken". After fault.Conflict and fault.NotFound from a method of Tx the
// transaction can go on.
//
// Updates name the version they read in the Version field and store its
// successor: fault.Conflict "changed-meanwhile" when another update came first.
type Tx interface {
	Reader
	AdvertiserWriter
	CampaignWriter
	InfluencerWriter
	LinkWriter
	CouponWriter
	EventWriter
	RequestWriter
	TicketWriter
}
