package money

import (
	"cmp"
	"slices"

	"github.com/superher/superher/fault"
)

// Totals is what several amounts come to: one amount for each currency that
// occurred, sorted by currency. Amounts of different currencies never add up,
// so a figure over many events is a Totals and not an Amount. The zero value
// is empty and ready.
type Totals []Amount

// Plus returns the totals with a added; t is left alone. An amount without a
// currency changes nothing. The error is that of [Amount.Add].
func (t Totals) Plus(amounts ...Amount) (Totals, error) {
	out := slices.Clone(t)
	for _, a := range amounts {
		if a.Currency == "" {
			continue
		}
		i, found := slices.BinarySearchFunc(out, a.Currency, func(x Amount, c Currency) int { return cmp.Compare(x.Currency, c) })
		if !found {
			out = slices.Insert(out, i, a)
			continue
		}
		sum, err := out[i].Add(a)
		if err != nil {
			return nil, err
		}
		out[i] = sum
	}
	return out, nil
}

// Minus returns the totals with the amounts taken away, with the rules of Plus.
func (t Totals) Minus(amounts ...Amount) (Totals, error) {
	negated := make([]Amount, len(amounts))
	for i, a := range amounts {
		if a.Minor == -1<<63 {
			return nil, fault.New(fault.Invalid, "amount-overflow", "the difference does not fit in 64 bits of minor units")
		}
		negated[i] = Of(-a.Minor, a.Currency)
	}
	return t.Plus(negated...)
}

// In returns the amount of one currency, zero if there is none.
func (t Totals) In(c Currency) Amount {
	for _, a := range t {
		if a.Currency == c {
			return a
		}
	}
	return Of(0, c)
}

// NonZero returns the totals without the currencies that come to nothing.
func (t Totals) NonZero() Totals {
	return slices.DeleteFunc(slices.Clone(t), func(a Amount) bool { return a.Minor == 0 })
}
