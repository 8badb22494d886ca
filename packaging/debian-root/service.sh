#!/bin/bash
# Run as root inside the booted Debian by ../debian-root.sh: the unit as operators use it. One line for each thing shown.
set -euo pipefail
trap 'echo "line $LINENO failed"; journalctl -u lode --no-pager -n 40 -o cat; systemctl --no-pager status lode' ERR

shows() { [ "$(systemctl show -P "$1" lode)" = "$2" ] || { echo "$1 is $(systemctl show -P "$1" lode), not $2"; false; }; }
get() { exec 3<>/dev/tcp/127.0.0.1/8080; printf 'GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' "$1" >&3; cat <&3; exec 3>&-; }
# within(seconds, command…): until it holds.
within() {
    local tries=$(($1 * 5)); shift
    until "$@" >/dev/null 2>&1; do
        [ $((tries -= 1)) -gt 0 ] || { echo "not in time: $*"; return 1; }
        sleep 0.2
    done
}
other_pid() { pid=$(systemctl show -P MainPID lode); [ "$pid" != 0 ] && [ "$pid" != "$1" ] && systemctl is-active lode; }

# Installed and enabled, and no hotkey: it has failed at boot, once, and was not started again.
within 20 systemctl is-failed lode
shows ExecMainStatus 2
shows NRestarts 0
echo 'without a hotkey: failed with 2, once'

sed -i 's/^network = .*/network = "devnet"/' /etc/lode/lode.toml
lode-service check
mkdir -p /etc/systemd/system/lode.service.d
printf '[Service]\nWatchdogSec=4\nRestartSec=1\n' >/etc/systemd/system/lode.service.d/quick.conf
systemctl daemon-reload
systemctl start lode
shows ActiveState active
pid=$(systemctl show -P MainPID lode)
get /readyz | grep -q ready
get / | grep -q '<title>'
within 20 lode-service status
echo "started: $(systemctl show -P StatusText lode)"

# What the sandbox left it.
grep -q "^Seccomp:	2" "/proc/$pid/status"
grep -q "^NoNewPrivs:	1" "/proc/$pid/status"
grep -q "^CapBnd:	0000000000000000" "/proc/$pid/status"
[ "$(stat -c %U "/proc/$pid")" = lode ]
[ "$(stat -c '%U %a' /var/lib/lode/admin-token)" = 'lode 600' ]
echo "as $(stat -c %U "/proc/$pid"): no capability, no new rights, system calls filtered"
if journalctl -u lode --no-pager -o cat | grep -iE 'panic|operation not permitted|read-only'; then false; fi

# Longer than the watchdog waits: it is fed.
sleep 6
shows MainPID "$pid"
systemctl reload lode
sleep 1
shows MainPID "$pid"
shows ActiveState active
echo 'SIGHUP: the same process goes on'

lode-service backup /var/backups/lode/proof.sqlite
[ "$(stat -c '%U %a' /var/backups/lode/proof.sqlite)" = 'lode 600' ]

kill -STOP "$pid"
within 20 other_pid "$pid"
pid=$(systemctl show -P MainPID lode)
echo 'hung: the watchdog started it anew'
kill -KILL "$pid"
within 20 other_pid "$pid"
within 20 lode status
echo 'killed: started anew'

pid=$(systemctl show -P MainPID lode)
apt-get install -y -qq --reinstall --no-install-recommends /var/cache/lode.deb >/dev/null 2>&1
within 20 other_pid "$pid"
grep -q devnet /etc/lode/lode.toml
echo 'upgraded: started anew, its configuration kept'

systemctl stop lode
shows Result success
shows ExecMainStatus 0
echo 'stopped: 0'

systemctl start lode
within 20 lode status
echo 'started again'
rm -r /etc/systemd/system/lode.service.d
