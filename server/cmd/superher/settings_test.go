package main

import (
	"bytes"
	"flag"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/server"
)

// file writes a file with settings.
func file(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "settings.yaml")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

// hostingOf parses the settings of a server.
func hostingOf(t *testing.T, env map[string]string, args ...string) (hosting, error) {
	t.Helper()
	p := program{func(name string) string { return env[name] }, &bytes.Buffer{}, &bytes.Buffer{}}
	s := p.settings("serve")
	s.database()
	o := p.hosting(s, slog.LevelInfo)
	return o, s.parse(args)
}

func TestSettings_AFlagWinsOverTheEnvironmentAndThatOverTheFileAndThatOverTheDefault(t *testing.T) {
	path := file(t, "addr: from-file:1\nlog-format: json\ntrusted-proxy: [10.0.0.0/8, 10.9.9.9]\n")
	for name, c := range map[string]struct {
		env     map[string]string
		args    []string
		addr    string
		named   string
		whence  string
		proxies int
	}{
		"default": {addr: defaultAddr, named: "--addr", whence: "default"},
		"file":    {args: []string{"--config", path}, addr: "from-file:1", named: path + ": addr", whence: "file: " + path, proxies: 2},
		"file by environment": {
			env: map[string]string{"SUPERHER_CONFIG": path}, addr: "from-file:1", named: path + ": addr", whence: "file: " + path, proxies: 2,
		},
		"environment": {
			env: map[string]string{"SUPERHER_ADDR": "from-env:1", "SUPERHER_TRUSTED_PROXY": "10.1.0.0/16"}, args: []string{"--config", path},
			addr: "from-env:1", named: "SUPERHER_ADDR", whence: "environment: SUPERHER_ADDR", proxies: 1,
		},
		"flag": {
			env:  map[string]string{"SUPERHER_ADDR": "from-env:1", "SUPERHER_TRUSTED_PROXY": "10.1.0.0/16"},
			args: []string{"--config", path, "--addr", "from-flag:1", "--trusted-proxy", "10.1.0.0/16,10.2.0.0/16", "--trusted-proxy", "::1"},
			addr: "from-flag:1", named: "--addr", whence: "flag", proxies: 3,
		},
	} {
		t.Run(name, func(t *testing.T) {
			o, err := hostingOf(t, c.env, c.args...)
			require.NoError(t, err)
			require.Equal(t, c.addr, *o.addr)
			require.Equal(t, c.named, o.settings.named("addr"))
			require.Equal(t, c.whence, o.settings.whence("addr"))
			require.Len(t, *o.proxies, c.proxies, "what is given in a weaker way does not add to it")
		})
	}
}

func TestSettings_AFileHoldsEveryKindOfSetting(t *testing.T) {
	path := file(t, strings.Join([]string{
		"# a comment", "timeout: 30s", "metrics: off", "dev-idp: false", "trace-ratio: 0.25", "rate-caller: 5/10", "rate-address: off",
		"oidc-client-id:", "  - one", "  - two", "log-level: warn", "seed: 7 # of demo: no business of serve", "grant-to: app", "",
	}, "\n"))
	o, err := hostingOf(t, nil, "--config", path)
	require.NoError(t, err)
	require.Equal(t, 30*time.Second, *o.timeout)
	require.Equal(t, "off", *o.telemetry.metrics)
	require.False(t, *o.identity.dev)
	require.True(t, o.settings.given("dev-idp"))
	require.InDelta(t, 0.25, *o.telemetry.ratio, 0)
	require.Equal(t, server.Rate{PerSecond: 5, Burst: 10}, *o.caller)
	require.Zero(t, *o.address)
	require.Equal(t, []string{"one", "two"}, *o.identity.clients)
	require.Equal(t, slog.LevelWarn, *o.level)
	for _, empty := range []string{"", "# nothing\n", "---\n"} {
		_, err := hostingOf(t, nil, "--config", file(t, empty))
		require.NoError(t, err, "%q", empty)
	}
}

