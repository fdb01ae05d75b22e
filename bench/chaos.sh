#!/usr/bin/env bash
# Breaks the server, its database and its NATS under load, and counts what is lost or
# stored twice. See docs/reliability.md.
#
#   bench/chaos.sh                 every scenario in full: about half an hour
#   bench/chaos.sh --short         seconds of each
#   bench/chaos.sh kill outage     some of them; --help names all
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
toxiproxy=$(bench/needs.sh ${SUPERHER_BENCH_INSTALL:+--install}) || true # the scenarios name what they lack
[ -x "$toxiproxy" ] || toxiproxy=""
program=$(mktemp -d)
trap 'rm -rf "$program"' EXIT
go build -o "$program/chaos" ./bench/chaos
"$program/chaos" --toxiproxy "$toxiproxy" "$@"
