package tenant_test

import (
	"fmt"

	"github.com/superher/superher/tenant"
)

func ExampleUser_View() {
	own, other := tenant.ID{1}, tenant.ID{2}
	user := tenant.User{Status: tenant.UserActive, Role: tenant.RoleAdvertiser, Advertiser: own}

	view, err := user.View(other) // the wish is ignored
	fmt.Println(view.Admits(own), view.Admits(other), err)

	user.Status = tenant.UserSuspended
	_, err = user.View(own)
	fmt.Println(err)
	// Output:
	// true false <nil>
	// forbidden (user-not-active): this account is not active
}
