package coupons

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/superher/superher/fault"
)

//go:generate go run ./internal/foldgen/main.go

// Limits of a code, in characters.
const (
	MinCode = 3
	MaxCode = 32
)

// maxTyped bounds what is looked at: no character that folds to one of a code
// is longer than four bytes.
const maxTyped = MaxCode * utf8.UTFMax

// Code is a folded coupon code, [A-Z0-9][A-Z0-9_-]{2,31}: what two spellings of
// the same code have in common, compared bytewise everywhere. Only [ParseCode]
// makes one from outside input.
type Code string

// String returns the code.
func (c Code) String() string { return string(c) }

// ParseCode folds what somebody typed: white space around it is cut off,
// compatibility forms (NFKC) such as full-width letters become plain ones, and
// letters become upper case. Parsing a code again changes nothing.
//
// The error is fault.Invalid on field "code": "mixed-script" where letters of
// another script stand among Latin ones, such as a Cyrillic А that looks Latin,
// otherwise "malformed-code": invalid UTF-8, white space inside, accents,
// invisible characters, anything but letters, digits, hyphen and underscore,
// or a length outside 3 to 32 after folding. Offensive words are not refused:
// a brand chooses its own words.
//
// Folding knows no language: dotless ı becomes I as its upper case says, but
// dotted İ has no plain form and is refused, as is ß.
func ParseCode(text string) (Code, error) {
	bad := func(reason, detail string) (Code, error) { return "", fault.Bad("code", reason, detail) }
	text = strings.TrimSpace(text)
	if len(text) > maxTyped {
		return bad("malformed-code", "code must have 3 to 32 characters")
	}
	folded := fold(text)
	latin, foreign, space, other := false, false, false, false
	for _, r := range folded {
		switch {
		case r >= 'A' && r <= 'Z':
			latin = true
		case r >= '0' && r <= '9' || r == '-' || r == '_':
		case unicode.IsLetter(r) && !unicode.Is(unicode.Latin, r):
			foreign = true
		case unicode.IsSpace(r):
			space = true
		default:
			other = true
		}
	}
	switch {
	case foreign && latin:
		return bad("mixed-script", "code mixes Latin letters with letters of another script")
	case space:
		return bad("malformed-code", "code must not contain white space")
	case foreign || other:
		return bad("malformed-code", "code must consist of the letters A to Z, digits, - and _")
	case len(folded) < MinCode || len(folded) > MaxCode:
		return bad("malformed-code", "code must have 3 to 32 characters")
	case folded[0] == '-' || folded[0] == '_':
		return bad("malformed-code", "code must start with a letter or a digit")
	}
	return Code(folded), nil
}

// fold trims, applies NFKC and upper-cases as far as the result can be a code;
// a character that no code can hold stays as it is, for the caller to refuse.
// Composition needs no care: nothing that composes stays within ASCII, so the
// combining character it takes is refused by itself.
func fold(text string) string {
	text = strings.TrimSpace(text)
	var b strings.Builder
	b.Grow(len(text))
	for i, r := range text {
		switch {
		case r >= 'a' && r <= 'z':
			b.WriteByte(byte(r) - 'a' + 'A')
		case r < utf8.RuneSelf:
			b.WriteByte(byte(r))
		case r == utf8.RuneError:
			b.WriteRune(utf8.RuneError) // also for invalid UTF-8, which no code can hold
		default:
			if c := compatibleRun(r); c != 0 {
				b.WriteByte(c)
			} else if plain := compatible(r); plain != "" {
				b.WriteString(plain)
			} else {
				b.WriteString(text[i : i+utf8.RuneLen(r)])
			}
		}
	}
	return b.String()
}
