package money

import (
	"cmp"
	"math/bits"
	"slices"

	"github.com/superher/superher/fault"
)

// Allocate splits a into one part for each weight, in proportion, so that the
// parts always sum to the whole: every part is rounded towards zero, then the
// remaining minor units go one each to the largest remainders, the earlier
// part first among equals. Weights must not be negative and must have a
// positive sum that fits in 63 bits; otherwise fault.Invalid "bad-weights".
func (a Amount) Allocate(weights ...int64) ([]Amount, error) {
	var total uint64
	for _, w := range weights {
		if w < 0 || total+uint64(w) > 1<<63-1 {
			return nil, fault.Bad("weights", "bad-weights", "weights must be zero or more and must not overflow")
		}
		total += uint64(w)
	}
	if total == 0 {
		return nil, fault.Bad("weights", "bad-weights", "at least one weight must be above zero")
	}
	magnitude, sign := uint64(a.Minor), int64(1)
	if a.Minor < 0 {
		magnitude, sign = -magnitude, -1
	}
	parts := make([]Amount, len(weights))
	remainders := make([]uint64, len(weights))
	left := magnitude
	for i, w := range weights {
		high, low := bits.Mul64(magnitude, uint64(w))
		quotient, remainder := bits.Div64(high, low, total)
		parts[i] = Of(sign*int64(quotient), a.Currency)
		remainders[i] = remainder
		left -= quotient
	}
	order := make([]int, len(weights))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(x, y int) int { return cmp.Compare(remainders[y], remainders[x]) })
	for _, i := range order[:left] {
		parts[i].Minor += sign
	}
	return parts, nil
}
