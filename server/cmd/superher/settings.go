package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"strings"

	"github.com/jackc/pgx/v5"
)

// settings are the flags of one command. What no flag says is taken from the
// environment, so that passwords need not stand in a list of processes.
type settings struct {
	*flag.FlagSet
	getenv func(string) string
	help   io.Writer
	from   map[string]origin
}

// origin says where a setting comes from, the stronger ones last.
type origin int

const (
	byDefault origin = iota
	byEnvironment
	byFlag
)

func (p program) settings(command string) settings {
	s := settings{flag.NewFlagSet("superher "+command, flag.ContinueOnError), p.getenv, p.stdout, map[string]origin{}}
	s.SetOutput(io.Discard) // an error is told once, by run
	s.Usage = func() {}
	return s
}

// variable is the name of a flag in the environment.
func variable(name string) string {
	return "SUPERHER_" + strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
}

// parse reads the flags, and then the environment for the others.
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
		return misuse{fmt.Errorf("unexpected argument %q; settings begin with --", s.Arg(0))}
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
	if err := errors.Join(bad...); err != nil {
		return misuse{err}
	}
	return nil
}

// named says how a setting was given: "--addr" or "SUPERHER_ADDR".
func (s settings) named(name string) string {
	if s.from[name] == byEnvironment {
		return variable(name)
	}
	return "--" + name
}

// wrong is an error about a setting, under the name by which it was given.
func (s settings) wrong(name, detail string) error {
	return misuse{fmt.Errorf("%s: %s", s.named(name), detail)}
}

// proxies adds a setting for networks, several of them with commas or repeats.
func (s settings) proxies(name, help string) *[]netip.Prefix {
	list := new([]netip.Prefix)
	s.Func(name, help, func(text string) error {
		for part := range strings.SplitSeq(text, ",") {
			part = strings.TrimSpace(part)
			prefix, err := netip.ParsePrefix(part)
			if address, bad := netip.ParseAddr(part); bad == nil {
				prefix, err = netip.PrefixFrom(address, address.BitLen()), nil
			}
			if err != nil {
				return errors.New("must be a network like 10.0.0.0/8, or an address")
			}
			*list = append(*list, prefix)
		}
		return nil
	})
	return list
}

// level adds the setting for the least level that is logged.
func (s settings) level(fallback slog.Level) *slog.Level {
	level := fallback
	s.Func("log-level", fmt.Sprintf("least level to log: debug, info, warn or error (default %s)", strings.ToLower(fallback.String())),
		func(text string) error {
			if level.UnmarshalText([]byte(text)) != nil {
				return errors.New("must be debug, info, warn or error")
			}
			return nil
		})
	return &level
}

// database is where the data is: one of the two.
type database struct {
	settings settings
	file     *string
	url      *string
}

const defaultFile = "superher.db"

// database adds the settings for it.
func (s settings) database() database {
	return database{
		settings: s,
		file:     s.String("db", defaultFile, "SQLite `file`, created if it does not exist"),
		url:      s.String("database-url", "", "PostgreSQL `URL`, instead of a file"),
	}
}

// choose settles which of the two counts: a flag before the environment, and
// that before the default.
func (d database) choose() error {
	file, url := d.settings.from["db"], d.settings.from["database-url"]
	switch {
	case *d.url == "" && url > file && url != byDefault:
		// An unset variable in a script must not mean another database.
		return d.settings.wrong("database-url", "is empty")
	case *d.url == "" || file > url:
		*d.url = ""
		if *d.file == "" {
			return d.settings.wrong("db", "must name a file")
		}
	case file == url && file != byDefault:
		return d.settings.wrong("database-url", "is given beside "+d.settings.named("db")+"; one of them is enough")
	default:
		*d.file = ""
	}
	return nil
}

// String tells people where the data is. It never holds the password, nor
// anything else of the URL that may be secret.
func (d database) String() string {
	if *d.url == "" {
		return "SQLite file " + *d.file
	}
	return "PostgreSQL " + redact(*d.url)
}

// redact returns who connects to what by a connection string of PostgreSQL,
// whatever its form.
func redact(url string) string {
	c, err := pgx.ParseConfig(url)
	if err != nil {
		return "(not a connection string)"
	}
	return fmt.Sprintf("%s as %s on %s, port %d", c.Database, c.User, c.Host, c.Port)
}
