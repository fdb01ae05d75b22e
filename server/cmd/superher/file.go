package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// maxFile is how many bytes a file with settings may have.
const maxFile = 1 << 20

// read takes from a file what neither a flag nor the environment says. One file
// serves all commands, so each passes over what only the others know; what none
// of them knows is an error.
func (s settings) read(path string) []error {
	entries, err := entriesOf(path)
	if err != nil {
		return []error{fmt.Errorf("%s: %w", s.named("config"), err)}
	}
	known := everySetting()
	var bad []error
	for _, e := range entries {
		if len(bad) == maxComplaints {
			return append(bad, fmt.Errorf("%s: and so on; is it the right file?", path))
		}
		wrong := func(detail string) { bad = append(bad, fmt.Errorf("%s: %s: %s", path, e.shown(), detail)) }
		f := s.Lookup(e.name)
		switch {
		case e.twice:
			wrong("is given twice")
		case e.name == "config" || !slices.Contains(known, e.name):
			wrong("is no setting")
		case f != nil:
			texts, err := e.texts(f.Value)
			if err != nil {
				wrong(err.Error())
				continue
			}
			if s.from[e.name] >= byEnvironment {
				continue
			}
			s.from[e.name] = byFile
			for _, text := range texts {
				if err := s.Set(e.name, text); err != nil {
					wrong(err.Error())
				}
			}
		}
	}
	return bad
}

// maxComplaints bounds what is said about a file, which may be quite another one.
const maxComplaints = 5

const maxSettingName = 40 // characters

// everySetting returns the names of the settings of all commands.
func everySetting() []string {
	silent := program{func(string) string { return "" }, io.Discard, io.Discard}
	var names []string
	for _, c := range commands() {
		s := silent.settings(c.name)
		c.define(silent, s)
		s.VisitAll(func(f *flag.Flag) { names = append(names, f.Name) })
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// entry is one setting of a file.
type entry struct {
	name  string
	value *yaml.Node
	twice bool
}

// shown is how an error names a setting. What cannot be one is named by its line:
// in a wrong file it may be a secret.
func (e entry) shown() string {
	strange := func(r rune) bool { return r != '-' && r != '_' && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') }
	if e.name == "" || len(e.name) > maxSettingName || strings.ContainsFunc(e.name, strange) {
		return fmt.Sprintf("line %d", e.value.Line)
	}
	return e.name
}

// entriesOf reads a file: one YAML document with one flat mapping. No error
// repeats a value, which may be a secret.
func entriesOf(path string) ([]entry, error) {
	file, err := os.Open(path) //nolint:gosec // the operator names the file
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }() // it was only read
	text, err := io.ReadAll(io.LimitReader(file, maxFile+1))
	if err != nil {
		return nil, err
	}
	if len(text) > maxFile {
		return nil, errors.New(path + " is larger than a megabyte")
	}
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	var document, more yaml.Node
	switch err := decoder.Decode(&document); {
	case errors.Is(err, io.EOF):
		return nil, nil
	case err != nil:
		return nil, errors.New(path + " is not YAML")
	}
	if !errors.Is(decoder.Decode(&more), io.EOF) {
		return nil, errors.New(path + " holds more than one document")
	}
	root := document.Content[0]
	if root.Kind == yaml.ScalarNode && root.Tag == "!!null" {
		return nil, nil
	}
	if root.Kind != yaml.MappingNode {
		return nil, errors.New(path + " must hold settings like addr: 127.0.0.1:8080, one a line")
	}
	var entries []entry
	seen := map[string]bool{}
	for i := 0; i < len(root.Content); i += 2 {
		key := root.Content[i]
		if key.Kind != yaml.ScalarNode || key.Tag != "!!str" {
			return nil, fmt.Errorf("%s, line %d: a setting has a name like addr", path, key.Line)
		}
		entries = append(entries, entry{key.Value, root.Content[i+1], seen[key.Value]})
		seen[key.Value] = true
	}
	return entries, nil
}

// texts returns what to set a flag to: of one that may be repeated, any number.
func (e entry) texts(value flag.Value) ([]string, error) {
	tags, want := kindOf(value)
	nodes := []*yaml.Node{e.value}
	if _, repeats := value.(*several); repeats && e.value.Kind == yaml.SequenceNode {
		nodes = e.value.Content
	}
	var texts []string
	for _, n := range nodes {
		if n.Kind != yaml.ScalarNode || !slices.Contains(tags, n.Tag) {
			return nil, errors.New("must be " + want)
		}
		if _, repeats := value.(*several); repeats && strings.Contains(n.Value, ",") {
			return nil, errors.New("must be a text without commas, or a list of them")
		}
		texts = append(texts, n.Value)
	}
	return texts, nil
}

// kindOf returns which YAML a flag takes, and in words.
func kindOf(value flag.Value) (tags []string, want string) {
	if _, repeats := value.(*several); repeats {
		return []string{"!!str"}, "a text, or a list of texts"
	}
	if getter, ok := value.(flag.Getter); ok {
		switch getter.Get().(type) {
		case bool:
			return []string{"!!bool"}, "true or false"
		case uint64:
			return []string{"!!int"}, "a whole number"
		case float64:
			return []string{"!!int", "!!float"}, "a number"
		}
	}
	return []string{"!!str"}, "a text; quotes make one of a number"
}
