#!/usr/bin/env bash
# Runs every program of examples as a reader would, and checks what it says:
# against its output.txt where there is one. A program whose output varies has a
# test of its own instead. They end by themselves, with exit code 0; a service
# that does not has a requests.sh, which is run while it is up. The lifecycle is
# also played against the command superher, on SQLite and on PostgreSQL.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
[ -n "${SUPERHER_TEST_DATABASE_URL:-}" ] || exec .ci/with-postgres.sh "$PWD/.ci/examples.sh"

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
failed=0 checked=0

# serve REQUESTS: starts the program, makes the requests once it listens, and
# stops it. What is checked is what the requests print.
serve() {
  local service code=0
  "$scratch/program" >"$scratch/errors" 2>&1 </dev/null &
  service=$!
  for _ in $(seq 100); do
    bash "$1" >"$scratch/output" 2>>"$scratch/errors" && break
    kill -0 "$service" 2>/dev/null || break
    sleep 0.1
  done
  [ -s "$scratch/output" ] || code=1
  kill "$service" 2>/dev/null
  wait "$service" 2>/dev/null
  return "$code"
}

example() {
  local folder=$1 name=$2 tests=$3 code=0
  if [ "$name" != main ]; then
    [ "$tests" -gt 0 ] && echo "ok    $folder: a package with tests" && return 0
    echo "FAIL  $folder: neither a program nor tested" && return 1
  fi
  go build -o "$scratch/program" "./$folder" || return 1
  if [ -f "$folder/requests.sh" ]; then
    serve "$folder/requests.sh" || code=$?
  else
    (cd "$scratch" && timeout 120 ./program >output 2>errors </dev/null) || code=$?
  fi
  if [ "$code" -ne 0 ]; then
    echo "FAIL  $folder: exit code $code"
    cat "$scratch/output" "$scratch/errors"
    return 1
  fi
  if [ -f "$folder/output.txt" ]; then
    diff "$folder/output.txt" "$scratch/output" || { echo "FAIL  $folder: the output is not that of output.txt"; return 1; }
  elif [ "$tests" -eq 0 ]; then
    echo "FAIL  $folder: nothing checks its output, give it an output.txt or a test"
    return 1
  fi
  echo "ok    $folder"
}

# live NAME SETTING VALUE: plays the lifecycle against superher serve on a
# database, as an operator starts and stops it.
live() {
  local name=$1 service key url="" code=0
  shift
  "$scratch/superher" migrate "$@" >"$scratch/output" 2>"$scratch/errors" || code=1
  key=$("$scratch/superher" advertiser create "$@" --name Acme --time-zone Asia/Kolkata --currency INR --json 2>>"$scratch/errors" |
    grep -o 'sk_live_[0-9A-Za-z]*') || code=1
  "$scratch/superher" serve "$@" --addr 127.0.0.1:0 >"$scratch/output" 2>>"$scratch/errors" </dev/null &
  service=$!
  for _ in $(seq 300); do
    url=$(sed -n 's/^superher is ready on //p' "$scratch/output")
    [ -z "$url" ] && kill -0 "$service" 2>/dev/null || break
    sleep 0.1
  done
  timeout 120 "$scratch/lifecycle" --url "$url" --key "$key" >>"$scratch/output" 2>>"$scratch/errors" </dev/null || code=1
  timeout 120 "$scratch/lifecycle" --url "$url" --key "$key" >>"$scratch/output" 2>>"$scratch/errors" </dev/null || code=1 # again
  kill -TERM "$service" 2>/dev/null
  wait "$service" || code=1
  [ "$(grep -c 'everything as expected$' "$scratch/output")" -eq 2 ] || code=1
  if [ "$code" -ne 0 ]; then
    echo "FAIL  examples/lifecycle on superher serve with $name"
    cat "$scratch/output" "$scratch/errors"
    return 1
  fi
  echo "ok    examples/lifecycle on superher serve with $name, twice"
}

while read -r folder name tests; do
  [ -n "$folder" ] || continue
  checked=$((checked + 1))
  example "$folder" "$name" "$tests" || failed=1
done < <(go list -f '{{$t := len .TestGoFiles}}{{range .XTestGoFiles}}{{$t = 1}}{{end}}{{.Dir}} {{.Name}} {{$t}}' ./examples/... | sed "s|^$PWD/||")
[ "$checked" -gt 0 ] || { echo "examples: none found"; exit 1; }

if go build -o "$scratch/superher" ./server/cmd/superher && go build -o "$scratch/lifecycle" ./examples/lifecycle; then
  live SQLite --db "$scratch/lifecycle.db" || failed=1
  live PostgreSQL --database-url "$SUPERHER_TEST_DATABASE_URL" || failed=1
else
  failed=1
fi
.ci/readme.sh || failed=1
echo "examples: $checked run, the lifecycle against two databases, and the commands of the README"
exit "$failed"
