package fault

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Text checks a free text of a person: valid UTF-8, at most maxRunes
// characters, no control characters (tab and line breaks included), and not
// blank when required. The text itself is never changed.
func (c *Checks) Text(name, value string, required bool, maxRunes int) bool {
	switch {
	case !utf8.ValidString(value):
		c.Add(name, "not-utf8", name+" must be valid UTF-8")
	case required && strings.TrimSpace(value) == "":
		c.Add(name, "required", name+" must not be empty")
	case utf8.RuneCountInString(value) > maxRunes:
		c.Add(name, "too-long", name+" must have at most "+strconv.Itoa(maxRunes)+" characters")
	case strings.ContainsFunc(value, unicode.IsControl):
		c.Add(name, "control-character", name+" must not contain control characters")
	default:
		return true
	}
	return false
}

// Evidence checks a text that a program passes on from elsewhere, such as a URL
// or what a shopper typed: valid UTF-8 without NUL, which no store can hold, and
// at most maxRunes characters. Whether it means anything is decided later.
func (c *Checks) Evidence(name, value string, maxRunes int) bool {
	switch {
	case !utf8.ValidString(value):
		c.Add(name, "not-utf8", name+" must be valid UTF-8")
	case utf8.RuneCountInString(value) > maxRunes:
		c.Add(name, "too-long", name+" must have at most "+strconv.Itoa(maxRunes)+" characters")
	case strings.ContainsRune(value, 0):
		c.Add(name, "control-character", name+" must not contain NUL")
	default:
		return true
	}
	return false
}
