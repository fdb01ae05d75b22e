#!/usr/bin/env bash
# Checks who may import whom (docs/design.md, "The line"), one plain sentence per
# breach. Exit code 1 when there is one, 2 when the packages cannot be listed.
#
# It is a script and not a Go test because go test would answer from its cache
# after an import was added in a package that the test itself does not build.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# Left to right: a package may import the names to its left. "root" is the façade.
line="fault ident money tenant payouts campaigns links clicks coupons attribution stats mail auth storage root"

# A row per import: kind (code, test), importing package, imported path. Rows
# are collected under every build tag, so that no file hides behind one.
template='{{$p := .ImportPath}}{{with .Error}}error {{$p}} {{.Err}}
{{end}}package {{$p}} -
{{range .Imports}}code {{$p}} {{.}}
{{end}}{{range .TestImports}}test {{$p}} {{.}}
{{end}}{{range .XTestImports}}test {{$p}} {{.}}
{{end}}'

# An import that no module provides is still an import: -e keeps it in the list,
# with an error on the missing package instead of the end of the listing.
module=$(go list -m)
rows=$(for tags in "" superher_cut_predicates; do
  go list -e -tags "$tags" -f "$template" ./... || exit 2
done | grep -v '^$' | sort -u) || { echo "arch: go list failed" >&2; exit 2; }

awk -v module="$module" -v line="$line" '
function under(path, folder) { return path == folder || index(path, folder "/") == 1 }
function breach(rule, text) { print "arch: " rule ": " text; bad++ }
# relative turns an import path into a folder of this module: "root" for the
# façade, "" for what lies outside.
function relative(path) {
  if (path == module) return "root"
  if (index(path, module "/") == 1) return substr(path, length(module) + 2)
  return ""
}
function head(rel,  parts) { split(rel, parts, "/"); return parts[1] }
function suite(rel,  parts, n) { n = split(rel, parts, "/"); return n > 1 && parts[n] ~ /.test$/ }
function third(path) { return head(path) ~ /\./ }
# adapter names the adapter that a folder belongs to: "adapters/sqlite".
function adapter(rel,  parts) {
  if (split(rel, parts, "/") < 2 || parts[1] != "adapters") return ""
  return parts[1] "/" parts[2]
}
function sqladapter(rel) {
  return under(rel, "adapters/sqlite") || under(rel, "adapters/postgres") || under(rel, "adapters/internal")
}
# suitelib holds for what suites and test files need to express their checks.
function suitelib(path) { return under(path, "github.com/stretchr/testify") || under(path, "pgregory.net/rapid") }
function testlib(path) {
  return suitelib(path) || under(path, "go.uber.org/goleak") || under(path, "golang.org/x/text")
}
function squirrel(path) { return under(path, "github.com/Masterminds/squirrel") }

# exception holds for third-party imports that R1 allows by name.
function exception(rel, path) {
  if (rel == "stats/statsql" && squirrel(path)) return 1
  if (suite(rel) && suitelib(path)) return 1
  return 0
}

function r1(kind, from, path, to,  own, its) {
  own = place[head(from)]
  if (!own) return
  if (kind == "test") {
    if (third(path) && to == "" && !testlib(path) && !(from == "stats/statsql" && squirrel(path)))
      breach("R1", "tests of " from " import " path ": test files on the line may use testify, rapid, goleak and x/text")
    return
  }
  if (to == "") {
    if (third(path) && !exception(from, path))
      breach("R1", from " imports " path ": the line uses the standard library only")
    return
  }
  its = place[head(to)]
  if (!its || its > own) breach("R1", from " imports " to ", which is not to its left on the line")
}

function r2(kind, from, to) {
  if (adapter(to) == "" || kind == "test" || adapter(from) == adapter(to)) return
  if (adapter(from) != "") {
    if (adapter(to) != "adapters/internal") breach("R2", from " imports " to ": adapters do not import each other")
    return
  }
  if (!under(from, "server/cmd") && !under(from, "examples"))
    breach("R2", from " imports " to ": adapters meet in server/cmd, examples and tests only")
}

function r3(kind, from, to) {
  if (adapter(from) != "" && (to == "root" || under(to, "server")))
    breach("R3", (kind == "test" ? "tests of " : "") from (kind == "test" ? " import " : " imports ") to ": adapters know the ports, never the façade or the server")
}

function r4(kind, from, to) {
  if (suite(to) && kind == "code" && !suite(from)) breach("R4", from " imports " to ": suites are for tests only")
}

function r5(from, path) {
  if (path ~ /^github\.com\/testcontainers\// && !under(from, "internal/conformance"))
    breach("R5", from " imports " path ": containers belong to internal/conformance, or every embedder inherits them")
}

function r6(from, path) {
  if (squirrel(path) && from != "stats/statsql" && !sqladapter(from))
    breach("R6", from " imports " path ": squirrel belongs to stats/statsql and the SQL adapters")
  if (under(path, "github.com/uptrace/bunrouter") && !under(from, "server") && !under(from, "bench"))
    breach("R6", from " imports " path ": bunrouter belongs to server, and to bench as its limit")
  if (path ~ /^go\.opentelemetry\.io\// && !under(from, "server") && !under(from, "adapters/otel"))
    breach("R6", from " imports " path ": OpenTelemetry belongs to adapters/otel and server")
  if (path ~ /^github\.com\/aws\// && !under(from, "adapters/ses") && !under(from, "adapters/cognito"))
    breach("R6", from " imports " path ": the AWS SDK belongs to adapters/ses and adapters/cognito")
  if (path ~ /^github\.com\/nats-io\// && !under(from, "adapters/jetstream"))
    breach("R6", from " imports " path ": NATS belongs to adapters/jetstream")
}

BEGIN {
  n = split(line, names, " ")
  for (i = 1; i <= n; i++) place[names[i]] = i
  split("adapters server examples internal bench", others, " ")
  for (i in others) aside[others[i]] = 1
}
$1 == "error" && !/import cycle not allowed/ { $1 = ""; breach("go list", substr($0, 2)); next }
$1 == "package" {
  rel = relative($2)
  if (!place[head(rel)] && !aside[head(rel)])
    breach("R1", rel " has no place on the line: give it one in .ci/arch.sh and an ADR")
  packages++
  next
}
$1 == "code" || $1 == "test" {
  from = relative($2); to = relative($3)
  r1($1, from, $3, to); r2($1, from, to); r3($1, from, to); r4($1, from, to); r5(from, $3); r6(from, $3)
}
END {
  if (bad) exit 1
  if (!packages) { print "arch: no packages found"; exit 1 }
  print "arch: " packages " packages keep R1 to R6"
}
' <<<"$rows"
