#!/usr/bin/env bash
# The short form of everything in docs/reliability.md that a script can break:
# kill -9, a database that hangs or refuses, NATS that is away, a bad network, a full disk, restarts.
# It fails on any loss, and installs what is missing. Three minutes on two cores.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
SUPERHER_BENCH_INSTALL=1 bench/chaos.sh --short --strict "$@"
