package storage

import "context"

type briefKey struct{}

// Brief returns a context for a [Store] Write whose function only computes and
// uses its transaction, and waits for nothing else. A store may let several such
// functions share one commit, each behind a savepoint of its own: what one does
// wrong is undone alone, and each call returns when all is committed. A function
// that waits for something else would keep the others waiting; without Brief it
// has a commit of its own.
func Brief(ctx context.Context) context.Context { return context.WithValue(ctx, briefKey{}, true) }

// IsBrief reports whether [Brief] made the context, or one that it comes from.
func IsBrief(ctx context.Context) bool { return ctx.Value(briefKey{}) != nil }
