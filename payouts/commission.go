package payouts

import (
	"time"

	"github.com/superher/superher/money"
)

// Reason says why a commission is what it is.
type Reason string

// The reasons. All but Earned go with an amount of nothing.
const (
	Earned        Reason = "earned"
	NoInfluencer  Reason = "no-influencer"    // unattributed, or credited to a campaign alone
	NotConversion Reason = "not-a-conversion" // the event's type is not one the campaign pays for
	NoTerms       Reason = "no-terms"         // no terms were in force at that moment
	NoValue       Reason = "no-value"         // a percentage of an event without a value
)

// Sale is what a commission depends on, besides the terms.
type Sale struct {
	At         time.Time    // when it happened
	Value      money.Amount // zero when the event has none
	Credited   bool         // an influencer is credited
	Conversion bool         // the campaign pays for events of this type
}

// Commission is what an influencer earned by one event, with the terms used.
type Commission struct {
	Amount money.Amount // zero, without a currency, unless Reason is Earned
	Reason Reason
	Terms  Terms // the version used; zero where none was
}

// Compute returns the commission of a sale: a percentage of the value, rounded
// half to even to the minor unit, or the flat fee. It is total: whatever is
// missing makes the commission nothing, with a reason.
func Compute(sale Sale, history History) Commission {
	if !sale.Credited {
		return Commission{Reason: NoInfluencer}
	}
	if !sale.Conversion {
		return Commission{Reason: NotConversion}
	}
	terms, found := history.InForce(sale.At)
	if !found {
		return Commission{Reason: NoTerms}
	}
	if terms.Share == Flat {
		return Commission{Amount: terms.Fee, Reason: Earned, Terms: terms}
	}
	if sale.Value.IsZero() {
		return Commission{Reason: NoValue, Terms: terms}
	}
	return Commission{Amount: terms.Rate.Of(sale.Value), Reason: Earned, Terms: terms}
}

// Equal reports whether two commissions have the same amount, reason and terms.
func (c Commission) Equal(d Commission) bool {
	return c.Amount == d.Amount && c.Reason == d.Reason && c.Terms.Equal(d.Terms)
}
