package sqlite

import "testing"

// Pragma returns a setting of the writing connection.
func Pragma(t *testing.T, s *Store, name string) string {
	t.Helper()
	var value string
	if err := s.engine.writer.QueryRowContext(t.Context(), "PRAGMA "+name).Scan(&value); err != nil {
		t.Fatal(err)
	}
	return value
}