func TestSettings_AFileIsReadStrictly(t *testing.T) {
	for text, want := range map[string]string{
		"adr: 127.0.0.1:0":                     "adr: is no setting",
		"database_url: postgres://h/sesame":    "database_url: is no setting",
		"config: other.yaml":                   "config: is no setting",
		"addr: 8080":                           "addr: must be a text",
		"addr: [a, b]":                         "addr: must be a text",
		"addr: {host: sesame}":                 "addr: must be a text",
		"addr: null":                           "addr: must be a text",
		"dev-idp: sesame":                      "dev-idp: must be true or false",
		"dev-idp: 1":                           "dev-idp: must be true or false",
		"trace-ratio: half":                    "trace-ratio: must be a number",
		"trace-ratio: 1.5":                     "trace-ratio: must be a number from 0 to 1",
		"trusted-proxy: [10.0.0.0/8, 9]":       "trusted-proxy: must be a text, or a list of texts",
		"trusted-proxy: [office]":              "trusted-proxy: must be a network",
		"trusted-proxy: 10.0.0.0/8,10.1.0.0/8": "trusted-proxy: must be a text without commas",
		"timeout: 30":                          "timeout: must be a text",
		"timeout: soon":                        "timeout: must be a time like",
		"metrics: maybe":                       "metrics: must be on or off",
		"addr: a:1\naddr: b:1":                 "addr: is given twice",
		"addr: &a x\nbase-url: *a":             "base-url: must be a text",
		"- addr":                               "must hold settings",
		"sesame":                               "must hold settings",
		"addr: a:1\n---\naddr: b:1":            "more than one document",
		"addr: 'sesame":                        "is not YAML",
		"1: x":                                 "line 1: a setting has a name",
	} {
		path := file(t, text)
		code, stdout, stderr := once(t, nothing, "serve", "--config", path)
		require.Equal(t, 2, code, text)
		require.Contains(t, stderr, path, text)
		require.Contains(t, stderr, want, text)
		require.NotContains(t, stdout+stderr, "sesame", text)
	}
	code, _, stderr := once(t, func(name string) string {
		return map[string]string{"SUPERHER_CONFIG": "/nowhere/at/all.yaml"}[name]
	}, "serve")
	require.Equal(t, 2, code)
	require.Contains(t, stderr, "SUPERHER_CONFIG: open /nowhere/at/all.yaml")
	code, _, stderr = once(t, nothing, "serve", "--config", "")
	require.Equal(t, 2, code)
	require.Contains(t, stderr, "--config")
	code, _, stderr = once(t, nothing, "serve", "--config", file(t, strings.Repeat("#", maxFile+1)))
	require.Equal(t, 2, code)
	require.Contains(t, stderr, "larger than a megabyte")
}

// A value in a file is checked even where a stronger one makes it void: who
// takes the stronger one away must not be surprised.
func TestSettings_AFileIsCheckedWhereItIsOverruled(t *testing.T) {
	_, err := hostingOf(t, nil, "--config", file(t, "addr: 8080\n"), "--addr", "127.0.0.1:0")
	require.ErrorContains(t, err, "addr: must be a text")
}

func TestSettings_LimitsOnBothSides(t *testing.T) {
	for _, c := range []struct {
		name      string
		good, bad []string
	}{
		{"timeout", []string{"1s", "10m"}, []string{"999ms", "10m1s", "-1s", "5"}},
		{"drain", []string{"0s", "1h"}, []string{"-1ms", "61m"}},
		{"shutdown-timeout", []string{"1s", "1h"}, []string{"999ms", "61m"}},
		{"rate-tenant", []string{"1/1", "1000000/1000000", "off"}, []string{"0/1", "1/0", "1000001/1", "1/1000001", "5", "5/", "/5", "1/2/3", "Off", "-1/1"}},
		{"trace-ratio", []string{"0", "1", "0.001"}, []string{"-0.1", "1.01", "NaN", "x"}},
		{"log-format", []string{"text", "json"}, []string{"xml", "JSON", ""}},
		{"trusted-proxy", []string{"::/0", "1.2.3.4"}, []string{"", "10.0.0.0/33", "10.0.0.0/8,"}},
	} {
		for _, text := range c.good {
			_, err := hostingOf(t, nil, "--"+c.name, text)
			require.NoError(t, err, "%s %s", c.name, text)
		}
		for _, text := range c.bad {
			_, err := hostingOf(t, nil, "--"+c.name, text)
			require.ErrorContains(t, err, c.name, "%s %s", c.name, text)
		}
	}
}

func TestSummary_NamesEverySettingWithItsOriginAndNoSecret(t *testing.T) {
	path := file(t, "metrics-token: sesame-token\nlog-format: json\n")
	env := map[string]string{"SUPERHER_OTLP_ENDPOINT": "http://user:sesame@collector:4318/v1?key=sesame"}
	o, err := hostingOf(t, env, "--config", path, "--database-url", "postgres://app:sesame@db.example:6432/shop",
		"--oidc-jwks-url", "https://u:sesame@idp.example/keys?x=sesame", "--base-url", "https://sesame:sesame@go.example",
		"--dev-redirect-uri", "http://u:sesame@a.example/x?code=sesame,http://b.example/y", "--oidc-required-scope", "two\nlines")
	require.NoError(t, err)
	var out bytes.Buffer
	o.settings.summary(&out, true)
	text := out.String()
	require.NotContains(t, text, "sesame")
	for _, line := range []string{
		`metrics-token        ••••  (file: ` + path + `)`,
		`log-format           json  (file: ` + path + `)`,
		`otlp-endpoint        http://••••@collector:4318/v1?••••  (environment: SUPERHER_OTLP_ENDPOINT)`,
		`database-url         shop as app on db.example, port 6432  (flag)`,
		`dev-redirect-uri     http://••••@a.example/x?••••, http://b.example/y  (flag)`,
		`oidc-required-scope  "two\nlines"  (flag)`,
		`timeout              15s  (default)`,
	} {
		require.Contains(t, text, "  "+line+"\n")
	}
	o.settings.VisitAll(func(f *flag.Flag) { require.Regexp(t, `(?m)^  `+f.Name+` +\S.* \(.+\)$`, text) })
	require.Len(t, regexp.MustCompile(`(?m)^ {2}[a-z]`).FindAllString(text, -1), strings.Count(text, "\n"), "one line each")
	out.Reset()
	o.settings.summary(&out, false)
	require.NotContains(t, out.String(), "(default)")
}

