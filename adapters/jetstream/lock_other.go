//go:build !unix

package jetstream

import "os"

// lockFile opens a file. Without flock nothing keeps another process away.
func lockFile(path string) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, unusable(err)
	}
	return file, nil
}
