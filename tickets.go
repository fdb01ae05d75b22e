package superher

import (
	"bytes"
	"context"
	"crypto/sha256"
	"time"

	"github.com/superher/superher/auth"
	"github.com/superher/superher/fault"
	"github.com/superher/superher/ident"
	"github.com/superher/superher/storage"
)

// MaxTicketLife is how long a ticket may be good for.
const MaxTicketLife = time.Hour

// The text of a ticket has 43 characters of 62, that is 256 random bits.
const (
	ticketAlphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	ticketSize     = 43
)

// Ticket is a secret that opens one thing once: for links that cannot carry a
// credential, such as a download. With the ticket only a hash of the text is
// stored; an answer that is remembered by [Account.Once] may hold it.
type Ticket struct {
	Text      string
	ExpiresAt time.Time
}

// IssueTicket makes a ticket that stands for a purpose, which only the caller
// understands, for a life of at most [MaxTicketLife].
func (a Account) IssueTicket(ctx context.Context, purpose []byte, life time.Duration) (Ticket, error) {
	return update(ctx, a, func(ctx context.Context, tx storage.Tx) (Ticket, error) {
		return a.client.issueTicket(ctx, purpose, life, tx.CreateTicket)
	})
}

func (c *Client) issueTicket(ctx context.Context, purpose []byte, life time.Duration, store func(context.Context, storage.Ticket) error) (Ticket, error) {
	if life <= 0 || life > MaxTicketLife {
		return Ticket{}, fault.Bad("life", "out-of-range", "a ticket is good for up to an hour")
	}
	text, err := ident.RandomText(c.random, ticketAlphabet, ticketSize)
	if err != nil {
		return Ticket{}, err
	}
	issued := Ticket{Text: text, ExpiresAt: c.now().Add(life)}
	return issued, store(ctx, storage.Ticket{Hash: sha256.Sum256([]byte(text)), Purpose: bytes.Clone(purpose), ExpiresAt: issued.ExpiresAt})
}

// RedeemTicket uses a ticket up and returns what it stands for. One that is
// unknown, used or expired is the error of [auth.InvalidCredential].
func (c *Client) RedeemTicket(ctx context.Context, text string) (purpose []byte, err error) {
	if len(text) != ticketSize {
		return nil, auth.InvalidCredential(nil)
	}
	found, err := c.store.System().TakeTicket(ctx, sha256.Sum256([]byte(text)))
	if e := fault.Of(err); e != nil {
		if e.Code == fault.NotFound {
			return nil, auth.InvalidCredential(nil)
		}
		return nil, err
	}
	if !c.now().Before(found.ExpiresAt) {
		return nil, auth.InvalidCredential(nil)
	}
	return found.Purpose, nil
}