// A secret in the wrong place is not repeated.
func TestRun_DoesNotRepeatWhatMayBeASecret(t *testing.T) {
	for _, args := range [][]string{
		{"postgres://app:sesame@h/d"},
		{"serve", "postgres://app:sesame@h/d"},
		{"serve", "--metrics-token=", "sesame-token-1"},
		{"serve", "--otlp-endpoint", "http://u:sesame@h:4318", "--addr", "127.0.0.1:0"},
		{"serve", "--otlp-endpoint", "sesame", "--addr", "127.0.0.1:0"},
		{"serve", "--oidc-issuer", "https://u:sesame@idp.example", "--oidc-client-id", "x", "--addr", "127.0.0.1:0"},
		{"serve", "--base-url", "https://u:sesame@go.example", "--addr", "127.0.0.1:0"},
		{"serve", "--metrics-token=sesame", "--metrics=off", "--addr", "127.0.0.1:0"},
		{"serve", "--metrics-tokn=sesame"},
		{"serve", "--dev-redirect-uri", "http://u:sesame@h/x", "--addr", "127.0.0.1:0", "--db", filepath.Join(t.TempDir(), "x.db")},
	} {
		code, stdout, stderr := once(t, nothing, args...)
		require.NotZero(t, code, "%v", args)
		require.NotContains(t, stdout+stderr, "sesame", "%v", args)
	}
}

// The table of docs/configuration.md is the truth about the program.
func TestConfigurationPage_HasEverySettingOfEveryCommand(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "..", "..", "docs", "configuration.md"))
	require.NoError(t, err)
	sections := map[string]map[string]string{}
	var section map[string]string
	for line := range strings.SplitSeq(string(page), "\n") {
		if title, ok := strings.CutPrefix(line, "## "); ok {
			section = map[string]string{}
			sections[strings.Trim(title, "`")] = section
		}
		cells := strings.Split(line, "|")
		if len(cells) < 6 || !strings.HasPrefix(strings.TrimSpace(cells[1]), "`--") {
			continue
		}
		name := strings.TrimPrefix(strings.Trim(cells[1], " `"), "--")
		require.Equal(t, variable(name), strings.Trim(cells[2], " `"), line)
		require.NotEmpty(t, strings.TrimSpace(cells[4]), line)
		section[name] = strings.Trim(cells[3], " `")
	}
	all, hosts := sections["All commands"], sections["superher serve and demo"]
	p := program{nothing, &bytes.Buffer{}, &bytes.Buffer{}}
	for _, c := range commands() {
		own, documented := sections["superher "+c.name], map[string]string{}
		for _, table := range []map[string]string{all, own} {
			maps.Copy(documented, table)
		}
		if c.name == "serve" || c.name == "demo" {
			maps.Copy(documented, hosts)
		}
		s := p.settings(c.name)
		c.define(p, s)
		s.VisitAll(func(f *flag.Flag) {
			fallback, ok := documented[f.Name]
			require.True(t, ok, "superher %s --%s is not in docs/configuration.md", c.name, f.Name)
			if f.DefValue != "" && f.DefValue != "false" && f.Name != "drain" && f.Name != "log-level" {
				require.Equal(t, f.DefValue, fallback, "superher %s --%s", c.name, f.Name)
			}
		})
		for name := range own {
			require.NotNil(t, s.Lookup(name), "docs/configuration.md: superher %s has no --%s", c.name, name)
		}
	}
	require.NotEmpty(t, hosts)
	for name := range hosts {
		s := p.settings("serve")
		p.serve(s)
		require.NotNil(t, s.Lookup(name), "docs/configuration.md: superher serve has no --%s", name)
	}
}

func TestSettings_AWrongFileIsNotRecited(t *testing.T) {
	path := file(t, "? |\n  root:$y$j9T$secret-hash\n: x\n"+"s3cret-of-somebody: 1\n"+strings.Repeat("x", 41)+": 1\na: 1\nb: 1\nc: 1\nd: 1\n")
	code, stdout, stderr := once(t, nothing, "serve", "--config", path)
	require.Equal(t, 2, code)
	require.Empty(t, stdout)
	require.Contains(t, stderr, "is it the right file?")
	for _, secret := range []string{"hash", "s3cret", strings.Repeat("x", 41)} {
		require.NotContains(t, stderr, secret)
	}
	require.NotContains(t, stderr, "d: is no setting")
}
