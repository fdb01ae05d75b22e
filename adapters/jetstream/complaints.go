package jetstream

import "time"

// complainEvery is how often the log tells of one kind of loss at most: they
// come by the thousand.
const complainEvery = time.Second

// complaints counts losses between two lines in the log. It is for one
// goroutine.
type complaints struct {
	count int
	said  time.Time
}

// add counts n losses at the moment now, and returns how many there were since
// the last line when the next one is due.
func (c *complaints) add(n int, now time.Time) (count int, due bool) {
	c.count += n
	if !c.said.IsZero() && now.Sub(c.said) < complainEvery {
		return 0, false
	}
	count, c.count, c.said = c.count, 0, now
	return count, true
}
