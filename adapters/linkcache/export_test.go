package linkcache

// Kept returns how many links a store holds in memory.
func Kept(s *Store) int {
	s.cache.links.CleanUp()
	return s.cache.links.EstimatedSize()
}
