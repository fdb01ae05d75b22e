package clicks

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/superher/superher/fault"
)

// KeySize is the length of the key of a [Sealer] in bytes.
const KeySize = 32

// Layout of a sealed visit: version, sender, counter, ciphertext, tag. The last
// four bytes of the sender and the counter are the nonce.
const (
	sealVersion = 1
	senderSize  = 16
	counterSize = 8
	nonceSize   = 12
	headSize    = 1 + senderSize + counterSize
	tagSize     = 16
)

// Lengths of a sealed visit in bytes: without any text, and the longest.
const (
	MinSealed = headSize + fixedSize + 5 + tagSize
	MaxSealed = headSize + maxEncoded + tagSize
)

// maxSenders is how many keys of senders are remembered at once. Each process
// that has sealed with the key and whose visits are still on their way is one.
const maxSenders = 256

// Sealer turns visits into bytes that may wait on a disk or cross a network,
// and back. A visit holds the address of a person, which must never be stored
// in clear; the pseudonym that replaces it needs a salt from the store, which
// may be away, so until then it is encrypted.
//
// A visit comes back as it was, its time in UTC, but for texts over
// [MaxUserAgent], [MaxReferrer], [MaxPurpose], [MaxMethod] and [MaxCountry]: these
// are cut at the end of a character, which changes neither class nor family of
// an agent, and a referrer is cut before its path, which keeps its host. A
// purpose that names itself behind MaxPurpose is not seen.
//
// Sealing is AES-256-GCM. Its nonces must never repeat under a key, and random
// ones of 96 bits are safe for some four billion visits only. So each Sealer
// draws a name of 128 random bits, derives a key of its own from it and the
// given one (HKDF-SHA256), and counts its visits: nonces never repeat, however
// many processes share the key and however long they live. Whoever opens reads
// name and number from the sealed visit.
//
// A Sealer is safe for concurrent use.
type Sealer struct {
	key    [KeySize]byte
	sender [senderSize]byte
	own    cipher.AEAD
	count  atomic.Uint64

	mu      sync.RWMutex
	senders map[[senderSize]byte]cipher.AEAD // of those whose visits were opened
}

// NewSealer returns a Sealer for a secret key of [KeySize] bytes; another length
// is fault.Invalid "clicks-key-length".
func NewSealer(key []byte) (*Sealer, error) {
	if len(key) != KeySize {
		return nil, fault.New(fault.Invalid, "clicks-key-length", "the key that seals clicks has 32 bytes")
	}
	s := &Sealer{key: [KeySize]byte(key), senders: map[[senderSize]byte]cipher.AEAD{}}
	if _, err := rand.Read(s.sender[:]); err != nil {
		return nil, fault.Wrap(err, fault.Internal, "random-source-failed", "no key could be made")
	}
	var err error
	if s.own, err = s.derive(s.sender); err != nil {
		return nil, err
	}
	return s, nil
}

// derive returns the cipher of a sender.
func (s *Sealer) derive(sender [senderSize]byte) (cipher.AEAD, error) {
	key, err := hkdf.Key(sha256.New, s.key[:], sender[:], "superher clicks 1", KeySize)
	if err != nil {
		return nil, fault.Wrap(err, fault.Internal, "sealing-failed", "the key of a sender cannot be derived")
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fault.Wrap(err, fault.Internal, "sealing-failed", "there is no cipher")
	}
	sealing, err := cipher.NewGCM(block)
	if err != nil {
		return nil, fault.Wrap(err, fault.Internal, "sealing-failed", "there is no cipher")
	}
	return sealing, nil
}

// Seal appends a sealed visit to dst: [MinSealed] to [MaxSealed] bytes.
func (s *Sealer) Seal(dst []byte, v Visit) []byte {
	at := len(dst)
	dst = slices.Grow(dst, headSize+sizeHint(&v)+tagSize)
	dst = append(dst, sealVersion)
	dst = append(dst, s.sender[:]...)
	dst = binary.BigEndian.AppendUint64(dst, s.count.Add(1))
	head := dst[at:]
	dst = appendVisit(dst, &v)
	// In place: the ciphertext begins where the plaintext does.
	return s.own.Seal(dst[:at+headSize], head[headSize-nonceSize:headSize], dst[at+headSize:], head[:headSize])
}

// sizeHint is at least the length of a visit's encoding.
func sizeHint(v *Visit) int {
	texts := len(v.Hit.UserAgent) + len(v.Hit.Referrer) + len(v.Hit.Purpose) + len(v.Hit.Method) + len(v.Hit.Country)
	return fixedSize + 16 + MaxZone + maxLengths + min(texts, maxTexts)
}

// Open returns the visit of a sealed one. Bytes that Seal did not make with the
// same key, or that were changed since, are fault.Invalid "sealed-visit".
func (s *Sealer) Open(sealed []byte) (Visit, error) {
	bad := func() (Visit, error) {
		return Visit{}, fault.New(fault.Invalid, "sealed-visit", "the bytes are no visit that was sealed with this key")
	}
	if len(sealed) < MinSealed || len(sealed) > MaxSealed || sealed[0] != sealVersion {
		return bad()
	}
	sender := [senderSize]byte(sealed[1:])
	opening, known, err := s.openerOf(sender)
	if err != nil {
		return Visit{}, err
	}
	head := sealed[:headSize]
	plain, err := opening.Open(nil, head[headSize-nonceSize:], sealed[headSize:], head)
	if err != nil {
		return bad()
	}
	if !known {
		s.remember(sender, opening)
	}
	v, ok := parseVisit(plain)
	if !ok {
		return bad()
	}
	return v, nil
}

func (s *Sealer) openerOf(sender [senderSize]byte) (opening cipher.AEAD, known bool, err error) {
	if sender == s.sender {
		return s.own, true, nil
	}
	s.mu.RLock()
	opening, known = s.senders[sender]
	s.mu.RUnlock()
	if known {
		return opening, true, nil
	}
	opening, err = s.derive(sender)
	return opening, false, err
}

// remember keeps the cipher of a sender that has proved to know the key.
func (s *Sealer) remember(sender [senderSize]byte, opening cipher.AEAD) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.senders) >= maxSenders {
		clear(s.senders)
	}
	s.senders[sender] = opening
}
