package money

import (
	"math/bits"
	"strconv"
	"strings"

	"github.com/superher/superher/fault"
)

// Rate is a percentage with four decimals, held in ten-thousandths of a
// percent: 125_000 is 12.5 %. The range is 0 to [MaxRate].
type Rate int64

// MaxRate is 100 %.
const MaxRate Rate = 1_000_000

const (
	rateDigits = 4 // decimals of a percentage
	rateWhole  = int64(MaxRate)
)

// ParseRate reads a percentage like "12.5", with at most four decimals and from
// 0 to 100. Anything else is fault.Invalid with the field "rate".
func ParseRate(text string) (Rate, error) {
	bad := fault.Bad("rate", "rate-out-of-range", "rate must be a percentage from 0 to 100 with at most 4 decimals, like 12.5")
	whole, fraction, point := strings.Cut(text, ".")
	if len(text) > MaxText || !allDigits(whole) || point && !allDigits(fraction) ||
		len(whole) > 1 && whole[0] == '0' || len(fraction) > rateDigits {
		return 0, bad
	}
	n, err := strconv.ParseInt(whole+fraction+strings.Repeat("0", rateDigits-len(fraction)), 10, 64)
	if err != nil || Rate(n) > MaxRate {
		return 0, bad
	}
	return Rate(n), nil
}

// String returns the percentage without trailing zeros: "12.5".
func (r Rate) String() string {
	whole, fraction := int64(r)/10_000, int64(r)%10_000
	text := strconv.FormatInt(whole, 10)
	if fraction == 0 {
		return text
	}
	return text + "." + strings.TrimRight(strconv.FormatInt(10_000+fraction, 10)[1:], "0")
}

// Of returns the share of a, rounded half to even to the minor unit. The
// product is taken in 128 bits, so no amount overflows. A rate outside the
// range counts as its nearer end, so that the share never exceeds the whole.
func (r Rate) Of(a Amount) Amount {
	r = min(max(r, 0), MaxRate)
	magnitude, negative := uint64(a.Minor), a.Minor < 0
	if negative {
		magnitude = -magnitude
	}
	high, low := bits.Mul64(magnitude, uint64(r))
	quotient, remainder := bits.Div64(high, low, uint64(rateWhole))
	half := uint64(rateWhole) / 2
	if remainder > half || remainder == half && quotient%2 == 1 {
		quotient++
	}
	if negative {
		return Of(-int64(quotient), a.Currency)
	}
	return Of(int64(quotient), a.Currency)
}
