#!/usr/bin/env bash
# Copies the commands of README.md from nothing to a verified sale, as they
# stand, into one shell in a new checkout, and looks at what the last one prints.
# They use port 8080, as the README does; it must be free.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

heading='## From nothing to a verified sale in five commands'
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
fail() {
  echo "FAIL  readme: $1"
  for file in "$scratch"/{output,errors} "$scratch"/checkout/superher.log; do [ ! -s "$file" ] || sed 's/^/      | /' "$file"; done
  exit 1
}

# Each command is a block of its own: some shells take no comments.
awk -v heading="$heading" '
  $0 == heading { inside = 1; next }
  /^## / { inside = 0 }
  inside && /^```/ { block = !block; if (block) n++; next }
  inside && block { print }
  END { exit n == 5 ? 0 : 1 }' README.md >"$scratch/commands" || fail "there are not five blocks under \"$heading\""
(exec 3<>/dev/tcp/127.0.0.1/8080) 2>/dev/null && fail "another program listens on port 8080"

mkdir "$scratch/checkout"
tar -c --exclude=./.git --exclude=node_modules --exclude='*.db*' . | tar -x -C "$scratch/checkout"
# The server that is started in the background ends with the shell.
{
  echo 'set -euo pipefail; trap "kill \$! 2>/dev/null; wait" EXIT'
  cat "$scratch/commands"
} >"$scratch/session"
(cd "$scratch/checkout" && timeout 300 bash "$scratch/session") >"$scratch/output" 2>"$scratch/errors" </dev/null ||
  fail "a command fails"

# The fourth command ends with the coupon and whose it is, the fifth with the explanation.
answer=$(tail -n 1 "$scratch/output")
jessica=$(sed -n 's/.*"influencer_id":"\([^"]*\)","code":"JESSICA20".*/\1/p' "$scratch/output")
[ -n "$jessica" ] || fail "the fourth command does not show the coupon"
for part in '"summary":"Credited to the influencer by a coupon."' '"amount":{"amount":"149.90","currency":"INR"}' \
  '"reason":"earned"' '"verdict":"won"' "\"influencer_id\":\"$jessica\""; do
  grep -qF "$part" <<<"$answer" || fail "the last command does not answer $part"
done
echo "ok    README.md: its five commands lead to a verified sale"
