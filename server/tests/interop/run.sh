#!/usr/bin/env bash
# The real SDK's client sends every interoperability synapse to Lode. Exit 0 when it accepts each answer.
#   run.sh PYTHON        a Python with bittensor (9.x or 10.x) installed
set -euo pipefail
python=$(realpath -s "${1:?usage: run.sh PYTHON}")
here=$(cd "$(dirname "$0")" && pwd)
lode=${LODE:-$here/../../../target/debug/lode}
work=$(mktemp -d)
trap 'kill "${pid:-}" 2>/dev/null || true; rm -rf "$work"' EXIT
# git keeps no 0600, and Lode refuses keys that others can read.
cp -r "$here/../vectors/wallets" "$work/wallets"
find "$work/wallets" -type f -exec chmod 600 {} +
"$lode" run --config "$here/lode.toml" --wallet.path "$work/wallets" --data-dir "$work/data" >"$work/log" 2>&1 &
pid=$!
until grep -q 'API on' "$work/log"; do
  kill -0 "$pid" 2>/dev/null || { cat "$work/log" >&2; exit 1; }
  sleep 0.05
done
"$here/run_all.sh" 127.0.0.1 8191 5EHgWw2Af1pnoc7f1A8bfmM97W3DAYW8xr82RfhLL9oAabAe "$work/wallets" "$python"
