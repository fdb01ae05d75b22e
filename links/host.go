package links

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"unicode/utf8"
)

// parseAuthority returns host and, unless it is the default, port of a URL in
// canonical form, or the reason for refusing them.
func parseAuthority(scheme, authority string) (canonical, reason string) {
	if strings.Contains(authority, "@") {
		return "", "credentials-in-destination"
	}
	var host, port string
	var hasPort bool
	if strings.HasPrefix(authority, "[") {
		end := strings.IndexByte(authority, ']')
		if end < 0 {
			return "", "malformed-ip-address"
		}
		host = authority[:end+1]
		if after := authority[end+1:]; after != "" {
			if port, hasPort = strings.CutPrefix(after, ":"); !hasPort {
				return "", "malformed-ip-address"
			}
		}
	} else {
		host, port, hasPort = strings.Cut(authority, ":")
	}
	if host, reason = parseHost(host); reason != "" {
		return "", reason
	}
	if !hasPort {
		return host, ""
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil || port[0] == '0' {
		return "", "malformed-port"
	}
	if scheme == "http" && n == 80 || scheme == "https" && n == 443 {
		return host, ""
	}
	return host + ":" + port, ""
}

// parseHost returns a domain name or IP address in canonical form. It accepts
// a part of what browsers do: letters, digits, hyphens and underscores in
// labels of DNS length, and addresses in their usual form only.
func parseHost(host string) (canonical, reason string) {
	if host == "" {
		return "", "missing-host"
	}
	if host[0] == '[' {
		return parseIPv6(host[1 : len(host)-1])
	}
	for i := range len(host) {
		switch c := host[i]; {
		case c >= utf8.RuneSelf:
			return "", "host-not-ascii"
		case !alphanumeric(c) && c != '-' && c != '_' && c != '.':
			return "", "malformed-host"
		}
	}
	if len(host) > maxHost {
		return "", "malformed-host"
	}
	host = strings.ToLower(host)
	labels := strings.Split(host, ".")
	if isNumber(labels[len(labels)-1]) {
		// Browsers read such a host as an IPv4 address, also "1", "0x7f.1" and "010.0.0.1".
		if address, err := netip.ParseAddr(host); err != nil || !address.Is4() {
			return "", "malformed-ip-address"
		}
		return host, ""
	}
	for _, label := range labels {
		if label == "" || len(label) > 63 {
			return "", "malformed-host"
		}
	}
	if !browsersTakeIDN(labels) {
		return "", "unsupported-idn"
	}
	return host, ""
}

// isNumber reports whether browsers take the last label of a host for a number.
func isNumber(label string) bool {
	if hex, ok := strings.CutPrefix(label, "0x"); ok {
		return strings.Trim(hex, "0123456789abcdef") == ""
	}
	return label != "" && strings.Trim(label, "0123456789") == ""
}

// parseIPv6 returns the address in brackets, the IPv4-mapped ones in
// hexadecimal as browsers write them.
func parseIPv6(text string) (canonical, reason string) {
	address, err := netip.ParseAddr(text)
	if err != nil || !address.Is6() || address.Zone() != "" {
		return "", "malformed-ip-address"
	}
	if address.Is4In6() {
		b := address.As16()
		return fmt.Sprintf("[::ffff:%x:%x]", uint16(b[12])<<8|uint16(b[13]), uint16(b[14])<<8|uint16(b[15])), ""
	}
	return "[" + address.String() + "]", ""
}
