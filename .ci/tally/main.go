// Tally reads the output of go test -json, prints a line per package and
// everything a failed test wrote, and counts tests and subtests by verdict.
//
// A skipped test is a failure unless a line of the file of -skips is a prefix
// of "package test": a check that is not made must not look like one that passed.
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
)

// event is a line of go test -json, see go doc test2json.
type event struct {
	Action, Package, Test, Output, ImportPath, FailedBuild string
	Elapsed                                                float64
}

type tally struct {
	allowed         []string
	output          map[string]*strings.Builder // by package and test
	failedTests     map[string]int              // by package
	passed, failed  int
	skipped, packed int
}

func main() {
	skips := flag.String("skips", "", "file with the skips that are allowed")
	counts := flag.String("counts", "", "file to write the two counts to")
	flag.Parse()
	t := tally{output: map[string]*strings.Builder{}, failedTests: map[string]int{}}
	if err := t.allow(*skips); err != nil {
		fatal(err)
	}
	if err := t.read(os.Stdin); err != nil {
		fatal(err)
	}
	fmt.Printf("tally: %d packages with tests, %d tests and subtests passed, %d failed, %d skipped\n", t.packed, t.passed, t.failed, t.skipped)
	if t.passed == 0 {
		fmt.Println("tally: no test ran")
		t.failed++
	}
	if *counts != "" {
		if err := os.WriteFile(*counts, fmt.Appendf(nil, "%d %d\n", t.passed, t.failed), 0o600); err != nil {
			fatal(err)
		}
	}
	if t.failed > 0 {
		os.Exit(1)
	}
}

func fatal(err error) {
	fmt.Fprintln(os.Stderr, "tally:", err)
	os.Exit(2)
}

func (t *tally) allow(file string) error {
	if file == "" {
		return nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			t.allowed = append(t.allowed, line)
		}
	}
	return nil
}

func (t *tally) read(r io.Reader) error {
	lines := bufio.NewReader(r)
	for {
		line, err := lines.ReadBytes('\n')
		if len(line) > 0 {
			var e event
			if json.Unmarshal(line, &e) == nil {
				t.take(e)
			} else {
				fmt.Print(string(line)) // the go command itself has something to say
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func (t *tally) take(e event) {
	key := e.Package + " " + e.Test
	switch e.Action {
	case "build-output":
		fmt.Print(e.Output)
	case "output":
		if t.output[key] == nil {
			t.output[key] = &strings.Builder{}
		}
		t.output[key].WriteString(e.Output)
	case "pass", "fail", "skip":
		if e.Test == "" {
			t.takePackage(e)
		} else {
			t.takeTest(e, key)
		}
		delete(t.output, key)
	}
}

func (t *tally) takeTest(e event, key string) {
	switch e.Action {
	case "pass":
		t.passed++
	case "fail":
		t.fail(e, key, "FAIL")
	case "skip":
		t.skipped++
		for _, allowed := range t.allowed {
			if strings.HasPrefix(key, allowed) {
				fmt.Printf("skip  %s: allowed\n", key)
				return
			}
		}
		t.fail(e, key, "SKIP")
	}
}

func (t *tally) fail(e event, key, word string) {
	t.failed++
	t.failedTests[e.Package]++
	fmt.Printf("%s  %s\n%s", word, key, t.text(key))
}

// takePackage counts a package that failed although no test of it did: it was
// not built, or it broke down outside a test.
func (t *tally) takePackage(e event) {
	if e.Action == "skip" {
		return
	}
	t.packed++
	if e.Action == "pass" {
		fmt.Printf("ok    %s  %.1fs\n", e.Package, e.Elapsed)
		return
	}
	fmt.Printf("FAIL  %s  %.1fs\n%s", e.Package, e.Elapsed, t.text(e.Package+" "))
	if t.failedTests[e.Package] == 0 {
		t.failed++
	}
	for key := range t.output { // tests that were running when it broke down
		if strings.HasPrefix(key, e.Package+" Test") {
			fmt.Printf("unfinished  %s\n%s", key, t.text(key))
		}
	}
}

func (t *tally) text(key string) string {
	if t.output[key] == nil {
		return ""
	}
	return t.output[key].String()
}
