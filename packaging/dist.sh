#!/usr/bin/env bash
# Lays out dist/ from a release binary that is there: a tarball, a .deb, their checksums. `make dist` builds the binary first.
set -euo pipefail
cd "$(dirname "$0")/.."

# Everything beyond these would have to be installed beside Lode.
allowed='linux-vdso|libgcc_s|libm|libc|ld-linux'

target=$(cargo metadata --format-version 1 --no-deps --locked --offline | python3 -c 'import json, sys; print(json.load(sys.stdin)["target_directory"])')
lode=$target/release/lode
version=$("$lode" --version | cut -d' ' -f2)
name=lode-$version-$(uname -m)-linux-gnu
: "${SOURCE_DATE_EPOCH:=$(git log -1 --format=%ct)}"
export SOURCE_DATE_EPOCH

if foreign=$(ldd "$lode" | grep -vE "$allowed"); then
    echo "lode: the binary needs libraries that are not everywhere:" >&2
    echo "$foreign" >&2
    exit 1
fi
glibc=$(objdump -T "$lode" | grep -oE 'GLIBC_[0-9.]+' | sort -uV | tail -n 1)

rm -rf dist
mkdir -p dist/stage/completions
"$lode" completions bash >dist/stage/completions/lode.bash
"$lode" completions fish >dist/stage/completions/lode.fish
"$lode" completions zsh >dist/stage/completions/_lode

root=dist/stage/$name
mkdir -p "$root"
install -m 0755 "$lode" "$root/lode"
cp -r README.md CHANGELOG.md LICENSE docs dist/stage/completions packaging/lode.toml packaging/systemd packaging/prometheus \
    packaging/grafana "$root"
tar --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$SOURCE_DATE_EPOCH" -C dist/stage -cf - "$name" |
    gzip -9n >"dist/$name.tar.gz"

cargo deb --quiet --locked --package lode --no-build --no-strip --output dist/
rm -r dist/stage
(cd dist && sha256sum -- * >SHA256SUMS)

echo "lode $version needs $glibc or newer, and no other library"
(cd dist && ls -sh --indicator-style=none)
