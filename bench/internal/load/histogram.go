package load

import (
	"math/bits"
	"time"
)

// subBits is how finely a power of two of nanoseconds is divided: 32 parts, so
// that a percentile is at most 3.2 % above the true one.
const subBits = 5

// Histogram counts durations. Its zero value is empty; it is not safe for
// concurrent use.
type Histogram struct {
	counts [64 << subBits]int64
	n      int64
	most   time.Duration
}

// Add counts a duration. A negative one counts as none.
func (h *Histogram) Add(d time.Duration) {
	d = max(d, 0)
	h.counts[bucket(uint64(d))]++
	h.n++
	h.most = max(h.most, d)
}

// Merge adds the counts of another one.
func (h *Histogram) Merge(other *Histogram) {
	for i, c := range &other.counts {
		h.counts[i] += c
	}
	h.n += other.n
	h.most = max(h.most, other.most)
}

// Count returns how many durations were added.
func (h *Histogram) Count() int64 { return h.n }

// Max returns the longest one, exactly.
func (h *Histogram) Max() time.Duration { return h.most }

// Quantile returns the duration that a share of them, from 0 to 1, does not
// exceed: the upper end of its part of the scale, and 0 of nothing.
func (h *Histogram) Quantile(share float64) time.Duration {
	want := int64(share * float64(h.n))
	if float64(want) < share*float64(h.n) || want == 0 {
		want++
	}
	var seen int64
	for i, c := range &h.counts {
		if seen += c; c > 0 && seen >= want {
			return min(time.Duration(upper(i)), h.most)
		}
	}
	return h.most
}

// bucket returns the part of the scale that a number belongs to.
func bucket(n uint64) int {
	if n < 1<<subBits {
		return int(n)
	}
	shift := bits.Len64(n) - subBits - 1
	return shift<<subBits + int(n>>shift)
}

// upper returns the largest number of a part of the scale.
func upper(i int) int64 {
	if i < 2<<subBits {
		return int64(i)
	}
	shift := i>>subBits - 1
	return int64(i-shift<<subBits+1)<<shift - 1
}
