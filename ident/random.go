package ident

import (
	"io"

	"github.com/superher/superher/fault"
)

// maxRounds bounds how often RandomText reads again for the bytes it had to
// refuse. A round of a sound source keeps at least half of its bytes, so even
// one byte that is still missing after 128 rounds has a chance below 2^-128.
const maxRounds = 128

// RandomText draws n characters, each of the alphabet's equally likely. The
// alphabet holds 1 to 256 single-byte characters. It reads as many bytes as
// characters are missing and refuses those that would favour the alphabet's
// first characters. It fails with fault.Internal: "random-source-failed" when
// random fails or keeps giving refused bytes, "bad-alphabet" for an alphabet
// of another size or a negative n.
func RandomText(random io.Reader, alphabet string, n int) (string, error) {
	if len(alphabet) < 1 || len(alphabet) > 256 || n < 0 {
		return "", fault.New(fault.Internal, "bad-alphabet", "random text needs an alphabet of 1 to 256 bytes and a length of 0 or more")
	}
	limit := 256 - 256%len(alphabet) // bytes from here on would make the first characters likelier
	text := make([]byte, n)
	missing := text
	for range maxRounds {
		if _, err := io.ReadFull(random, missing); err != nil {
			return "", fault.Wrap(err, fault.Internal, "random-source-failed", "no random text could be drawn")
		}
		kept := 0
		for _, b := range missing {
			if int(b) < limit {
				missing[kept] = alphabet[int(b)%len(alphabet)]
				kept++
			}
		}
		if missing = missing[kept:]; len(missing) == 0 {
			return string(text), nil
		}
	}
	return "", fault.New(fault.Internal, "random-source-failed", "the random source gave nothing usable")
}
