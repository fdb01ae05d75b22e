package storage

import "github.com/superher/superher/fault"

// The functions below make the errors that the ports name, so that every store
// answers with the same codes, reasons and words.

// NotFound returns fault.NotFound "not-found": for what does not exist and for
// what belongs to somebody else, so that nobody can tell one from the other.
func NotFound() *fault.Error {
	return fault.New(fault.NotFound, "not-found", "there is no such thing")
}

// ChangedMeanwhile returns fault.Conflict "changed-meanwhile": for an update of
// a version that is not the stored one any more.
func ChangedMeanwhile() *fault.Error {
	return fault.New(fault.Conflict, "changed-meanwhile", "somebody else changed it meanwhile; read it again")
}

// IDTaken returns fault.Conflict "id-taken": for an id that is stored already.
// Ids are drawn at random, so only a caller that repeats itself gets it.
func IDTaken() *fault.Error {
	return fault.New(fault.Conflict, "id-taken", "something is stored under this id already")
}

// APIKeyTaken returns fault.Conflict "api-key-taken": for a hash that any
// advertiser's key has.
func APIKeyTaken() *fault.Error {
	return fault.New(fault.Conflict, "api-key-taken", "another key has the same hash")
}

// ShortCodeTaken returns fault.Conflict "short-code-taken": for a code that any
// advertiser's link has.
func ShortCodeTaken() *fault.Error {
	return fault.New(fault.Conflict, "short-code-taken", "another link has the short code")
}

// AlreadyAssigned returns fault.Conflict "already-assigned": for an influencer
// who has a place in the campaign.
func AlreadyAssigned() *fault.Error {
	return fault.New(fault.Conflict, "already-assigned", "the influencer is assigned to the campaign already")
}

// EventDiffers returns fault.Conflict "event-differs": for an event whose
// external id and type another one has.
func EventDiffers() *fault.Error {
	return fault.New(fault.Conflict, "event-differs", "another event was recorded under this external id")
}

// IdentityTaken returns fault.Conflict "identity-taken": for a pair of issuer
// and subject that another person has.
func IdentityTaken() *fault.Error {
	return fault.New(fault.Conflict, "identity-taken", "another person has this identity")
}

// TicketTaken returns fault.Conflict "ticket-taken": for a hash that another
// ticket has.
func TicketTaken() *fault.Error {
	return fault.New(fault.Conflict, "ticket-taken", "another ticket has the same hash")
}

// NotTheCreator returns fault.Forbidden "not-the-creator": for a change to an
// influencer that the advertiser only sees.
func NotTheCreator() *fault.Error {
	return fault.New(fault.Forbidden, "not-the-creator", "only the advertiser that created an influencer may change it")
}

// TransactionEnded returns fault.Internal "transaction-ended": for the use of a
// transaction whose function has returned.
func TransactionEnded() *fault.Error {
	return fault.New(fault.Internal, "transaction-ended", "a transaction was used after its function had returned")
}
