#!/usr/bin/env bash
# Builds the server, starts SQLite and Postgres, and prints one table: each
# figure beside its limit, measured in the same run. See docs/benchmarks.md.
#
#   bench/run.sh                     everything, at full size: an hour or so on an idle machine
#   bench/run.sh redirect reports    some sections: redirect, ingest, export, reports
#   bench/run.sh --short             small sizes: that it works, and that nothing is lost
#   bench/run.sh --help              the sizes, which the environment can set
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
bench/needs.sh ${SUPERHER_BENCH_INSTALL:+--install} >/dev/null || {
  # Toxiproxy alone is not missed here.
  compgen -G '/usr/lib/postgresql/*/bin/pgbench' >/dev/null || command -v pgbench >/dev/null || exit 1
}
program=$(mktemp -d)
trap 'rm -rf "$program"' EXIT
go build -o "$program/measure" ./bench/measure
"$program/measure" "$@"
