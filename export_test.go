package superher

// MaxCachedKeys bounds how many keys a client remembers.
const MaxCachedKeys = maxCachedKeys

// CachedKeys returns how many a client remembers.
func CachedKeys(c *Client) (n int) {
	for i := range c.keys.shards {
		n += len(c.keys.shards[i].known)
	}
	return n
}
