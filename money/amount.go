package money

import (
	"math"
	"strconv"
	"strings"

	"github.com/superher/superher/fault"
)

// MaxMinor is the largest amount accepted from outside, in minor units: large
// enough for any order in any currency (100 billion dollars, 100 billion rials),
// small enough that 900,000 of the largest still add up in 64 bits.
const MaxMinor = 10_000_000_000_000

// MaxText is the length of the longest decimal text that is looked at, in bytes.
const MaxText = 32

// Amount is a quantity of one currency in its minor units: 149900 INR is
// 1499.00 rupees. The zero value is no money at all, see [Amount.IsZero].
type Amount struct {
	Minor    int64    // quantity in minor units
	Currency Currency // ISO 4217 code
}

// Of returns an amount of minor units.
func Of(minor int64, currency Currency) Amount { return Amount{Minor: minor, Currency: currency} }

// Parse reads a non-negative decimal like "1499.00" in a currency. Digits
// beyond the minor unit, signs, exponents, leading zeros, a bare point,
// white space and amounts above [MaxMinor] are refused with fault.Invalid; the
// field is "value", or "currency" for one that [ParseCurrency] refuses. A float is never involved.
func Parse(text string, currency Currency) (Amount, error) {
	bad := func(reason, detail string) (Amount, error) { return Amount{}, fault.Bad("value", reason, detail) }
	if _, err := ParseCurrency(string(currency)); err != nil {
		return Amount{}, err
	}
	if strings.HasPrefix(text, "-") {
		return bad("negative-value", "value must not be negative")
	}
	if text == "" || len(text) > MaxText {
		return bad("malformed-value", "value must be a decimal like 1499.00")
	}
	whole, fraction, point := strings.Cut(text, ".")
	if !allDigits(whole) || point && !allDigits(fraction) || len(whole) > 1 && whole[0] == '0' {
		return bad("malformed-value", "value must be a decimal like 1499.00")
	}
	scale := currency.Digits()
	if len(fraction) > scale {
		return bad("too-many-digits", "value has more decimal digits than "+string(currency)+" allows ("+strconv.Itoa(scale)+")")
	}
	minor, err := strconv.ParseInt(whole+fraction+strings.Repeat("0", scale-len(fraction)), 10, 64)
	if err != nil || minor > MaxMinor {
		return bad("value-too-large", "value is larger than "+Of(MaxMinor, currency).Decimal())
	}
	return Of(minor, currency), nil
}

func allDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// IsZero reports whether the amount is the zero value, no money at all. Zero
// euros are money, and a quantity without a currency is a mistake.
func (a Amount) IsZero() bool { return a == Amount{} }

// Decimal returns the quantity as a decimal with exactly the currency's digits:
// "1499.00", "-0.05", "700".
func (a Amount) Decimal() string {
	magnitude := uint64(a.Minor)
	sign := ""
	if a.Minor < 0 {
		magnitude, sign = -magnitude, "-"
	}
	text := strconv.FormatUint(magnitude, 10)
	scale := a.Currency.Digits()
	if scale == 0 {
		return sign + text
	}
	if pad := scale + 1 - len(text); pad > 0 {
		text = strings.Repeat("0", pad) + text
	}
	return sign + text[:len(text)-scale] + "." + text[len(text)-scale:]
}

// String returns "1499.00 INR".
func (a Amount) String() string {
	if a.Currency == "" {
		return a.Decimal()
	}
	return a.Decimal() + " " + string(a.Currency)
}

// Add returns a + b. Other currencies and an overflow are errors, never a
// wrong sum: fault.Internal "currency-mismatch", fault.Invalid "amount-overflow".
func (a Amount) Add(b Amount) (Amount, error) {
	if a.Currency != b.Currency {
		return Amount{}, fault.New(fault.Internal, "currency-mismatch", "amounts of different currencies never add up")
	}
	if b.Minor > 0 && a.Minor > math.MaxInt64-b.Minor || b.Minor < 0 && a.Minor < math.MinInt64-b.Minor {
		return Amount{}, fault.New(fault.Invalid, "amount-overflow", "the sum does not fit in 64 bits of minor units")
	}
	return Of(a.Minor+b.Minor, a.Currency), nil
}

// Sub returns a - b, with the errors of [Amount.Add].
func (a Amount) Sub(b Amount) (Amount, error) {
	if b.Minor == math.MinInt64 {
		return Amount{}, fault.New(fault.Invalid, "amount-overflow", "the difference does not fit in 64 bits of minor units")
	}
	return a.Add(Of(-b.Minor, b.Currency))
}

// Check reports whether the amount may be stored as the value of something
// sold or as a fee: a known currency, not negative, at most [MaxMinor]. The
// error is fault.Invalid with the fields "currency" and, for the quantity, the
// given name: "amount" on the wire, "value" for an event.
func (a Amount) Check(quantity string) error {
	var checks fault.Checks
	_, err := ParseCurrency(string(a.Currency))
	checks.Take("currency", err)
	checks.That(a.Minor >= 0, quantity, "negative-value", quantity+" must not be negative")
	checks.That(a.Minor <= MaxMinor, quantity, "value-too-large", quantity+" is larger than "+Of(MaxMinor, a.Currency).Decimal())
	return checks.Err()
}
