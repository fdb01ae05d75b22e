#!/usr/bin/env bash
# Shows what an embedder inherits, by being one: a module that imports only
# attribution, and one that imports only adapters/postgres. Also compares the
# direct requirements of go.mod with .ci/deps.txt.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

top=$PWD
module=$(go list -m)
scratch=$(mktemp -d)
# The module cache writes its folders read-only.
trap 'chmod -R u+w "$scratch"; rm -rf "$scratch"' EXIT
failed=0
fail() {
  echo "FAIL  $1"
  [ -z "${2:-}" ] || sed 's/^/      /' <<<"$2"
  failed=1
}

# consumer NAME PACKAGE writes a program that imports one package of this checkout.
consumer() {
  local folder=$scratch/$1
  mkdir "$folder"
  printf 'package main\n\nimport _ "%s"\n\nfunc main() {}\n' "$2" >"$folder/main.go"
  cd "$folder"
  go mod init example.com/consumer 2>/dev/null
  go mod edit -go="$(cd "$top" && go list -m -f '{{.GoVersion}}')" \
    -require="$module@v0.0.0" -replace="$module=$top"
}

# requirements lists what the go.mod of the current folder asks for, but this module.
requirements() {
  go mod edit -print | awk -v own="$module" '
    /^require \(/ { block = 1; next } /^\)/ { block = 0 }
    block && $1 != own { print $1 } /^require [^(]/ && $2 != own { print $2 }'
}

# linked lists the third-party modules that a build of the current folder contains.
linked() {
  local out
  out=$(go list -mod=mod -deps -f '{{with .Module}}{{.Path}}{{end}}' . 2>&1) || out="go list fails: $out"
  grep -vxE "|example.com/consumer|$module" <<<"$out" | sort -u || true
}

pure() {
  consumer pure "$module/attribution"
  local found
  # Before tidy: nothing at all may be fetched, from anywhere.
  if found=$(GOFLAGS=-mod=mod GOMODCACHE=$scratch/empty GOPROXY=off GOSUMDB=off go build -o "$scratch/pure.bin" . 2>&1); then
    echo "ok    attribution builds with an empty module cache and no proxy"
  else
    fail "attribution does not build with an empty module cache and no proxy" "$found"
  fi
  go mod tidy 2>/dev/null || fail "go mod tidy fails for an importer of attribution"
  found=$(requirements)
  [ -z "$found" ] && echo "ok    attribution brings no requirement" || fail "attribution brings requirements:" "$found"
  found=$(linked)
  [ -z "$found" ] && echo "ok    attribution links no third-party module" || fail "attribution links:" "$found"
}

postgres() {
  consumer postgres "$module/adapters/postgres"
  local found unwanted='aws|docker|moby|testcontainers|sqlite'
  go mod tidy 2>/dev/null || fail "go mod tidy fails for an importer of adapters/postgres"
  found=$(requirements)
  grep -q jackc/pgx <<<"$found" || fail "adapters/postgres does not require pgx: this check looks at the wrong thing"
  found=$(grep -iE "$unwanted" <<<"$found" || true)
  [ -z "$found" ] && echo "ok    adapters/postgres requires no AWS, Docker or SQLite module" || fail "adapters/postgres requires:" "$found"
  found=$(linked | grep -iE "$unwanted" || true)
  [ -z "$found" ] && echo "ok    adapters/postgres links no AWS, Docker or SQLite module" || fail "adapters/postgres links:" "$found"
  found=$(GOFLAGS=-mod=mod go build -o "$scratch/postgres.bin" . 2>&1) && echo "ok    adapters/postgres builds" ||
    fail "adapters/postgres does not build for an importer" "$found"
  echo "      it requires: $(requirements | tr '\n' ' ')"
}

list() {
  local found
  if found=$(diff <(grep -vE '^(#|$)' .ci/deps.txt | sort) \
    <(awk '/^require \(/ { block = 1; next } /^\)/ { block = 0 } /\/\/ indirect/ { next }
           block { print $1 } /^require [^(]/ { print $2 }' go.mod | sort)); then
    echo "ok    go.mod asks for exactly the modules of .ci/deps.txt"
  else
    fail "direct requirements differ (< .ci/deps.txt, > go.mod); change the list only on purpose:" "$found"
  fi
}

list
(pure; exit "$failed") || failed=1
if [ -d adapters/postgres ]; then (postgres; exit "$failed") || failed=1; else fail "adapters/postgres is missing"; fi
exit "$failed"
