package links

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Limits of [RefCodes].
const (
	MaxRefCodes   = 16        // values returned
	MaxLandingURL = 16 * 1024 // bytes looked at; every URL a redirect leads to is shorter
)

// refCode is the name of the query parameter that carries a link's code.
const refCode = "ref_code"

// RefCodes returns the values of the query parameters named ref_code of a
// landing URL: first those of the URL's query, then those of a query inside
// its fragment ("#/sale?ref_code=X"), in order of appearance and decoded as
// browsers decode forms. Empty values and values that no database would take
// (control characters, broken UTF-8) are left out, and so is all beyond
// [MaxRefCodes] values and [MaxLandingURL] bytes.
//
// The text comes from strangers: it may be relative, lack a scheme or be no URL
// at all. RefCodes never fails, and its time is linear in the length.
func RefCodes(landingURL string) []string {
	if len(landingURL) > MaxLandingURL {
		// The last parameter may have lost its end and would name another link.
		landingURL = landingURL[:MaxLandingURL]
		if i := strings.LastIndexAny(landingURL, "?&#"); i >= 0 {
			landingURL = landingURL[:i]
		}
	}
	rest, fragment, _ := strings.Cut(asBrowsersRead(landingURL), "#")
	_, query, _ := strings.Cut(rest, "?")
	_, inner, _ := strings.Cut(fragment, "?")
	inner, _, _ = strings.Cut(inner, "#") // a page's router reads its fragment as a URL of its own
	var codes []string
	for _, q := range [2]string{query, inner} {
		for part := range strings.SplitSeq(q, "&") {
			name, value, _ := strings.Cut(part, "=")
			if formDecoded(name) != refCode {
				continue
			}
			if value = formDecoded(value); value == "" || !storable(value) {
				continue
			}
			if codes = append(codes, value); len(codes) == MaxRefCodes {
				return codes
			}
		}
	}
	return codes
}

// asBrowsersRead drops what a browser drops from a pasted URL: surrounding
// blanks and controls, and tabs and line breaks anywhere.
func asBrowsersRead(text string) string {
	text = strings.TrimFunc(text, func(r rune) bool { return r <= ' ' })
	if !strings.ContainsAny(text, "\t\r\n") {
		return text
	}
	return strings.NewReplacer("\t", "", "\r", "", "\n", "").Replace(text)
}

// formDecoded decodes application/x-www-form-urlencoded text: plus is a space,
// and a percent sign without two hexadecimal digits stands for itself.
func formDecoded(text string) string {
	if !strings.ContainsAny(text, "%+") {
		return text
	}
	out := make([]byte, 0, len(text))
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case c == '+':
			c = ' '
		case c == '%' && i+2 < len(text) && isHex(text[i+1]) && isHex(text[i+2]):
			c = unhex(text[i+1])<<4 | unhex(text[i+2])
			i += 2
		}
		out = append(out, c)
	}
	return string(out)
}

func storable(text string) bool {
	return utf8.ValidString(text) && !strings.ContainsFunc(text, unicode.IsControl)
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

// unhex returns the value of a hexadecimal digit.
func unhex(c byte) byte {
	if c <= '9' {
		return c - '0'
	}
	return c&^0x20 - 'A' + 10
}
