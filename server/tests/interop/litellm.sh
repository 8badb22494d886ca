#!/usr/bin/env bash
# Lode before a real LiteLLM proxy, asked by a real SDK: plain, chat, streamed and structured answers, and a refusal.
#   litellm.sh LITELLM PYTHON     the proxy's program, and a Python with bittensor 9.x or 10.x
set -euo pipefail
[ $# -eq 2 ] || { echo 'usage: litellm.sh LITELLM PYTHON' >&2; exit 2; }
litellm=$1 python=$2
here=$(cd "$(dirname "$0")" && pwd)
lode=${LODE:-$here/../../../target/debug/lode}
work=$(mktemp -d)
pids=()
trap 'for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null && wait "$pid" || true; done; rm -rf "$work"' EXIT
export HOME=$work PYTHONDONTWRITEBYTECODE=1 LITELLM_MASTER_KEY=sk-lode-interop-0123456789
export LITELLM_LOCAL_MODEL_COST_MAP=True # no look at what is new

# until_says LOG TEXT PID: waits until a log says so, three minutes at most; shows the log when it never will
until_says() {
  local tries=0
  until grep -qs "$2" "$1"; do
    if ! kill -0 "$3" 2>/dev/null || [ $((tries += 1)) -gt 1800 ]; then
      tail -n 20 "$1" >&2
      echo "litellm: FAILED: never said '$2'" >&2
      exit 1
    fi
    sleep 0.1
  done
}

cp -r "$here/../vectors/wallets" "$work/wallets"
find "$work/wallets" -type f -exec chmod 600 {} +
cp "$here/litellm.toml" "$work/lode.toml"
echo "$LITELLM_MASTER_KEY" >"$work/key"
"$litellm" --config "$here/litellm.yaml" --host 127.0.0.1 --port 8198 >"$work/litellm.log" 2>&1 &
pids+=($!)
until_says "$work/litellm.log" 'Uvicorn running' "$!"
"$lode" run --config "$work/lode.toml" --wallet.path "$work/wallets" --data-dir "$work/data" >"$work/log" 2>&1 &
pids+=($!)
until_says "$work/log" 'API on' "$!"

failed=() count=0
# must WHAT COMMAND...: one check, and one line
must() {
  local what=$1
  shift
  count=$((count + 1))
  if "$@" >"$work/out" 2>&1; then echo "litellm  $what"; else failed+=("$what") && tail -n 5 "$work/out" >&2; fi
}

solve_task() {
  local token
  token=$("$lode" token --config "$work/lode.toml" --data-dir "$work/data")
  curl --silent --show-error --fail --max-time 30 http://127.0.0.1:8197/solve_task --header "Authorization: Bearer $token" \
    --json '{"id": 1, "prompt": "What is it?", "url": "http://127.0.0.1"}' | grep '"completion":"A stone."'
}

# dendrite SYNAPSE FIELD: whether the SDK takes the answer, and it is the model's
dendrite() {
  timeout 120 "$python" "$here/dendrite_client.py" --host 127.0.0.1 --port 8196 --wallet-path "$work/wallets" \
    --axon-hotkey 5EHgWw2Af1pnoc7f1A8bfmM97W3DAYW8xr82RfhLL9oAabAe --synapse "$1" --expect "$2" --timeout 30 \
    | tee "$work/answer" && grep 'A stone\.' "$work/answer"
}

is_refused() {
  ! dendrite MixedSynapse result && grep 'has no room now (429 Too Many Requests)' "$work/log"
}

keeps_the_key() {
  ! grep "$LITELLM_MASTER_KEY" "$work/log"
}

must 'plain answer, asked directly' solve_task
must 'chat of roles and messages' dendrite ChatSynapse completion
must 'streamed answer' dendrite StreamChatSynapse completion
must 'structured answer in a fence' dendrite EchoSynapse reply
must 'a 429 is a failure, and logged as what it is' is_refused
must 'the key stays out of the log' keeps_the_key

version=$("${litellm%/*}/python" -c 'from importlib.metadata import version; print(version("litellm"))')
if [ ${#failed[@]} -gt 0 ]; then
  tail -n 20 "$work/log" >&2
  printf 'litellm %s: FAILED:%s\n' "$version" "$(printf ' %s;' "${failed[@]}" | sed 's/;$//')"
  exit 1
fi
echo "litellm $version: all $count as they must be"
