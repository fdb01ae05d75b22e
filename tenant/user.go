package tenant

import (
	"slices"
	"time"

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
	Role       Role // empty as long as nobody has given one
	Advertiser ID   // of an advertiser user; zero for an admin
	CreatedAt  time.Time
	Version    int64 // counts changes from 1
}

// NewUser returns the user for an identity seen for the first time: pending,
// without a role and so without any right, until an admin approves.
func NewUser(id UserID, now time.Time, issuer, subject, email string) User {
	return User{ID: id, Issuer: issuer, Subject: subject, Email: email, Status: UserPending, CreatedAt: now, Version: 1}
}

// UserChange names what an admin changes; nil leaves a field as it is.
type UserChange struct {
	Version int64 // the version the change is meant for; 0 means whichever is stored

	Status     *UserStatus
	Role       *Role
	Advertiser *ID
}

// Apply returns the changed user. A user may be active only with a role, an
// advertiser user only with its advertiser, an admin only without one; a status
// never goes back to pending. The error is fault.Conflict "changed-meanwhile"
// before all else for another version, fault.Invalid with every bad field, or
// fault.Conflict "illegal-status-change".
func (u User) Apply(change UserChange) (User, error) {
	if err := fault.CheckVersion(change.Version, u.Version); err != nil {
		return User{}, err
	}
	before := u.Status
	if change.Status != nil {
		u.Status = *change.Status
	}
	if change.Role != nil {
		u.Role = *change.Role
	}
	if change.Advertiser != nil {
		u.Advertiser = *change.Advertiser
	}
	var checks fault.Checks
	checks.That(slices.Contains([]UserStatus{UserPending, UserActive, UserSuspended}, u.Status),
		"status", "unknown-status", "status must be active or suspended")
	checks.That(slices.Contains([]Role{"", RoleAdmin, RoleAdvertiser}, u.Role), "role", "unknown-role", "role must be admin or advertiser")
	checks.That(u.Role != "" || u.Status != UserActive, "role", "required", "an active user needs a role")
	checks.That(u.Role != RoleAdvertiser || !u.Advertiser.IsZero(), "advertiser_id", "required", "an advertiser user needs an advertiser")
	checks.That(u.Role == RoleAdvertiser || u.Advertiser.IsZero(), "advertiser_id", "not-for-role", "only an advertiser user has an advertiser")
	if err := checks.Err(); err != nil {
		return User{}, err
	}
	if u.Status == UserPending && before != UserPending {
		return User{}, fault.New(fault.Conflict, "illegal-status-change", "a user who was approved cannot become pending again")
	}
	return u, nil
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
