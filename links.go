package superher

import (
	"context"

	"github.com/superher/superher/fault"
	"github.com/superher/superher/links"
	"github.com/superher/superher/storage"
)

// CreateLink makes a tracking link, under a vanity code if in.Code names one.
// A taken vanity code is fault.Conflict "short-code-taken"; a drawn one is
// drawn again, a bounded number of times.
func (a Account) CreateLink(ctx context.Context, in links.NewLink) (links.Link, error) {
	now := a.client.now()
	code := links.Code("standin")
	var checks fault.Checks
	if in.Code != "" {
		var err error
		code, err = links.ParseVanity(in.Code)
		checks.Take("code", err)
	}
	draft, err := links.Create(links.ID{}, a.scope.Advertiser(), now, code, in)
	checks.Take("", err)
	if err := checks.Err(); err != nil {
		return links.Link{}, err
	}
	return update(ctx, a, func(ctx context.Context, tx storage.Tx) (links.Link, error) {
		if in.Code != "" {
			return a.storeLink(ctx, tx, draft, code)
		}
		for range maxDraws {
			drawn, err := links.GenerateCode(a.client.random)
			if err != nil {
				return links.Link{}, err
			}
			link, err := a.storeLink(ctx, tx, draft, drawn)
			if !fault.HasReason(err, "short-code-taken") {
				return link, err
			}
		}
		return links.Link{}, fault.New(fault.Exhausted, "code-space-exhausted", "no free short code could be drawn")
	})
}

// storeLink stores a checked draft under a code.
func (a Account) storeLink(ctx context.Context, tx storage.Tx, draft links.Link, code links.Code) (links.Link, error) {
	id, err := newID[links.Link](a.client, draft.CreatedAt)
	if err != nil {
		return links.Link{}, err
	}
	draft.ID, draft.Code = id, code
	return draft, tx.CreateLink(ctx, draft)
}

// ChangeLink changes the destination, title, UTM set or status of a link.
func (a Account) ChangeLink(ctx context.Context, id links.ID, change links.Change) (links.Link, error) {
	return update(ctx, a, func(ctx context.Context, tx storage.Tx) (links.Link, error) {
		old, err := tx.Link(ctx, id)
		if err != nil {
			return old, err
		}
		changed, err := old.Apply(change)
		if err != nil || same(old, changed) {
			return old, err
		}
		err = tx.UpdateLink(ctx, changed)
		changed.Version++
		return changed, err
	})
}
