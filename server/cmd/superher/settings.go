package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"
)

// settings are the flags of one command. What no flag says is taken from the
// environment, so that passwords need not stand in a list of processes, and
// what that does not say from a file.
type settings struct {
	*flag.FlagSet
	getenv    func(string) string
	help      io.Writer
	file      *string // nil: the command takes none
	from      map[string]origin
	redacted  map[string]func(string) string // how a value is shown, where not as it is
	effective map[string]string              // what counts, where that is not the value
}

// origin says where a setting comes from, the stronger ones last.
type origin int

const (
	byDefault origin = iota
	byFile
	byEnvironment
	byFlag
)

// hidden is shown for a secret.
const hidden = "••••"

func (p program) settings(command string) settings {
	s := settings{
		FlagSet: flag.NewFlagSet("superher "+command, flag.ContinueOnError), getenv: p.getenv, help: p.stdout,
		from: map[string]origin{}, redacted: map[string]func(string) string{}, effective: map[string]string{},
	}
	s.SetOutput(io.Discard) // an error is told once, by run
	s.Usage = func() {}
	if command != "version" {
		s.file = s.String("config", "", "YAML `file` with settings under the names of the flags")
	}
	return s
}

// variable is the name of a flag in the environment.
func variable(name string) string {
	return "SUPERHER_" + strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
}

// parse reads the flags, then the environment for the others, then the file.
func (s settings) parse(args []string) error {
	if err := s.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			fmt.Fprintf(s.help, "%s takes these settings:\n", s.Name())
			s.SetOutput(s.help)
			s.PrintDefaults() // those of the program; never values of the environment
			return err
		}
		return misuse{err}
	}
	if s.NArg() > 0 {
		return misuse{fmt.Errorf("unexpected argument %s; settings begin with --", mention(s.Arg(0)))}
	}
	s.Visit(func(f *flag.Flag) { s.from[f.Name] = byFlag })
	var bad []error
	s.VisitAll(func(f *flag.Flag) {
		value := s.getenv(variable(f.Name))
		if value == "" || s.from[f.Name] == byFlag {
			return
		}
		s.from[f.Name] = byEnvironment
		if err := s.Set(f.Name, value); err != nil {
			bad = append(bad, fmt.Errorf("%s: %w", variable(f.Name), err))
		}
	})
	if s.file != nil && (*s.file != "" || s.from["config"] != byDefault) {
		bad = append(bad, s.read(*s.file)...)
	}
	if err := errors.Join(bad...); err != nil {
		return misuse{err}
	}
	return nil
}

// given reports whether anybody said anything about a setting.
func (s settings) given(name string) bool { return s.from[name] != byDefault }

// named says how a setting was given: "--addr", "SUPERHER_ADDR", or "addr" of a
// file.
func (s settings) named(name string) string {
	switch s.from[name] {
	case byEnvironment:
		return variable(name)
	case byFile:
		return *s.file + ": " + name
	default:
		return "--" + name
	}
}

// wrong is an error about a setting, under the name by which it was given.
func (s settings) wrong(name, detail string) error {
	return misuse{fmt.Errorf("%s: %s", s.named(name), detail)}
}

// wrongNow is an error about a setting that makes sense, but not here and now.
func (s settings) wrongNow(name, detail string) error {
	return fmt.Errorf("%s: %s", s.named(name), detail)
}

// secret adds a setting that is never shown.
func (s settings) secret(name, help string) *string {
	s.redacted[name] = func(string) string { return hidden }
	return s.String(name, "", help)
}

// web adds a setting for an address, which is shown without what may be secret
// in it. Who uses it checks it.
func (s settings) web(name, help string) *string {
	s.redacted[name] = bare
	return s.String(name, "", help)
}

// bare returns an address without credentials and query.
func bare(text string) string {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" {
		return "(not an address)"
	}
	short := url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}
	if u.User != nil {
		short.User = url.User(hidden)
	}
	shown := short.String()
	if u.RawQuery != "" {
		shown += "?" + hidden
	}
	shown, _ = url.PathUnescape(shown)
	return shown
}

// summary prints every setting with what counts and where it comes from, one
// line each; all of them, or those only that somebody gave.
func (s settings) summary(out io.Writer, all bool) {
	s.VisitAll(func(f *flag.Flag) {
		if all || s.given(f.Name) {
			fmt.Fprintf(out, "  %-20s %s  (%s)\n", f.Name, s.show(f), s.whence(f.Name))
		}
	})
}

// show returns a value as it may be read by anybody.
func (s settings) show(f *flag.Flag) string {
	value := f.Value.String()
	if counts, ok := s.effective[f.Name]; ok {
		value = counts
	} else if redact, ok := s.redacted[f.Name]; ok && value != "" {
		value = redact(value)
	}
	if value == "" {
		return "–"
	}
	if !utf8.ValidString(value) || strings.ContainsFunc(value, func(r rune) bool { return !strconv.IsPrint(r) }) {
		return strconv.Quote(value)
	}
	return value
}

// whence says where a setting comes from.
func (s settings) whence(name string) string {
	switch s.from[name] {
	case byFlag:
		return "flag"
	case byEnvironment:
		return "environment: " + variable(name)
	case byFile:
		return "file: " + *s.file
	default:
		return "default"
	}
}
