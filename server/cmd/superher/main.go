// Command superher runs the reference server and looks after its database.
//
//	superher demo       a scratch database with ninety days of three brands, served
//	superher serve      the server, on a SQLite file or on PostgreSQL
//	superher migrate    bring a database up to date
//	superher advertiser create a brand with its first API key
//	superher key        create another API key
//	superher version    print the version
//
// Each takes -h. Settings are flags, or environment variables of the same name
// (--database-url is SUPERHER_DATABASE_URL); a flag wins. The exit code is 0, 1
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
	"syscall"
	_ "time/tzdata" // reports need zones on machines that have no database of them
)

const usage = `superher: influencer attribution.

Usage:
  superher demo                 serve a scratch database with 90 days of three invented brands
  superher serve                serve a SQLite file, or PostgreSQL with --database-url
  superher migrate              bring a database up to date
  superher advertiser create    create a brand and its first API key
  superher key create           create another API key of a brand
  superher version              print the version

superher <command> -h lists its settings. Each can be given as an environment
variable too: --database-url is SUPERHER_DATABASE_URL. A flag wins.
`

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
		fmt.Fprint(p.stderr, usage)
		return misuse{errors.New("a command is required")}
	}
	command, rest := args[0], args[1:]
	if command == "advertiser" || command == "key" {
		if len(rest) == 0 || rest[0] != "create" {
			fmt.Fprint(p.stderr, usage)
			return misuse{fmt.Errorf("the only command on %[1]ss is: superher %[1]s create", command)}
		}
		command, rest = command+" create", rest[1:]
	}
	switch command {
	case "demo":
		return p.demo(ctx, rest)
	case "serve":
		return p.serve(ctx, rest)
	case "migrate":
		return p.migrate(ctx, rest)
	case "advertiser create":
		return p.createAdvertiser(ctx, rest)
	case "key create":
		return p.createKey(ctx, rest)
	case "version":
		return p.version(rest)
	case "help", "-h", "-help", "--help":
		fmt.Fprint(p.stdout, usage)
		return nil
	default:
		fmt.Fprint(p.stderr, usage)
		return misuse{fmt.Errorf("unknown command %q", command)}
	}
}

// version prints what the build knows of itself.
func (p program) version(args []string) error {
	if err := p.settings("version").parse(args); err != nil {
		return err
	}
	version, revision := "unknown", ""
	if info, ok := debug.ReadBuildInfo(); ok {
		version = info.Main.Version
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				revision = " (" + s.Value + ")"
			}
		}
	}
	_, err := fmt.Fprintf(p.stdout, "superher %s%s\n", version, revision)
	return err
}
