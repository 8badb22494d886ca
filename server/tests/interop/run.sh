#!/usr/bin/env bash
# Real SDKs as clients of one Lode: what each sends, one line, and a summary. Exit 0 when every answer is as it must be.
#   run.sh PYTHON...     Pythons with bittensor installed: 9.x and 10.x send synapses, 11.x signs plain HTTP requests
set -euo pipefail
[ $# -gt 0 ] || { echo 'usage: run.sh PYTHON...' >&2; exit 2; }
here=$(cd "$(dirname "$0")" && pwd)
lode=${LODE:-$here/../../../target/debug/lode}
# Synapse:the field that must come back filled
synapses=(Synapse Ping EchoSynapse:reply MixedSynapse:result HashedSynapse:completion TaskSynapse:actions
  StartRoundSynapse:github_url ChatSynapse:completion StreamChatSynapse:completion SlowSynapse:reply PrioSynapse:reply)
work=$(mktemp -d)
trap 'kill "${pid:-}" 2>/dev/null && wait "$pid" || true; rm -rf "$work"' EXIT
export HOME=$work PYTHONDONTWRITEBYTECODE=1 # the SDK writes a folder of its own at home

# git keeps no 0600, and Lode refuses keys that others can read.
cp -r "$here/../vectors/wallets" "$work/wallets"
find "$work/wallets" -type f -exec chmod 600 {} +
"$lode" run --config "$here/lode.toml" --wallet.path "$work/wallets" --data-dir "$work/data" >"$work/log" 2>&1 &
pid=$!
until grep -q 'API on' "$work/log"; do
  kill -0 "$pid" 2>/dev/null || { cat "$work/log" >&2; exit 1; }
  sleep 0.05
done

failed=()
# client NAME SCRIPT [OPTION...]: its lines, after the SDK's version; why, when it failed
client() {
  local name=$1 script=$2
  shift 2
  "$python" "$here/$script" --host 127.0.0.1 --port 8191 --axon-hotkey 5EHgWw2Af1pnoc7f1A8bfmM97W3DAYW8xr82RfhLL9oAabAe \
    --wallet-path "$work/wallets" "$@" 2>"$work/errors" | sed "s/^/$version  /" | tee -a "$work/lines" \
    || { failed+=("$version $name"); tail -n 5 "$work/errors" >&2; }
}

for python in "$@"; do
  version=$("$python" -c 'from importlib.metadata import version; print(version("bittensor"))')
  if [ "${version%%.*}" -ge 11 ]; then
    client http_auth http_auth_client.py
  else
    for spec in "${synapses[@]}"; do
      IFS=: read -r synapse field <<<"$spec"
      client "$synapse" dendrite_client.py --line --synapse "$synapse" ${field:+--expect "$field"}
    done
  fi
done

if [ ${#failed[@]} -gt 0 ]; then
  printf 'interop: FAILED:%s\n' "$(printf ' %s,' "${failed[@]}" | sed 's/,$//')"
  exit 1
fi
echo "interop: all $(wc -l <"$work/lines") as they must be"
