package auth

import (
	"crypto/sha256"
	"hash/crc32"
	"io"
	"strings"

	"github.com/superher/superher/ident"
)

// The parts of an API key. The secret has 33 characters of 62, that is
// 33 × log2(62) = 196.5 bits; the check has six because 62^6 is above 2^32.
const (
	livePrefix = "sk_live_"
	testPrefix = "sk_test_"
	keyIDSize  = 12
	secretSize = 33
	checkSize  = 6

	// KeySize is the length of every API key, in bytes.
	KeySize = len(livePrefix) + keyIDSize + secretSize + checkSize

	base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
)

// Minted is a new API key. Raw is shown to its owner once and never stored or
// logged; the rest is what to store.
type Minted struct {
	Raw      string   // the whole key
	Prefix   string   // kind and key id, not secret: "sk_live_4fQ9x0aB71Zk"
	LastFour string   // last four characters, part of the check and not of the secret
	Hash     [32]byte // SHA-256 of Raw; a key of 196 random bits needs no slower hash
}

// MintKey draws a new key from random, which must be cryptographically secure:
// sk_live_ or sk_test_, a key id, a secret, and a check over all before it by
// which a mistyped key is refused without a lookup. It fails with
// fault.Internal "random-source-failed" when random does.
func MintKey(random io.Reader, test bool) (Minted, error) {
	drawn, err := ident.RandomText(random, base62, keyIDSize+secretSize)
	if err != nil {
		return Minted{}, err
	}
	prefix := livePrefix
	if test {
		prefix = testPrefix
	}
	body := prefix + drawn
	raw := body + check(body)
	return Minted{
		Raw: raw, Prefix: raw[:len(prefix)+keyIDSize], LastFour: raw[len(raw)-4:], Hash: sha256.Sum256([]byte(raw)),
	}, nil
}

// CheckKey returns the hash by which a key is looked up. A text that MintKey
// would not make, or whose check is wrong, is the error of [InvalidCredential].
// Every change of a single character is found, and all but one in four billion
// of others. That a key passes says nothing about whether it exists.
func CheckKey(raw string) (hash [32]byte, err error) {
	if len(raw) != KeySize {
		return hash, InvalidCredential(nil)
	}
	body, sum := raw[:KeySize-checkSize], raw[KeySize-checkSize:]
	random, live := strings.CutPrefix(body, livePrefix)
	if !live {
		var test bool
		if random, test = strings.CutPrefix(body, testPrefix); !test {
			return hash, InvalidCredential(nil)
		}
	}
	for i := range len(random) {
		if !alphanumeric(random[i]) {
			return hash, InvalidCredential(nil)
		}
	}
	if check(body) != sum {
		return hash, InvalidCredential(nil)
	}
	return sha256.Sum256([]byte(raw)), nil
}

// check returns the CRC-32 (IEEE) of the body in base62, most significant first.
func check(body string) string {
	sum := crc32.ChecksumIEEE([]byte(body))
	var digits [checkSize]byte
	for i := checkSize - 1; i >= 0; i-- {
		digits[i] = base62[sum%62]
		sum /= 62
	}
	return string(digits[:])
}

func alphanumeric(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z'
}
