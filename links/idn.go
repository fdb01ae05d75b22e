package links

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// Browsers decode xn-- labels and refuse those that break the rules of UTS #46.
// Its tables are not in the standard library, so this file knows the letters of
// the scripts that domains are sold in, leaves out every letter with a second
// spelling, and refuses the rest. What it accepts, browsers accept.

// browsersTakeIDN reports whether every xn-- label of a host in lower case
// decodes to letters known here, and whether the labels stand together where
// one of them is written from right to left.
func browsersTakeIDN(labels []string) bool {
	rightToLeft := false
	decoded := make([]string, len(labels))
	for i, label := range labels {
		decoded[i] = label
		encoded, isIDN := strings.CutPrefix(label, "xn--")
		if !isIDN {
			continue
		}
		runes, ok := fromPunycode(encoded)
		if !ok || !knownLetters(runes) {
			return false
		}
		rightToLeft = rightToLeft || slices.ContainsFunc(runes, isRightToLeft)
		decoded[i] = string(runes)
	}
	if !rightToLeft {
		return true
	}
	return !slices.ContainsFunc(decoded, func(label string) bool { return !keepsDirection(label) })
}

// keepsDirection is a strict form of the Bidi rule (RFC 5893): a label is all
// right-to-left letters, or has none, begins with a letter and does not end
// with a hyphen or underscore.
func keepsDirection(label string) bool {
	first, _ := utf8.DecodeRuneInString(label)
	if isRightToLeft(first) {
		return !strings.ContainsFunc(label, func(r rune) bool { return !isRightToLeft(r) })
	}
	last, _ := utf8.DecodeLastRuneInString(label)
	return (first >= 'a' && first <= 'z' || first >= utf8.RuneSelf) && last != '-' && last != '_' &&
		!strings.ContainsFunc(label, isRightToLeft)
}

// knownLetters reports whether a decoded label is made of letters known here,
// in their normal order, and of digits and inner hyphens.
func knownLetters(label []rune) bool {
	if len(label) == 0 || label[0] == '-' || label[len(label)-1] == '-' || isMark(label[0]) {
		return false
	}
	if strings.HasPrefix(string(label), "xn--") {
		return false
	}
	for i, r := range label {
		switch {
		case r < utf8.RuneSelf:
			if !alphanumeric(byte(r)) && r != '-' {
				return false
			}
		case !isKnown(r):
			return false
		case i > 0 && (r == 0x0e38 || r == 0x0e39) && label[i-1] >= 0x0e48 && label[i-1] <= 0x0e4b:
			return false // Thai vowel after the tone mark: not in normal form
		}
	}
	return true
}

// isKnown reports whether r is a lower-case letter or sign with one spelling
// only: the same under NFC, NFKC and case folding (but for the ß and the final
// sigma, which browsers keep).
func isKnown(r rune) bool {
	switch {
	case r < 0x0180: // Latin of western, central and northern Europe, Turkish
		return r >= 0xdf && r != 0xf7 && (r < 0x0100 || isLowerExtendedA(r))
	case r < 0x0300: // Vietnamese, Romanian, Azerbaijani
		return r == 0x01a1 || r == 0x01b0 || r == 0x0219 || r == 0x021b || r == 0x0259
	case r < 0x0400: // Greek
		return r == 0x0390 || r >= 0x03ac && r <= 0x03ce
	case r < 0x0530: // Cyrillic
		return r >= 0x0430 && r <= 0x045f || r >= 0x048b && r <= 0x04bf && r&1 == 1 || r == 0x04d9 || r == 0x04e9
	case r < 0x0590: // Armenian
		return r >= 0x0561 && r <= 0x0586
	case r < 0x0900:
		return isRightToLeft(r)
	case r < 0x0e00: // Devanagari without nukta, whose letters have two spellings
		return r >= 0x0901 && r <= 0x0939 || r >= 0x093d && r <= 0x094d || r == 0x0950
	case r < 0x1000: // Thai without sara am
		return r >= 0x0e01 && r <= 0x0e39 && r != 0x0e33 || r >= 0x0e40 && r <= 0x0e4e
	case r < 0x1e00: // Georgian
		return r >= 0x10d0 && r <= 0x10f0
	case r < 0x3000: // Vietnamese
		return r >= 0x1ea1 && r <= 0x1ef9 && r&1 == 1
	default: // Japanese, Chinese, Korean
		return r == 0x3005 || r >= 0x3041 && r <= 0x3096 || r >= 0x30a1 && r <= 0x30fa || r == 0x30fc ||
			r >= 0x3400 && r <= 0x4db5 || r >= 0x4e00 && r <= 0x9fcc || r >= 0xac00 && r <= 0xd7a3
	}
}

