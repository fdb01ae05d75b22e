#!/usr/bin/env bash
# Real clients against the identity of superher:
#   cognito  a person of cognito-local signs in with amazon-cognito-identity-js
#   browser  oidc-client-ts in Chromium signs in at the development issuer
#
#   bash .ci/identity/run.sh            both
#   bash .ci/identity/run.sh browser    one
#
# Needs Go, node 20 or newer and npm. Chromium is that of CHROMIUM, else
# /usr/bin/chromium, which is installed with apt-get where it is missing. The
# packages are a folder of their own, since only this check needs them.
#
# SUPERHER_BINARY names the program to test; without it the tree is built.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
set -m # each job is a process group, so that the end of a check ends all it started

scratch=$(mktemp -d)
job=""
# shellcheck disable=SC2329 # called by the trap
end() {
  [ -z "$job" ] || kill -TERM -- "-$job" 2>/dev/null
  rm -rf "$scratch"
}
trap end EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# prepare NAME COMMAND…: says nothing unless it fails.
prepare() {
  local name=$1
  shift
  "$@" >"$scratch/log" 2>&1 </dev/null && return
  sed 's/^/      | /' "$scratch/log"
  echo "FAIL  $name"
  echo "0 passed, 1 failed"
  exit 1
}

chromium() {
  [ -x "${CHROMIUM:-/usr/bin/chromium}" ] && return
  [ -z "${CHROMIUM:-}" ] || { echo "CHROMIUM is not a program: $CHROMIUM"; return 1; }
  apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends chromium fonts-liberation
}

wanted=("$@")
[ $# -gt 0 ] || wanted=(cognito browser)
for check in "${wanted[@]}"; do
  [[ $check =~ ^(cognito|browser)$ ]] || { echo "unknown check: $check"; exit 2; }
done

prepare "install the packages of the lock file" npm ci --no-audit --no-fund
[[ " ${wanted[*]} " != *" browser "* ]] || prepare "install Chromium" chromium
if [ -z "${SUPERHER_BINARY:-}" ]; then
  prepare "build superher" go build -o "$scratch/superher" ../../server/cmd/superher
  SUPERHER_BINARY=$scratch/superher
fi
export SUPERHER_BINARY

for check in "${wanted[@]}"; do
  : >"$scratch/$check"
  node "$check.mjs" >"$scratch/$check" 2>"$scratch/errors" </dev/null &
  job=$!
  wait "$job"
  code=$?
  kill -TERM -- "-$job" 2>/dev/null # what a crash left running
  job=""
  cat "$scratch/$check"
  if [ "$code" -ne 0 ] && ! grep -q '^FAIL' "$scratch/$check"; then
    sed 's/^/      | /' "$scratch/errors"
    echo "FAIL  $check ended with exit code $code" | tee -a "$scratch/$check"
  elif [ "$code" -eq 0 ] && ! grep -q '^ok' "$scratch/$check"; then
    echo "FAIL  $check checked nothing" | tee -a "$scratch/$check"
  fi
  cat "$scratch/$check" >>"$scratch/all"
done

passed=$(grep -c '^ok ' "$scratch/all")
failed=$(grep -c '^FAIL ' "$scratch/all")
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
