package links

import (
	"io"

	"github.com/superher/superher/fault"
	"github.com/superher/superher/ident"
)

// Code is the short code of a link: what stands after /r/ and what a shop
// sends back as ref_code. It is case-sensitive and unique across advertisers.
type Code string

// Limits of codes, in bytes.
const (
	GeneratedLength = 7  // of a code that [GenerateCode] draws
	MinCode         = 3  // of any code
	MaxCode         = 32 // of any code
)

// Base62 is the alphabet of generated codes.
const Base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// maxDraws bounds how often an offensive draw is repeated. Offensive draws are
// rare, so running out means a broken random source, not bad luck.
const maxDraws = 16

// ParseCode reads a code of either origin: a letter or digit and then 2 to 31
// letters, digits, underscores or hyphens, all ASCII. Nothing is trimmed or
// folded. Anything else is fault.Invalid "malformed-code".
func ParseCode(text string) (Code, error) {
	ok := len(text) >= MinCode && len(text) <= MaxCode && alphanumeric(text[0])
	for i := 1; ok && i < len(text); i++ {
		ok = alphanumeric(text[i]) || text[i] == '_' || text[i] == '-'
	}
	if !ok {
		return "", fault.Bad("code", "malformed-code",
			"a code is a letter or digit followed by 2 to 31 letters, digits, hyphens or underscores")
	}
	return Code(text), nil
}

// ParseVanity reads a code that a person chose. Beyond the rule of [ParseCode]
// it refuses a code that is, or has between - and _, an offensive word: fault.Invalid "offensive-code".
func ParseVanity(text string) (Code, error) {
	code, err := ParseCode(text)
	if err != nil {
		return "", err
	}
	if ident.OffensiveWord(text) {
		return "", fault.Bad("code", "offensive-code", "the code contains a word that may offend")
	}
	return code, nil
}

// GenerateCode draws a code of [GeneratedLength] characters of [Base62], each
// equally likely. Offensive draws are repeated a bounded number of times; then
// the error is fault.Exhausted "code-space-exhausted". A failing source is
// fault.Internal. Whether the code is taken only the store can tell.
func GenerateCode(random io.Reader) (Code, error) {
	for range maxDraws {
		text, err := ident.RandomText(random, Base62, GeneratedLength)
		if err != nil {
			return "", err
		}
		if !ident.Offensive(text) {
			return Code(text), nil
		}
	}
	return "", fault.New(fault.Exhausted, "code-space-exhausted", "no acceptable code was drawn; try again")
}

func alphanumeric(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z'
}
