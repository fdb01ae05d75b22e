#!/usr/bin/env bash
# Starts the demonstration as a newcomer does, copies the curl lines that it
# prints, and stops it as an operator does.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

scratch=$(mktemp -d)
server=""
end() {
  [ -z "$server" ] || kill -KILL "$server" 2>/dev/null
  rm -rf "$scratch"
}
trap end EXIT
fail() {
  echo "FAIL  $1"
  cat "$scratch/output" "$scratch/errors" 2>/dev/null
  exit 1
}

go build -o "$scratch/superher" ./server/cmd/superher || exit 1
"$scratch/superher" demo --addr 127.0.0.1:0 >"$scratch/output" 2>"$scratch/errors" </dev/null &
server=$!
for _ in $(seq 600); do
  grep -q '^superher is ready' "$scratch/output" && break
  kill -0 "$server" 2>/dev/null || fail "the demonstration ended before it was ready"
  sleep 0.2
done
grep -q '^superher is ready' "$scratch/output" || fail "the demonstration is not ready after two minutes"

# The lines are run as they stand, except that an error status is an error here.
{
  grep -E '^ +KEY=' "$scratch/output"
  grep -E '^ +curl ' "$scratch/output" | sed 's/^ *curl -s/curl -sS --fail/'
} >"$scratch/lines"
lines=$(grep -c '^curl' "$scratch/lines")
[ "$lines" -ge 3 ] || fail "only $lines curl lines are printed"
bash -e "$scratch/lines" >"$scratch/answers" 2>"$scratch/curl" || { cat "$scratch/curl"; fail "a printed curl line does not work"; }
grep -qi '^location: .*ref_code=' "$scratch/answers" || { cat "$scratch/answers"; fail "the redirect carries no ref_code"; }

kill -TERM "$server"
(sleep 15; kill -KILL "$server") 2>/dev/null &
watch=$!
wait "$server"
code=$?
server=""
kill "$watch" 2>/dev/null
[ "$code" -eq 0 ] || fail "exit code $code after SIGTERM"
echo "demo: $lines printed curl lines work, and it stops when it is told to"
