#!/usr/bin/env bash
# Installs the .deb on a clean Debian 12 and shows that it works there: by hand in a chroot, as a service under a booted systemd,
# through an upgrade, a removal and a purge. Wants root, debootstrap and systemd-nspawn: `make deb-test`.
set -euo pipefail
cd "$(dirname "$0")/.."
deb=$(realpath "${1:?usage: packaging/debian-root.sh FILE.deb}")
suite=bookworm
mirror=http://deb.debian.org/debian
work=${CARGO_TARGET_DIR:-target}/deb-test
root=$work/root
api=127.0.0.1:18080

say() { printf '%s\n' "deb-test: $*"; }
fail() { say "$*" >&2; exit 1; }
trap 'say "line $LINENO failed" >&2' ERR
# Mounts are this script's own and vanish with it.
if [ -z "${LODE_DEB_TEST_MOUNTS:-}" ]; then
    LODE_DEB_TEST_MOUNTS=own exec unshare --mount --propagation private "$0" "$@"
fi

# ---- a clean root

mkdir -p "$work"
base=$(realpath "$work")/$suite.tar
if [ ! -f "$base" ]; then
    rm -rf "$root"
    debootstrap --variant=minbase --include=systemd,systemd-sysv,dbus "$suite" "$root" "$mirror" >"$work/debootstrap.log"
    tar -C "$root" -cf "$base.part" . && mv "$base.part" "$base"
fi
rm -rf "$root"
mkdir -p "$root"
tar -C "$root" -xf "$base"
root=$(realpath "$root")
inside() { chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 "$@"; }
as_lode() { chroot --userspec=lode:lode "$root" env -i PATH=/usr/bin:/bin HOME=/var/lib/lode "$@"; }
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
cp /etc/resolv.conf "$root/etc/resolv.conf"
say "Debian $(cat "$root/etc/debian_version"), $(inside dpkg-query -W | wc -l) packages"

# ---- installed

inside apt-get update -qq
cp "$deb" "$root/var/cache/lode.deb"
installed() { inside dpkg-query -W | cut -f1 | sort; }
before=$(installed)
inside apt-get install -y -qq --no-install-recommends /var/cache/lode.deb >"$work/install.log" 2>&1 || fail "see $work/install.log"
grep -q 'installed and not started' "$work/install.log" || fail "postinst does not say what is left to do"
say "installed beside it: $(comm -13 - <(installed) <<<"$before" | paste -sd' ')"
[ -z "$(inside dpkg --verify lode)" ] || fail "dpkg --verify finds differences"
[ "$(inside stat -c '%U %a' /etc/lode/wallets /var/lib/lode /var/backups/lode /etc/lode |
    paste -sd,)" = 'lode 700,lode 700,lode 700,root 750' ] ||
    fail "folders have other owners or modes"
[ -L "$root/etc/systemd/system/multi-user.target.wants/lode.service" ] || fail "the unit is not enabled"

# ---- by hand, as the user lode

as_lode lode --version
as_lode lode check --subtensor.network devnet --data-dir /var/lib/lode --axon.port 18091 --api.bind $api | sed 's/^/    /'
# As installed it wants a hotkey: one sentence that says which, and exit code 2.
code=0; as_lode lode run --config /etc/lode/lode.toml --data-dir /tmp/none 2>"$work/no-wallet" || code=$?
{ [ $code = 2 ] && grep -q '/etc/lode/wallets/default/hotkeys/default' "$work/no-wallet"; } ||
    fail "without a hotkey: exit code $code, $(cat "$work/no-wallet")"

chroot --userspec=lode:lode "$root" env -i PATH=/usr/bin:/bin HOME=/var/lib/lode \
    lode run --subtensor.network devnet --data-dir /var/lib/lode --axon.port 18091 --api.bind $api >"$work/run.log" 2>&1 &
miner=$!
trap 'kill -KILL $miner 2>/dev/null || true' EXIT
for _ in $(seq 100); do
    curl -fsS "http://$api/readyz" >/dev/null 2>&1 && break
    sleep 0.1
