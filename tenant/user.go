package tenant

import (
	"github.com/superher/superher/fault"
	"github.com/superher/superher/ident"
)

// UserID names a person.
type UserID = ident.Of[User]

// Role is what a person may do.
type Role string

// The roles.
const (
	RoleAdmin      Role = "admin"      // all advertisers and the platform itself
	RoleAdvertiser Role = "advertiser" // exactly one advertiser
)

// UserStatus is where a person stands in the approval.
type UserStatus string

// The statuses. Only an active user has rights.
const (
	UserPending   UserStatus = "pending"
	UserActive    UserStatus = "active"
	UserSuspended UserStatus = "suspended"
)

// User is a person known through an external identity.
type User struct {
	ID         UserID
	Issuer     string // identity provider
	Subject    string // the person's name there
	Email      string
	Status     UserStatus
	Role       Role
	Advertiser ID // of an advertiser user; zero for an admin
}

// View returns what the user may read when asking for an advertiser (zero: no
// wish). An admin reads all, or the one asked for; an advertiser user reads its
// own whatever it asks for. Anyone who is not active, or has no usable role, is
// refused with fault.Forbidden.
func (u User) View(asked ID) (View, error) {
	if u.Status != UserActive {
		return View{}, fault.New(fault.Forbidden, "user-not-active", "this account is not active")
	}
	switch {
	case u.Role == RoleAdmin && asked.IsZero():
		return Everyone(), nil
	case u.Role == RoleAdmin:
		return For(asked).View(), nil
	case u.Role == RoleAdvertiser && !u.Advertiser.IsZero():
		return For(u.Advertiser).View(), nil
	default:
		return View{}, fault.New(fault.Forbidden, "role-insufficient", "this account has no role that allows it")
	}
}
