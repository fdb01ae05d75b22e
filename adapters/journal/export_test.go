package journal

// File is what a segment is written to.
type File = file

// OpenWith is Open with files of the test's making.
func OpenWith(config Config, create func(path string) (File, error)) (*Journal, error) {
	return open(config, create)
}

// Create makes a real file.
func Create(path string) (File, error) { return create(path) }

// Sizes of a record, for tests that cut one.
const (
	Header     = len(header)
	SegmentMax = segmentSize
)

// Waits returns how many visits wait for the next write.
func Waits(j *Journal) int {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.pending == nil {
		return 0
	}
	return len(j.pending.visits)
}
