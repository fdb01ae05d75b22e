// Command superher runs the reference server and looks after its database.
//
//	superher demo              a scratch database with ninety days of three brands, served
//	superher serve             the server, on a SQLite file or on PostgreSQL
//	superher migrate           bring a database up to date
//	superher clicks detach     take clicks of old months out of a PostgreSQL database
//	superher advertiser create a brand with its first API key
//	superher key create        another API key
//	superher user list         the people who have signed in
//	superher user approve      let one of them in, the first admin for instance
//	superher user suspend      shut one of them out
//	superher rollup rebuild    make the totals that reports are answered from anew
//	superher rollup verify     compare these totals with the events and clicks
//	superher healthcheck       ask a running server whether it answers
//	superher version           print the version
//
// Each takes -h. Settings are flags, environment variables of the same name
// (--database-url is SUPERHER_DATABASE_URL), or keys of a YAML file named by
// --config; the first of them that says something wins. The exit code is 0, 1
// for a failure, or 2 for a call that makes no sense.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"
	_ "time/tzdata" // reports need zones on machines that have no database of them
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // the second signal ends the process at once
	os.Exit(run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr))
}

// program is what a command may use of the process it runs in.
type program struct {
	getenv         func(string) string
	stdout, stderr io.Writer
}

// command is one thing the program does. define adds its settings and returns
// what to do once they are read.
type command struct {
	name, does string
	define     func(program, settings) func(context.Context) error
}

// commands lists everything the program does.
func commands() []command {
	return []command{
		{"demo", "serve a scratch database with 90 days of three invented brands", program.demo},
		{"serve", "serve a SQLite file, or PostgreSQL with --database-url", program.serve},
		{"migrate", "bring a database up to date", program.migrate},
		{"clicks detach", "take clicks of old months out of PostgreSQL", program.detachClicks},
		{"advertiser create", "create a brand and its first API key", program.createAdvertiser},
		{"key create", "create another API key of a brand", program.createKey},
		{"user list", "list the people who have signed in", program.listUsers},
		{"user approve", "let a person in; so the first admin comes to be", program.approveUser},
		{"user suspend", "shut a person out, from the next request on", program.suspendUser},
		{"rollup rebuild", "make the totals that reports are answered from anew", program.rebuildRollup},
		{"rollup verify", "compare these totals with the events and clicks", program.verifyRollup},
		{"healthcheck", "ask the server on this machine whether it answers", program.healthcheck},
		{"version", "print the version", program.version},
	}
}

func usage() string {
	var b strings.Builder
	b.WriteString("superher: influencer attribution.\n\nUsage:\n")
	for _, c := range commands() {
		fmt.Fprintf(&b, "  superher %-20s %s\n", c.name, c.does)
	}
	b.WriteString(`
superher <command> -h lists its settings. Each can be given as an environment
variable too, --database-url as SUPERHER_DATABASE_URL, or in a YAML file that
--config names, as database-url. A flag wins over the environment, and that
over the file.
`)
	return b.String()
}

// misuse is an error in how the program was called.
type misuse struct{ error }

// run carries out one command and returns the exit code.
func run(ctx context.Context, args []string, getenv func(string) string, stdout, stderr io.Writer) int {
	p := program{getenv, stdout, stderr}
	err := p.dispatch(ctx, args)
	var wrong misuse
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return 0
	case errors.As(err, &wrong):
		fmt.Fprintln(stderr, "superher:", err)
		return 2
	default:
		fmt.Fprintln(stderr, "superher:", err)
		return 1
	}
}

func (p program) dispatch(ctx context.Context, args []string) error {
	if len(args) == 0 {
		fmt.Fprint(p.stderr, usage())
		return misuse{errors.New("a command is required")}
	}
	switch args[0] {
	case "help", "-h", "-help", "--help":
		fmt.Fprint(p.stdout, usage())
		return nil
	}
	for _, c := range commands() {
		words := strings.Fields(c.name)
		if len(args) < len(words) || strings.Join(args[:len(words)], " ") != c.name {
			continue
		}
		s := p.settings(c.name)
		do := c.define(p, s)
		if err := s.parse(args[len(words):]); err != nil {
			return err
		}
		return do(ctx)
	}
	fmt.Fprint(p.stderr, usage())
	return misuse{fmt.Errorf("unknown command %s", mention(args[0]))}
}

// mention repeats an argument that is a plain word. Anything else may be a
// secret in the wrong place.
func mention(argument string) string {
	if len(argument) > 20 || strings.Trim(argument, "abcdefghijklmnopqrstuvwxyz-") != "" {
		return "(not shown)"
	}
	return `"` + argument + `"`
}

// version prints what the build knows of itself.
func (p program) version(settings) func(context.Context) error {
	return func(context.Context) error {
		version, revision := built()
		if revision != "" {
			revision = " (" + revision + ")"
		}
		_, err := fmt.Fprintf(p.stdout, "superher %s%s\n", version, revision)
		return err
	}
}

// built returns the version and the revision of the source, as far as known.
func built() (version, revision string) {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown", ""
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			revision = s.Value
		}
	}
	return info.Main.Version, revision
}
