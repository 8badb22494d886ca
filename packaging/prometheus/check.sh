#!/usr/bin/env bash
# What Prometheus thinks of a real miner.
#
#   packaging/prometheus/check.sh rules   promtool over configuration, rules and their tests: a second
#   packaging/prometheus/check.sh         that, then a miner on devnet, a Prometheus that scrapes it, and an alert that fires
#
# LODE is the binary [target/debug/lode]. promtool and prometheus are taken from PATH, or else from Debian's package, unpacked into
# target/prometheus without installing it: no service is started. Everything listens on loopback, on free ports.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
tools=$root/target/prometheus

say() { echo "observability: $*"; }
fail() { echo "observability: $*" >&2; exit 1; }

if ! { command -v promtool && command -v prometheus; } >/dev/null; then
  export PATH=$tools/usr/bin:$PATH
  if ! command -v promtool >/dev/null; then
    mkdir -p "$tools"
    # Apt's own user cannot write into every folder; what it says about that is no fault.
    (cd "$tools" && { apt-get download -qq prometheus || { apt-get update -qq && apt-get download -qq prometheus; }; } \
      && dpkg -x prometheus_*.deb .) >"$tools/log" 2>&1 \
      || fail "prometheus is missing and could not be had from Debian (see $tools/log); is there a network?"
  fi
fi

cd "$here"
promtool check config prometheus.yml prometheus.compose.yml >/dev/null || fail "promtool check config: see above"
promtool check rules alerts.yml >/dev/null || fail "promtool check rules: see above"
promtool test rules alerts_test.yml >/dev/null || fail "promtool test rules: see above"
say "configuration, $(grep -c -- '- alert:' alerts.yml) alerts and their tests are good ($(promtool --version 2>&1 | sed -n '1s/.*version \([^ ]*\).*/\1/p'))"
[ "${1:-}" != rules ] || exit 0

# ---- a real one

lode=${LODE:-${CARGO_TARGET_DIR:-$root/target}/debug/lode}
[ -x "$lode" ] || fail "there is no $lode; build it with cargo build -p lode, or say LODE=…"
work=$(mktemp -d)
miner=""
prometheus=""
stop() {
  for pid in $miner $prometheus; do kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null; done
  rm -rf "$work"
}
trap stop EXIT

# until_true(seconds, command…): tries every fifth of a second.
until_true() {
  local tries=$(($1 * 5)); shift
  until "$@" >/dev/null 2>&1; do
    [ $((tries -= 1)) -gt 0 ] || return 1
    sleep 0.2
  done
}

(cd "$work" && exec env -i HOME="$work" LODE__DEVNET__TEMPO_BLOCKS=4 "$lode" run --network devnet --axon.port 0 --api.bind 127.0.0.1:0 --data-dir "$work/data" \
  --devnet.rate 40 --headless --log.format json --log.folder "$work/log") 2>"$work/miner" >/dev/null &
miner=$!
api() { sed -n 's/.*API on http:\/\/\([0-9.:]*\).*/\1/p' "$work/miner" | grep .; }
until_true 30 api || { cat "$work/miner" >&2; fail "the miner did not start"; }
api=$(api)

# The committed files with this miner's address, a scrape a second, and no patience.
sed -e "s/127.0.0.1:8080/$api/" -e 's/15s/1s/' prometheus.yml >"$work/prometheus.yml"
sed -e 's/for: .*/for: 1s/' alerts.yml >"$work/alerts.yml"
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
prometheus --config.file="$work/prometheus.yml" --storage.tsdb.path="$work/tsdb" --web.listen-address="127.0.0.1:$port" \
  --log.level=warn 2>"$work/prometheus.log" &
prometheus=$!
query() { curl -sf --get "http://127.0.0.1:$port/api/v1/query" --data-urlencode "query=$1"; }
# The value of an expression with one series; nothing without one.
value() { query "$1" | python3 -c 'import json, sys; [print(row["value"][1]) for row in json.load(sys.stdin)["data"]["result"]]'; }
is() { [ "$(value "$1")" = "$2" ]; }

until_true 30 is 'up{job="lode"}' 1 || { cat "$work/prometheus.log" >&2; fail "the target does not come up"; }
until_true 60 is 'sum(miner_answers_total) > bool 50' 1 || fail "no answers are counted"
# A rate takes two scrapes.
until_true 30 is 'sum(rate(miner_answers_total[10s])) > bool 0' 1 || fail "the count of answers does not grow"
say "the target at $api is up; $(value 'count({job="lode"})') series"

# Every expression of the dashboard is understood, and nearly all have something to show.
python3 - "http://127.0.0.1:$port" "$root/packaging/grafana/lode.json" <<'PYTHON' || fail "the dashboard: see above"
import json, sys, urllib.error, urllib.parse, urllib.request
base, path = sys.argv[1:]
# What a miner on devnet has not: a failover, a solver that costs money, failures, a collector.
absent = ("miner_solver_circuit", "miner_solver_cost", "miner_traces", "> 0")
panels = [panel for panel in json.load(open(path))["panels"] if panel["type"] != "row"]
exprs, empty = 0, []
for panel in panels:
    for target in panel["targets"]:
        expr = target["expr"].replace("$__rate_interval", "10s").replace("$instance", ".*")
        exprs += 1
        try:
            url = f"{base}/api/v1/query?" + urllib.parse.urlencode({"query": expr})
            found = json.load(urllib.request.urlopen(url))["data"]["result"]
        except urllib.error.HTTPError as error:
            sys.exit(f"{panel['title']}: {expr}: {error.read().decode()}")
        if not found and not any(word in expr for word in absent):
            empty.append(f"{panel['title']}: {expr}")
print(f"observability: {exprs} expressions of {len(panels)} panels are answered; empty: {empty or 'none'}")
sys.exit(len(empty) > 8)
PYTHON

until_true 30 grep -q 'Epoch over' "$work/miner" || fail "no sentence about an epoch in the log"
# Devnet's solver fails now and then, as it is told to, and this disk may be full.
unfounded='ALERTS{alertstate="firing", alertname!~"SuccessUnderTarget|CircuitOpen|DiskNearlyFull"}'
is "count($unfounded) or vector(0)" 0 || { query "$unfounded" >&2; fail "alerts are raised although the miner is well"; }
kill "$miner"; wait "$miner" || fail "the miner ended with an error"
miner=
firing() { is 'ALERTS{alertname="MinerDown", alertstate="firing"}' 1; }
until_true 30 firing || fail "MinerDown does not fire although the miner has stopped"
say "MinerDown fires when the miner is stopped"

# What the log's folder got, line by line.
python3 - "$work/log" <<'PYTHON' || fail "the log: see above"
import json, pathlib, sys
files = list(pathlib.Path(sys.argv[1]).glob("lode.*.log"))
lines = [json.loads(line) for file in files for line in file.read_text().splitlines()]
assert len(files) in (1, 2) and len(lines) > 5, (files, len(lines))
assert all({"timestamp", "level", "message"} <= set(line) for line in lines), "each has time, level and message"
told = [line["message"] for line in lines if line["message"].startswith("Epoch over")]
print(f"observability: {len(lines)} log lines, each a JSON object; {told[-1]}")
PYTHON
