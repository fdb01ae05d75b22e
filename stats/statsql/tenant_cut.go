//go:build superher_cut_predicates

package statsql

import (
	"github.com/Masterminds/squirrel"

	"github.com/superher/superher/tenant"
)

// Tenant is the condition without its effect, see the other build of it.
func Tenant(tenant.View, string) squirrel.Sqlizer { return squirrel.Expr("1 = 1") }