done
[ "$(curl -fsS "http://$api/healthz")" = ok ] || fail "/healthz, see $work/run.log"
[ "$(curl -fsS "http://$api/readyz")" = ready ] || fail "/readyz, see $work/run.log"
curl -fsS --compressed "http://$api/" | grep -q '<title>' || fail "no page"
for _ in $(seq 100); do
    answered=$(curl -fsS "http://$api/metrics" | sed -n 's/^miner_answers_total.* \([0-9]*\)$/\1/p' | awk '{n += $1} END {print n + 0}')
    [ "$answered" -gt 0 ] && break
    sleep 0.1
done
[ "$answered" -gt 0 ] || fail "no validator was answered"
as_lode lode status --api.bind $api >/dev/null || fail "lode status"
[ "$(stat -c %u /proc/$miner)" = "$(inside id -u lode)" ] || fail "it does not run as lode"
kill -TERM $miner
code=0; wait $miner || code=$?
trap - EXIT
[ $code = 0 ] || fail "SIGTERM ended it with $code, see $work/run.log"
say "by hand: page, /healthz, /readyz, $answered answers, SIGTERM ends with 0"
rm -rf "${root:?}"/var/lib/lode/*

# ---- as a service, under the root's own systemd

install -m 0755 packaging/debian-root/service.sh "$root/root/service.sh"
cat >"$root/etc/systemd/system/proof.service" <<'TEXT'
[Unit]
After=multi-user.target
[Service]
Type=oneshot
ExecStart=/bin/sh -c '/root/service.sh >/root/service.log 2>&1; systemctl exit $?'
TEXT
mkdir -p "$root/etc/systemd/system/graphical.target.wants"
ln -s ../proof.service "$root/etc/systemd/system/graphical.target.wants/"
umount -R "$root/proc" "$root/dev"
code=0
timeout 300 systemd-nspawn --quiet --register=no --keep-unit --settings=no --private-network --console=pipe -D "$root" \
    --boot systemd.unit=graphical.target systemd.show_status=0 </dev/null >"$work/boot.log" 2>&1 || code=$?
sed 's/^/    /' "$root/root/service.log" || true
[ $code = 0 ] || fail "under systemd: exit code $code; see $work/boot.log"

# ---- removed, purged

mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
rm "$root/etc/systemd/system/proof.service" "$root/etc/systemd/system/graphical.target.wants/proof.service"
inside apt-get remove -y -qq lode >"$work/remove.log" 2>&1
{ [ ! -e "$root/usr/bin/lode" ] && [ -f "$root/etc/lode/lode.toml" ] && [ -d "$root/var/lib/lode" ]; } || fail "removing takes too much or too little"
inside install -D -m 0600 -o lode -g lode /dev/null /etc/lode/wallets/w/hotkeys/h
inside apt-get purge -y -qq lode >>"$work/remove.log" 2>&1
[ -f "$root/etc/lode/wallets/w/hotkeys/h" ] || fail "purging deletes hotkeys"
[ -f "$root/var/backups/lode/proof.sqlite" ] || fail "purging deletes backups"
{ [ ! -e "$root/var/lib/lode" ] && [ ! -e "$root/etc/lode/lode.toml" ]; } || fail "purging leaves data or configuration"
left=$(cd "$root"; find etc usr var -name '*lode*' -not -path 'etc/lode*' -not -path 'var/backups/*' -not -path 'var/log/*' -not -path 'var/lib/apt/*' -not -path var/cache/lode.deb | grep -viE 'explode|unload' || true)
inside apt-get install -y -qq --no-install-recommends /var/cache/lode.deb >>"$work/install.log" 2>&1
inside rm -r /etc/lode/wallets/w
inside apt-get purge -y -qq lode >>"$work/remove.log" 2>&1
[ ! -e "$root/etc/lode" ] || fail "purging leaves /etc/lode: $(ls -A "$root/etc/lode")"
! grep -q '^lode:' "$root/etc/passwd" || fail "purging leaves the user lode"
[ -z "$left" ] || fail "purging leaves $left"
say "removed and purged: hotkeys stay, nothing else does"

umount -R "$root/proc" "$root/dev"
rm -rf "$root"
say good
