#!/usr/bin/env bash
# Shows that arch.sh can fail: plants one breach of each rule at a time in a copy
# of the tree and expects exit code 1 with the rule and the package in a line.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
tar -c --exclude=./.git --exclude=node_modules . | tar -x -C "$copy"
module=$(go list -m)
failed=0 planted=0
before=$("$copy/.ci/arch.sh" 2>&1 || true) # a breach that is there already proves nothing

# plant RULE FILE IMPORT [TAGS]: FILE is written with that import and is gone afterwards.
plant() {
  local rule=$1 file=$2 import=$3 tags=${4:-}
  local folder output code=0 existed=yes name
  folder=$(dirname "$file")
  name=$(cd "$copy" && go list -e -f '{{.Name}}' "./$folder" 2>/dev/null || true)
  [ -d "$copy/$folder" ] || existed=no
  mkdir -p "$copy/$folder"
  {
    [ -z "$tags" ] || printf '//go:build %s\n\n' "$tags"
    printf 'package %s\n\nimport _ "%s"\n' "${name:-planted}" "$import"
  } >"$copy/$file"
  output=$("$copy/.ci/arch.sh" 2>&1) || code=$?
  planted=$((planted + 1))
  if [ "$code" -eq 1 ] && grep -vxF "$before" <<<"$output" | grep -qE "^arch: $rule: (tests of )?$folder (imports?|has) "; then
    echo "caught  $rule  $folder imports $import"
  else
    echo "MISSED  $rule  $folder imports $import (exit code $code)"
    grep -v 'keep R1' <<<"$output" || true
    failed=1
  fi
  rm "$copy/$file"
  [ "$existed" = yes ] || rm -r "${copy:?}/$folder"
}

plant R1 money/planted.go "$module/tenant"
plant R1 fault/planted.go github.com/google/uuid
plant R1 ident/planted_test.go github.com/google/uuid
plant R1 attribution/planted.go "$module/stats" superher_cut_predicates
plant R1 stats/planted.go pgregory.net/rapid
plant R1 storage/planted.go "$module/internal/helper"
plant R1 newcomer/planted.go errors
plant R2 storage/planted.go "$module/adapters/memory"
plant R2 server/planted.go "$module/adapters/sqlite"
plant R2 adapters/memory/planted.go "$module/adapters/sqlite"
plant R3 adapters/memory/planted.go "$module"
plant R3 adapters/memory/planted_test.go "$module/server"
plant R4 server/planted.go "$module/storage/storagetest"
plant R4 adapters/memory/planted.go "$module/clicks/clickstest"
plant R4 adapters/sqlite/planted.go "$module/adapters/internal/totalstest"
plant R5 adapters/postgres/planted_test.go github.com/testcontainers/testcontainers-go
plant R6 stats/planted.go github.com/Masterminds/squirrel
plant R6 server/planted.go github.com/Masterminds/squirrel
plant R6 adapters/memory/planted.go github.com/uptrace/bunrouter
plant R6 adapters/postgres/planted.go go.opentelemetry.io/otel
plant R6 server/planted.go github.com/aws/aws-sdk-go-v2/aws
plant R6 server/cmd/superher/planted.go github.com/nats-io/nats.go

[ "$failed" -eq 0 ] && echo "arch-selftest: all $planted planted breaches caught"
exit "$failed"
