#!/usr/bin/env bash
# Runs a command with SUPERHER_TEST_DATABASE_URL set: to what it is already, or
# to a fresh container that is removed afterwards.
#
#   .ci/with-postgres.sh go test ./adapters/postgres
set -uo pipefail
[ -z "${SUPERHER_TEST_DATABASE_URL:-}" ] || exec "$@"

say() { echo "with-postgres: $*" >&2; }
host=${TESTCONTAINERS_HOST_OVERRIDE:-127.0.0.1}
container=$(docker run --detach --publish 5432 \
  --env POSTGRES_USER=superher --env POSTGRES_PASSWORD=superher --env POSTGRES_DB=postgres \
  "${SUPERHER_TEST_POSTGRES_IMAGE:-postgres:18-alpine}" \
  postgres -c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=400 | tail -n 1)
[ -n "$container" ] || { say "no container was started"; exit 1; }
trap 'docker rm --force --volumes "$container" >/dev/null' EXIT

# The entry point starts the server twice: to set it up, and for good.
ready() { [ "$(docker logs "$container" 2>&1 | grep -c 'database system is ready to accept connections')" -ge 2 ]; }
for _ in $(seq 300); do
  ready && break
  sleep 0.2
done
ready || { say "Postgres does not get ready:"; docker logs "$container" >&2; exit 1; }
port=$(docker port "$container" 5432/tcp | head -n 1 | sed 's/.*://')

SUPERHER_TEST_DATABASE_URL="postgres://superher:superher@$host:$port/postgres?sslmode=disable" "$@"
