//go:build !superher_cut_predicates

package statsql

import (
	"github.com/Masterminds/squirrel"

	"github.com/superher/superher/tenant"
)

// Tenant returns the condition that limits rows to the view: the only place
// where a tenant predicate is made. The column holds the row's advertiser. The
// zero view matches nothing.
//
// The build tag superher_cut_predicates replaces it by a condition that is
// always true, to prove that the database's own row security holds alone. No
// release is built with it.
func Tenant(view tenant.View, column string) squirrel.Sqlizer {
	if view.IsEveryone() {
		return squirrel.Expr("1 = 1")
	}
	advertiser, ok := view.One()
	if !ok {
		return squirrel.Expr("1 = 0")
	}
	return squirrel.Expr(column+" = ?", advertiser)
}
