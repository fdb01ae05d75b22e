package coupons

import (
	"io"
	"strings"

	"github.com/superher/superher/fault"
	"github.com/superher/superher/ident"
)

// Limits of generated codes.
const (
	DefaultLength = 6    // random characters where none are asked for
	MinLength     = 4    // random characters
	MaxLength     = 16   // random characters
	MaxBulk       = 1000 // codes in one call
)

// Alphabet holds the characters of generated codes: upper-case letters and
// digits that are not mistaken for one another, without 0 O 1 I L.
const Alphabet = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"

// maxDraws bounds how often an offensive draw is thrown away; with a sound
// random source one redraw in a row is already rare.
const maxDraws = 100

// Pattern is how generated codes look: PREFIX-RANDOM, or only the random part
// when there is no prefix.
type Pattern struct {
	Prefix string // folded like a code; may be empty
	Length int    // random characters; 0 means DefaultLength
}

// Check returns the pattern with its prefix folded and its length set, or
// fault.Invalid with the bad fields of prefix and length.
func (p Pattern) Check() (Pattern, error) {
	if p.Length == 0 {
		p.Length = DefaultLength
	}
	var checks fault.Checks
	checks.That(p.Length >= MinLength && p.Length <= MaxLength, "length", "out-of-range", "length must be from 4 to 16")
	if p.Prefix != "" {
		folded := fold(p.Prefix)
		// Checked with a stand-in for the random part, so that the whole always is a code.
		_, err := ParseCode(folded + "-" + strings.Repeat("A", min(max(p.Length, MinLength), MaxLength)))
		checks.That(err == nil, "prefix", "malformed-prefix", "prefix must be letters, digits, - and _, and short enough for a code of 32 characters")
		p.Prefix = folded
	}
	return p, checks.Err()
}

// Generate draws one code of a checked pattern from random. Draws that hold an
// offensive word are thrown away; fault.Exhausted "code-space-exhausted" after
// a bounded number of them, fault.Internal when random fails.
func (p Pattern) Generate(random io.Reader) (Code, error) {
	for range maxDraws {
		drawn, err := ident.RandomText(random, Alphabet, p.Length)
		if err != nil {
			return "", err
		}
		code := drawn
		if p.Prefix != "" {
			code = p.Prefix + "-" + drawn
		}
		// What the brand chose as a prefix is its own affair, what comes of the
		// two together is not.
		if ident.Offensive(drawn) || ident.Offensive(code) && !ident.Offensive(p.Prefix) {
			continue
		}
		return Code(code), nil
	}
	return "", fault.New(fault.Exhausted, "code-space-exhausted", "no acceptable code could be drawn")
}
