#!/usr/bin/env bash
# Runs every fuzz target of the module for a few seconds. A crasher is written
# below testdata/fuzz of its package: commit it with the repair.
#
#   .ci/fuzz.sh [duration]        for each target; default 5s
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
duration=${1:-5s}
failed=0 run=0

fuzz() {
  go test "$1" -run '^$' -fuzz "^$2\$" -fuzztime "$duration" -fuzzminimizetime 2s -parallel 2 -timeout 5m 2>&1
}

list=$(go test -list '^Fuzz' ./...) || { echo "$list"; echo "fuzz: the targets cannot be listed"; exit 1; }
targets=$(awk '/^Fuzz/ { names = names " " $1 } /^ok/ { n = split(names, f, " "); for (i = 1; i <= n; i++) print $2, f[i]; names = "" }' <<<"$list")
while read -r package target; do
  [ -n "$target" ] || continue
  run=$((run + 1))
  output=$(fuzz "$package" "$target") && code=0 || code=$?
  # The go command may report its own deadline as a failure when the time is up
  # in the middle of an input; such a run wrote no crasher and is repeated once.
  if [ "$code" -ne 0 ] && grep -q 'context deadline exceeded' <<<"$output" && ! grep -q 'Failing input' <<<"$output"; then
    output=$(fuzz "$package" "$target") && code=0 || code=$?
  fi
  if [ "$code" -eq 0 ]; then
    echo "ok    $target  $(grep -o 'execs: [0-9]*' <<<"$output" | tail -n 1)  $package"
  else
    echo "FAIL  $target  $package"
    echo "$output"
    failed=1
  fi
done <<<"$targets"
echo "fuzz: $run targets, $duration each"
[ "$run" -gt 0 ] || { echo "fuzz: no target found"; exit 1; }
exit "$failed"
