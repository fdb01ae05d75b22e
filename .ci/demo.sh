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
  grep -E '^ +(KEY|TOKEN)=' "$scratch/output"
  grep -E '^ +curl ' "$scratch/output" | sed 's/^ *curl -s/curl -sS --fail/'
} >"$scratch/lines"
lines=$(grep -c '^curl' "$scratch/lines")
[ "$lines" -ge 5 ] || fail "only $lines curl lines are printed"
bash -e "$scratch/lines" >"$scratch/answers" 2>"$scratch/curl" || { cat "$scratch/curl"; fail "a printed curl line does not work"; }
grep -qi '^location: .*ref_code=' "$scratch/answers" || { cat "$scratch/answers"; fail "the redirect carries no ref_code"; }

# The token of the admin, and the pages beside the API.
base=$(sed -n 's/^superher is ready on //p' "$scratch/output")
token=$(sed -n 's/^ *TOKEN=//p' "$scratch/output")
answers() {
  local path=$1 want=$2
  shift 2
  curl -sS --fail --location "$@" "$base$path" >"$scratch/answer" 2>"$scratch/curl" ||
    { cat "$scratch/curl"; fail "$path does not answer"; }
  grep -q "$want" "$scratch/answer" || { head -c 2000 "$scratch/answer"; fail "$path does not say $want"; }
}
[ -n "$token" ] || fail "no token is printed"
answers /api/v1/me '"admin"' --header "Authorization: Bearer $token"
answers /healthz '"ok"'
answers /readyz '"ready"'
answers /metrics '^http_server_request_duration_seconds_count'
answers /openapi.yaml '^openapi: 3\.1'
answers /explorer '/openapi.yaml'
answers /dev/idp 'DEVELOPMENT SIGN-IN'
answers /app/config.json "$base/dev/idp"
answers /dev/idp/.well-known/openid-configuration "$base/dev/idp"
grep -q 'WARNING: the development issuer is on' "$scratch/errors" || fail "nothing warns of the development issuer"
"$scratch/superher" healthcheck --addr "${base#http://}" --ready || fail "healthcheck says no"

kill -TERM "$server"
(sleep 15; kill -KILL "$server") 2>/dev/null &
watch=$!
wait "$server"
code=$?
server=""
kill "$watch" 2>/dev/null
[ "$code" -eq 0 ] || fail "exit code $code after SIGTERM"
echo "demo: $lines printed curl lines work, and so do the pages beside the API; it stops when it is told to"
