package devidp

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"github.com/superher/superher/fault"
)

const pemType = "PRIVATE KEY"

// LoadOrCreateKey returns the RSA key in the PEM file at path (PKCS #8), and
// makes the file, readable by its owner alone, when there is none, so that
// tokens outlive a restart. Of several callers that find no file one creates it
// and all return its key. A file that holds anything else is fault.Invalid
// "not-a-key"; one that others may read is fault.Invalid "open-to-others"; one
// that cannot be read or written is fault.Invalid "file-unusable".
func LoadOrCreateKey(path string) (*rsa.PrivateKey, error) {
	if path == "" {
		return nil, fault.Bad("key_file", "required", "key_file must not be empty")
	}
	key, err := loadKey(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return key, err
	}
	if err := createKey(path); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, unusable(err)
	}
	return loadKey(path)
}

func unusable(err error) *fault.Error {
	e := fault.Bad("key_file", "file-unusable", "the key file cannot be read or written")
	e.Err = err
	return e
}

func loadKey(path string) (*rsa.PrivateKey, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, unusable(err)
	}
	if info.Mode().IsRegular() && info.Mode().Perm()&0o077 != 0 && runtime.GOOS != "windows" {
		return nil, fault.Bad("key_file", "open-to-others", "the key file must be readable by its owner alone: chmod 600")
	}
	text, err := os.ReadFile(path) //nolint:gosec // the operator names the file
	if err != nil {
		return nil, unusable(err)
	}
	block, _ := pem.Decode(text)
	if block == nil || block.Type != pemType {
		return nil, fault.Bad("key_file", "not-a-key", "the key file must hold one PEM block "+pemType)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	key, ok := parsed.(*rsa.PrivateKey)
	if err != nil || !ok || key.N.BitLen() < MinKeyBits {
		return nil, fault.Bad("key_file", "not-a-key", "the key file must hold an RSA key of at least 2048 bits")
	}
	return key, nil
}

// createKey writes the file under another name first, so that nobody ever reads
// half a key, and links it, which fails where somebody else was faster.
func createKey(path string) (err error) {
	key, err := rsa.GenerateKey(rand.Reader, MinKeyBits)
	if err != nil {
		return err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	draft, err := os.CreateTemp(filepath.Dir(path), ".key-*") // its mode is 0600
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.Remove(draft.Name())) }()
	_, err = draft.Write(pem.EncodeToMemory(&pem.Block{Type: pemType, Bytes: der}))
	if err := errors.Join(err, draft.Sync(), draft.Close()); err != nil {
		return err
	}
	return os.Link(draft.Name(), path)
}
