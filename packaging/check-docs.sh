#!/usr/bin/env bash
# Runs what the documents tell to run. Blocks marked ```sh run are executed, in order, beside a miner on devnet in a network of its
# own. Of other ```sh blocks, which need root, a chain or hours, the shell has to be good, every lode command has to be one, and every
# make target; tests run most of them otherwise. Links between files have to lead somewhere. `make docs-check`.
set -euo pipefail
cd "$(dirname "$0")/.."
repository=$PWD
lode=$(realpath "${1:?usage: packaging/check-docs.sh LODE [FILE.md…]}")
shift

# The documents use the ports as they are by default, and nobody else's miner may have them.
if [ -z "${LODE_DOCS_NETWORK:-}" ]; then
    LODE_DOCS_NETWORK=own exec unshare --map-root-user --net "$0" "$lode" "$@"
fi
ip link set lo up

if [ $# = 0 ]; then
    mapfile -t documents < <(git ls-files --cached --others --exclude-standard '*.md' | grep -v '^frontend/node_modules')
else
    documents=("$@")
fi

work=$(mktemp -d)
miner=
finish() {
    code=$?
    [ -z "$miner" ] || { kill -TERM "$miner" 2>/dev/null; wait "$miner" || true; }
    rm -rf "$work"
    exit $code
}
trap finish EXIT
mkdir -p "$work/bin" "$work/home" "$work/miner"
ln -s "$lode" "$work/bin/lode"

# blocks FILE KIND: writes each block of that kind into $work/blocks, by its line.
blocks() {
    rm -rf "$work/blocks"
    mkdir -p "$work/blocks"
    awk -v kind="$2" -v folder="$work/blocks" '
        /^```/ && inside { inside = 0; if (file) close(file); file = ""; next }
        /^```/ { inside = 1; if ($0 == "```" kind) { file = sprintf("%s/%05d", folder, NR); printf "" >file } next }
        file { print >file }' "$1"
    find "$work/blocks" -type f | sort
}

start() {
    (cd "$work/miner" && exec env -i HOME="$work/home" PATH="$work/bin:$PATH" lode run --headless) >"$work/log" 2>&1 &
    miner=$!
    for _ in $(seq 100); do
        curl -fsS http://127.0.0.1:8080/readyz >/dev/null 2>&1 && return
        sleep 0.2
    done
    cat "$work/log" >&2
    echo "docs: no miner" >&2
    exit 1
}

# words BLOCK: whether its lode commands and make targets are some. --help stops at what stands before it.
words() {
    while read -r command; do
        eval "set -- ${command#* }"
        case $command in
            make*) make --no-print-directory -n "$@" ;;
            *) "$lode" "$@" --help ;;
        esac >/dev/null 2>"$work/said" || { echo "$command: $(head -1 "$work/said")"; return 1; }
        commands=$((commands + 1))
    done < <(sed -E 's/(^|[[:space:]])#.*//' "$1" | grep -oE '^(sudo )?(lode|lode-service|make) [^|>&;]*' | sed 's/^sudo //')
}

faults=0 ran=0 read=0 commands=0
fault() { echo "$*" >&2; faults=$((faults + 1)); }
for document in "${documents[@]}"; do
    here=$(mktemp -d "$work/here-XXXX")
    while read -r block; do
        read=$((read + 1))
        at="$document, line $((10#$(basename "$block")))"
        bash -n "$block" || fault "$at: no good shell"
        words "$block" || fault "$at: no such command"
    done < <(blocks "$document" sh)

    while read -r block; do
        line=$((10#$(basename "$block")))
        if [ -z "$miner" ] || ! kill -0 "$miner" 2>/dev/null; then start; fi
        (cd "$here" && env -i HOME="$work/home" PATH="$work/bin:$PATH" REPOSITORY="$repository" TERM=dumb \
            timeout 60 bash -euo pipefail "$block" >"$work/out" 2>&1 </dev/null) ||
            { fault "$document, line $line: ended with $?"; sed 's/^/    /' "$work/out" >&2; }
        ran=$((ran + 1))
    done < <(blocks "$document" 'sh run')

    while read -r link; do
        target=${link%%#*}
        [ -z "$target" ] || [ -e "$(dirname "$document")/$target" ] || fault "$document: $link leads nowhere"
    done < <(grep -oE '\]\([^)]+\)' "$document" | sed 's/^](//; s/)$//' | grep -vE '^(https?|mailto):' || true)
done

[ $faults = 0 ] || exit 1
echo "${#documents[@]} documents: $ran blocks run, $read read with $commands commands, links followed"
