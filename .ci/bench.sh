#!/usr/bin/env bash
# Runs bench/ at small sizes: that every section works, that nothing sent is
# missing, and that every report equals what adding up says. No figure of it
# counts.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
SUPERHER_BENCH_INSTALL=1 bench/run.sh --short "$@"
