#!/usr/bin/env bash
# Checks of what can be checked of the packaging without root, Docker or a built binary. Called by `make packaging-check`, which
# makes the virtual environment. Whatever is missing here is said, and is no success.
set -euo pipefail
cd "$(dirname "$0")/.."
bin=${1:?usage: packaging/check.sh VENV}/bin

# systemd's own measure, tenths: 0 is shut in, 100 open. What is left is the network, which a miner is for.
exposure=12

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

say() { printf '%-14s %s\n' "$1" "$2"; }

# `verify` wants the program to be there.
sed 's|/usr/bin/lode|/bin/true|' packaging/systemd/lode.service >"$scratch/lode.service"
told=$(systemd-analyze verify --man=no "$scratch/lode.service" 2>&1 | grep -F "lode.service" || true)
[ -z "$told" ] || { echo "$told" >&2; exit 1; }
say systemd "$(systemd-analyze security --offline=true --no-pager --threshold=$exposure "$scratch/lode.service" |
    grep -o 'Overall exposure.*' | tr -d '→')"

"$bin/hadolint" packaging/Dockerfile
say Dockerfile "hadolint $("$bin/hadolint" --version | grep -oE '[0-9.]+' | head -n 1)"

"$bin/check-jsonschema" --quiet --builtin-schema vendor.compose-spec packaging/compose.yaml
say compose.yaml "fits the Compose specification's schema"

mapfile -t yaml < <(git ls-files --cached --others --exclude-standard 'packaging/*.yml' 'packaging/*.yaml')
"$bin/yamllint" --strict -d '{extends: default, rules: {document-start: disable, line-length: disable,
    truthy: {check-keys: false}, braces: {max-spaces-inside: 1}}}' "${yaml[@]}"
say YAML "${#yaml[@]} files"

mapfile -t scripts < <(git ls-files --cached --others --exclude-standard packaging .ci | xargs grep -lE "^#!/.*(bash|/sh)")
"$bin/shellcheck" "${scripts[@]}"
say scripts "${#scripts[@]} files, shellcheck"

# Every folder and file that compose.yaml mounts from here is here, but for the operator's own.
grep -oE '^ +- \./[^:]+' packaging/compose.yaml | sed 's/^ *- //' | while read -r path; do
    case $path in ./etc) continue ;; esac
    [ -e "packaging/$path" ] || { echo "compose.yaml mounts packaging/$path, which is not there" >&2; exit 1; }
done

cat <<'TEXT'
not run here    docker build, docker compose up: they need a Docker daemon and its registry
TEXT