// isLowerExtendedA reports whether r, from U+0100 to U+017F, is lower case and
// no ligature or long s. Lower case is odd in two runs of the block and even in
// the others.
func isLowerExtendedA(r rune) bool {
	switch {
	case r == 0x0132 || r == 0x0133 || r == 0x013f || r == 0x0140 || r == 0x0149 || r == 0x0178 || r == 0x017f:
		return false
	case r == 0x0138:
		return true
	case r >= 0x0139 && r <= 0x0148 || r >= 0x0179:
		return r&1 == 0
	default:
		return r&1 == 1
	}
}

// isMark reports whether a known sign joins the letter before it: no label may
// begin with one.
func isMark(r rune) bool {
	return r >= 0x0901 && r <= 0x0903 || r >= 0x093e && r <= 0x094d ||
		r == 0x0e31 || r >= 0x0e34 && r <= 0x0e39 || r >= 0x0e47 && r <= 0x0e4e
}

// isRightToLeft reports whether r is a Hebrew or Arabic letter.
func isRightToLeft(r rune) bool {
	return r >= 0x05d0 && r <= 0x05ea || r >= 0x0621 && r <= 0x063a || r >= 0x0641 && r <= 0x064a ||
		r >= 0x0671 && r <= 0x0674 || r >= 0x0679 && r <= 0x06d3
}

// fromPunycode decodes what follows xn-- in a label in lower case (RFC 3492).
// It refuses text without any encoded character.
func fromPunycode(text string) ([]rune, bool) {
	var out []rune
	if i := strings.LastIndexByte(text, '-'); i >= 0 {
		if i == 0 {
			return nil, false
		}
		out, text = []rune(text[:i]), text[i+1:]
	}
	if text == "" {
		return nil, false
	}
	n, i, bias := 128, 0, 72
	for first := true; text != ""; first = false {
		delta, rest, ok := punycodeNumber(text, bias)
		if !ok {
			return nil, false
		}
		text = rest
		size := len(out) + 1
		bias = adaptedBias(delta, size, first)
		i += delta
		n += i / size
		i %= size
		if n > utf8.MaxRune {
			return nil, false
		}
		out = slices.Insert(out, i, rune(n))
		i++
	}
	return out, true
}

// punycodeNumber reads one number of variable length. A label has at most 59
// characters left, and numbers beyond 2^31 are refused before they overflow.
func punycodeNumber(text string, bias int) (value int, rest string, ok bool) {
	weight := 1
	for at := range len(text) {
		var digit int
		switch c := text[at]; {
		case c >= 'a' && c <= 'z':
			digit = int(c - 'a')
		case c >= '0' && c <= '9':
			digit = int(c-'0') + 26
		default:
			return 0, "", false
		}
		value += digit * weight
		threshold := min(max(36*(at+1)-bias, 1), 26)
		if digit < threshold {
			return value, text[at+1:], true
		}
		weight *= 36 - threshold
		if weight > 1<<26 || value > 1<<31-1 {
			return 0, "", false
		}
	}
	return 0, "", false
}

// adaptedBias follows section 6.1 of RFC 3492.
func adaptedBias(delta, size int, first bool) int {
	if first {
		delta /= 700
	} else {
		delta /= 2
	}
	delta += delta / size
	k := 0
	for ; delta > 455; k += 36 {
		delta /= 35
	}
	return k + 36*delta/(delta+38)
}
