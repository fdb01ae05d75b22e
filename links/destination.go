package links

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/superher/superher/fault"
)

// MaxDestination is the length of the longest destination in bytes, as it is
// given and in canonical form.
const MaxDestination = 2048

// ParseDestination returns the canonical form of where a link may lead: an
// absolute http or https URL with a host and without credentials, at most
// [MaxDestination] bytes. The canonical form is the one browsers show (the
// URL Standard of the WHATWG): scheme and host in lower case, no default port,
// dot segments resolved, a path of at least "/", other characters
// percent-encoded in UTF-8. Parsing it again returns it unchanged.
//
// Browsers repair a lot that other programs read differently: backslashes,
// blanks, encoded hosts, numbers as hosts. All of that is refused, so that
// nobody who checks a destination sees another host than the shopper's browser
// does. Errors are fault.Invalid about the field destination.
func ParseDestination(text string) (string, error) {
	d, reason := parseDestination(text)
	if reason != "" {
		return "", fault.Bad("destination", reason, destinationDetail(reason))
	}
	return d, nil
}

func parseDestination(text string) (canonical, reason string) {
	if len(text) > MaxDestination {
		return "", "destination-too-long"
	}
	if reason := doubtful(text); reason != "" {
		return "", reason
	}
	scheme, rest, found := strings.Cut(text, ":")
	if !found || !isScheme(scheme) {
		return "", "malformed-destination"
	}
	scheme = strings.ToLower(scheme)
	if scheme != "http" && scheme != "https" {
		return "", "unsupported-scheme"
	}
	rest, found = strings.CutPrefix(rest, "//")
	if !found {
		return "", "malformed-destination"
	}
	rest, fragment, hasFragment := strings.Cut(rest, "#")
	rest, query, hasQuery := strings.Cut(rest, "?")
	if strings.Contains(rest, `\`) {
		return "", "backslash-in-destination" // browsers read it as a slash, others do not
	}
	authority, path, _ := strings.Cut(rest, "/")
	host, reason := parseAuthority(scheme, authority)
	if reason != "" {
		return "", reason
	}
	var out strings.Builder
	out.WriteString(scheme + "://" + host)
	writePath(&out, path)
	if hasQuery {
		out.WriteByte('?')
		writeEncoded(&out, query, `"<>'`)
	}
	if hasFragment {
		out.WriteByte('#')
		writeEncoded(&out, fragment, "\"<>`")
	}
	if out.Len() > MaxDestination {
		return "", "destination-too-long"
	}
	return out.String(), ""
}

// destinationDetail explains a reason to the person who pasted the URL.
func destinationDetail(reason string) string {
	switch reason {
	case "destination-too-long":
		return "the destination must have at most 2048 bytes, counted after percent-encoding"
	case "not-utf8":
		return "the destination must be valid UTF-8"
	case "control-character":
		return "the destination must not contain control characters, tabs or line breaks"
	case "space-in-destination":
		return "the destination must not contain blanks; write %20 where one is meant"
	case "invisible-character":
		return "the destination contains an invisible character; type it instead of pasting it"
	case "unsupported-scheme":
		return "the destination must begin with https:// or http://"
	case "backslash-in-destination":
		return "the destination must not contain a backslash before its query; use a slash"
	case "credentials-in-destination":
		return "the destination must not contain a user name or password"
	case "missing-host":
		return "the destination must name a host after //"
	case "host-not-ascii":
		return "write the host of the destination in its ASCII form, which begins with xn--"
	case "malformed-port":
		return "the port of the destination must be a number from 1 to 65535"
	case "malformed-ip-address":
		return "an IP address as host must be in its usual form, like 192.0.2.1 or [2001:db8::1]"
	case "malformed-host":
		return "the host of the destination is not a domain name that browsers accept"
	case "unsupported-idn":
		return "an xn-- label of the host does not decode to letters that are allowed here"
	default:
		return "the destination must be an absolute URL like https://shop.example/sale"
	}
}

// doubtful names the first character that makes a pasted URL mean something
// else than what a person sees.
func doubtful(text string) string {
	if !utf8.ValidString(text) {
		return "not-utf8"
	}
	for _, r := range text {
		switch {
		case r == ' ' || r >= utf8.RuneSelf && unicode.IsSpace(r):
			return "space-in-destination"
		case unicode.IsControl(r):
			return "control-character"
		case r == '\u00ad', r == '\u200b', r == '\u200e', r == '\u200f', r >= '\u202a' && r <= '\u202e',
			r >= '\u2060' && r <= '\u206f', r == '\ufeff':
			return "invisible-character"
		}
	}
	return ""
}

// isScheme reports whether the text before a colon is a scheme at all.
func isScheme(text string) bool {
	for i := range len(text) {
		c := text[i]
		letter := c|0x20 >= 'a' && c|0x20 <= 'z'
		if !letter && (i == 0 || !alphanumeric(c) && c != '+' && c != '-' && c != '.') {
			return false
		}
	}
	return text != ""
}

// writePath writes a path given without its leading slash, with dot segments
// resolved. Browsers take an encoded dot for a dot.
func writePath(out *strings.Builder, path string) {
	segments := strings.Split(path, "/")
	kept := segments[:0]
	for i, s := range segments {
		last := i == len(segments)-1
		switch dots(s) {
		case 0:
			kept = append(kept, s)
			continue
		case 2:
			if len(kept) > 0 {
				kept = kept[:len(kept)-1]
			}
		}
		if last {
			kept = append(kept, "") // "/a/." is the folder "/a/"
		}
	}
	for _, s := range kept {
		out.WriteByte('/')
		writeEncoded(out, s, "\"<>`{}^")
	}
}

// dots returns 1 for a single-dot segment, 2 for a double-dot one, 0 otherwise.
func dots(segment string) int {
	n := 0
	for segment != "" {
		switch {
		case segment[0] == '.':
			segment = segment[1:]
		case len(segment) >= 3 && segment[:2] == "%2" && segment[2]|0x20 == 'e':
			segment = segment[3:]
		default:
			return 0
		}
		n++
	}
	if n > 2 {
		return 0
	}
	return n
}

// writeEncoded writes text with the given characters and all that is not ASCII
// percent-encoded. A percent sign stays, as it may begin an encoded character.
func writeEncoded(out *strings.Builder, text, special string) {
	const digits = "0123456789ABCDEF"
	for i := range len(text) {
		c := text[i]
		if c < utf8.RuneSelf && strings.IndexByte(special, c) < 0 {
			out.WriteByte(c)
			continue
		}
		out.WriteByte('%')
		out.WriteByte(digits[c>>4])
		out.WriteByte(digits[c&15])
	}
}
