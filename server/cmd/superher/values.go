package main

import (
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/superher/superher/server"
)

// parsed is a setting with a form of its own. It keeps the text it was given.
type parsed struct {
	text string
	take func(string) error
}

// String implements [flag.Value].
func (v *parsed) String() string { return v.text }

// Set implements [flag.Value].
func (v *parsed) Set(text string) error {
	if err := v.take(text); err != nil {
		return err
	}
	v.text = text
	return nil
}

// several is a setting that may be repeated; commas separate as well.
type several struct {
	texts []string
	take  func(string) error
}

// String implements [flag.Value].
func (v *several) String() string { return strings.Join(v.texts, ",") }

// Set implements [flag.Value].
func (v *several) Set(text string) error {
	for part := range strings.SplitSeq(text, ",") {
		part = strings.TrimSpace(part)
		if part == "" {
			return errors.New("must not be empty")
		}
		if err := v.take(part); err != nil {
			return err
		}
		v.texts = append(v.texts, part)
	}
	return nil
}

// list adds a setting for texts.
func (s settings) list(name, help string) *[]string {
	v := &several{take: func(string) error { return nil }}
	s.Var(v, name, help)
	return &v.texts
}

// proxies adds a setting for networks.
func (s settings) proxies(name, help string) *[]netip.Prefix {
	list := new([]netip.Prefix)
	s.Var(&several{take: func(text string) error {
		prefix, err := netip.ParsePrefix(text)
		if address, bad := netip.ParseAddr(text); bad == nil {
			prefix, err = netip.PrefixFrom(address, address.BitLen()), nil
		}
		if err != nil {
			return errors.New("must be a network like 10.0.0.0/8, or an address")
		}
		*list = append(*list, prefix)
		return nil
	}}, name, help)
	return list
}

// choice adds a setting for one of some words, the first of them unless a
// fallback is named.
func (s settings) choice(name, fallback, help string, words ...string) *string {
	v := &parsed{text: fallback}
	v.take = func(text string) error {
		if !slices.Contains(words, text) {
			return errors.New("must be " + strings.Join(words[:len(words)-1], ", ") + " or " + words[len(words)-1])
		}
		return nil
	}
	s.Var(v, name, help)
	return &v.text
}

// level adds the setting for the least level that is logged.
func (s settings) level(fallback slog.Level) *slog.Level {
	level := fallback
	s.Var(&parsed{strings.ToLower(fallback.String()), func(text string) error {
		if level.UnmarshalText([]byte(text)) != nil {
			return errors.New("must be debug, info, warn or error")
		}
		return nil
	}}, "log-level", "least `level` to log: debug, info, warn or error")
	return &level
}

// span adds a setting for a time between two others.
func (s settings) span(name string, fallback, least, most time.Duration, help string) *time.Duration {
	value := fallback
	s.Var(&parsed{fallback.String(), func(text string) error {
		d, err := time.ParseDuration(text)
		if err != nil || d < least || d > most {
			return fmt.Errorf("must be a time like 10s or 2m, from %s to %s", least, most)
		}
		value = d
		return nil
	}}, name, help)
	return &value
}

// off switches a limit off.
const off = "off"

// limit adds a setting for how often something may happen.
func (s settings) limit(name string, fallback server.Rate, help string) *server.Rate {
	const most = 1_000_000
	value := fallback
	s.Var(&parsed{fmt.Sprintf("%d/%d", fallback.PerSecond, fallback.Burst), func(text string) error {
		if text == off {
			value = server.Rate{}
			return nil
		}
		left, right, _ := strings.Cut(text, "/")
		rate, first := strconv.Atoi(left)
		burst, second := strconv.Atoi(right)
		if first != nil || second != nil || rate < 1 || burst < 1 || rate > most || burst > most {
			return errors.New("must be a rate and a burst like 500/1000, each from 1 to 1000000, or off")
		}
		value = server.Rate{PerSecond: rate, Burst: burst}
		return nil
	}}, name, help)
	return &value
}

// share adds a setting for a number from 0 to 1.
func (s settings) share(name string, fallback float64, help string) *float64 {
	value := fallback
	s.Var(&fraction{&value}, name, help)
	return &value
}

// fraction is a number from 0 to 1.
type fraction struct{ value *float64 }

// String implements [flag.Value].
func (f *fraction) String() string {
	if f.value == nil {
		return ""
	}
	return strconv.FormatFloat(*f.value, 'g', -1, 64)
}

// Set implements [flag.Value].
func (f *fraction) Set(text string) error {
	value, err := strconv.ParseFloat(text, 64)
	if err != nil || !(value >= 0 && value <= 1) {
		return errors.New("must be a number from 0 to 1")
	}
	*f.value = value
	return nil
}

// Get implements [flag.Getter]: in a file it is a number.
func (f *fraction) Get() any { return *f.value }

// size adds a setting for a number of bytes.
func (s settings) size(name string, fallback, least int64, help string) *int64 {
	value := fallback
	s.Var(&parsed{sizeText(fallback), func(text string) error {
		n, ok := parseSize(text)
		if !ok || n < least {
			return errors.New("must be a size like 512MiB or 2GiB, at least " + sizeText(least))
		}
		value = n
		return nil
	}}, name, help)
	return &value
}

// sizeUnits are what a size may be given in, the largest first.
func sizeUnits() []struct {
	name  string
	bytes int64
} {
	return []struct {
		name  string
		bytes int64
	}{{"TiB", 1 << 40}, {"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"", 1}}
}

// parseSize reads a number of bytes, or of one of the units.
func parseSize(text string) (n int64, ok bool) {
	for _, unit := range sizeUnits() {
		number, found := strings.CutSuffix(text, unit.name)
		if !found {
			continue
		}
		n, err := strconv.ParseInt(number, 10, 64)
		return n * unit.bytes, err == nil && n >= 0 && n <= math.MaxInt64/unit.bytes
	}
	return 0, false
}

// sizeText returns a size as one would give it.
func sizeText(n int64) string {
	for _, unit := range sizeUnits() {
		if n >= unit.bytes && n%unit.bytes == 0 {
			return strconv.FormatInt(n/unit.bytes, 10) + unit.name
		}
	}
	return strconv.FormatInt(n, 10)
}
