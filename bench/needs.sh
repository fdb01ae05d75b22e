#!/usr/bin/env bash
# Says what bench/ needs and this machine has not, in a sentence each, and ends
# with 1 then. With --install, and as root on Debian or Ubuntu, it fetches it.
# The last line is the path of the Toxiproxy server.
#
#   bench/needs.sh [--install]
set -uo pipefail

toxiproxy_version=v2.12.0
tools=${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/superher-ci/toxiproxy-$toxiproxy_version
missing=0

# program NAME: is it in the path, or where Debian puts the programs of Postgres?
program() {
  command -v "$1" >/dev/null || compgen -G "/usr/lib/postgresql/*/bin/$1" >/dev/null
}

need() {
  echo "bench: $*" >&2
  missing=1
}

[ "$(uname -s)" = Linux ] || need "Linux is needed: processes are stopped, and their memory is read, through /proc"
if { ! program initdb || ! program postgres || ! program pgbench; } && [ "${1:-}" = --install ]; then
  if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
    { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends postgresql postgresql-contrib; } >&2
  else
    echo "bench: not root, or no apt-get: nothing is installed" >&2
  fi
fi
program initdb && program postgres || need "initdb and postgres are missing; on Debian and Ubuntu: apt-get install postgresql"
program pgbench || need "pgbench is missing; on Debian and Ubuntu: apt-get install postgresql-contrib"
if [ ! -x "$tools/server" ]; then
  if [ "${1:-}" = --install ]; then
    GOBIN=$tools GOFLAGS='' go install "github.com/Shopify/toxiproxy/v2/cmd/server@$toxiproxy_version" >&2 || need "Toxiproxy cannot be built"
  else
    need "Toxiproxy is missing; bench/needs.sh --install builds it into $tools"
  fi
fi
echo "$tools/server"
exit "$missing"
