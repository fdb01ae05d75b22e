package tenant

import "github.com/superher/superher/fault"

// Scope is the right to write for exactly one advertiser, and to read it. The
// zero Scope gives no right and is refused everywhere; only [For] makes another.
type Scope struct {
	advertiser ID
}

// For returns the scope of one advertiser. Whoever calls it vouches that the
// caller behind may act for that advertiser.
func For(advertiser ID) Scope { return Scope{advertiser: advertiser} }

// Advertiser returns the one advertiser of the scope.
func (s Scope) Advertiser() ID { return s.advertiser }

// View returns the right to read the scope's own advertiser.
func (s Scope) View() View { return View{advertiser: s.advertiser} }

// Check refuses the zero scope with fault.Invalid "empty-scope".
func (s Scope) Check() error {
	if s.advertiser.IsZero() {
		return fault.New(fault.Invalid, "empty-scope", "a scope must name an advertiser")
	}
	return nil
}

// View is the right to read: one advertiser, or all of them. The zero View
// gives no right and is refused everywhere; only [Scope.View], [User.View] and
// [Everyone] make another.
type View struct {
	advertiser ID
	everyone   bool
}

// Everyone returns the right to read all advertisers: for platform
// administration, never for a tenant's own user or key.
func Everyone() View { return View{everyone: true} }

// One returns the advertiser the view is limited to; ok is false for [Everyone]
// and for the zero view.
func (v View) One() (advertiser ID, ok bool) {
	return v.advertiser, !v.everyone && !v.advertiser.IsZero()
}

// IsEveryone reports whether the view reads all advertisers.
func (v View) IsEveryone() bool { return v.everyone }

// Admits reports whether the view may read what belongs to the advertiser.
func (v View) Admits(advertiser ID) bool {
	return !advertiser.IsZero() && (v.everyone || v.advertiser == advertiser)
}

// Check refuses the zero view with fault.Invalid "empty-view".
func (v View) Check() error {
	if !v.everyone && v.advertiser.IsZero() {
		return fault.New(fault.Invalid, "empty-view", "a view must name an advertiser or all of them")
	}
	return nil
}
