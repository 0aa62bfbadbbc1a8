#!/usr/bin/env bash
# Tries this checkout's last commit on a bare Debian 12: a chroot made by debootstrap (minimal, plus python3, make, git and
# ca-certificates), a fresh clone in it, and the README's command there. Needs root and debootstrap.
#
#   scripts/bare_machine.sh test          make test
#   scripts/bare_machine.sh demo          make demo, until it says that it is ready, then its page is asked for
#   scripts/bare_machine.sh run COMMAND…  any other command in the clone
#
# BARE_DIR names the folder (kept afterwards; one made before is used again); else a temporary one, removed at the end.
set -euo pipefail
cd "$(dirname "$0")/.."
source=$PWD
what=${1:-test}
[ "$(id -u)" -eq 0 ] || { echo "Only root can make a chroot." >&2; exit 1; }
command -v debootstrap >/dev/null || { echo "debootstrap is missing: apt-get install debootstrap" >&2; exit 1; }

root=${BARE_DIR:-$(mktemp -d)}
leave() {
    for mount in dev/shm dev/pts dev proc sys; do umount -l "$root/$mount" 2>/dev/null || true; done
    [ -n "${BARE_DIR:-}" ] || rm -rf --one-file-system "$root"
}
trap leave EXIT

if [ ! -x "$root/usr/bin/git" ]; then
    debootstrap --variant=minbase --include=python3,make,git,ca-certificates bookworm "$root" >&2
fi
# What this machine trusts is trusted there, or nothing could be installed behind a proxy that opens TLS.
mkdir -p "$root/usr/local/share/ca-certificates"
cp -r /usr/local/share/ca-certificates/. "$root/usr/local/share/ca-certificates/"
cp /etc/resolv.conf "$root/etc/resolv.conf"
cp /etc/hosts "$root/etc/hosts"
mount -t proc proc "$root/proc"
mount --rbind --make-rslave /dev "$root/dev"
mount -t sysfs -o ro sys "$root/sys" 2>/dev/null || true
inside() { chroot "$root" env -i HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 CI="${CI:-}" \
    PIP_CERT=/etc/ssl/certs/ca-certificates.crt NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt bash -c "$1"; }
inside 'update-ca-certificates >/dev/null 2>&1 || true'

rm -rf "$root/root/dashwright"
git clone --quiet --no-hardlinks "$source" "$root/root/dashwright"
in_clone() { inside "cd /root/dashwright && $1"; }

case $what in
test) in_clone 'make test' ;;
demo)
    in_clone 'make demo >/root/demo.log 2>&1 & echo $! >/root/demo.pid; wait' &
    waiting=$!
    for _ in $(seq 600); do
        grep -q 'is ready: open' "$root/root/demo.log" 2>/dev/null && break
        kill -0 $waiting 2>/dev/null || break
        sleep 1
    done
    address=$(grep -o 'open http[^ ]*' "$root/root/demo.log" | head -n 1 | cut -d' ' -f2 || true)
    tail -n 20 "$root/root/demo.log"
    status=1
    if [ -n "$address" ]; then
        inside "python3 -c 'import sys, urllib.request; print(urllib.request.urlopen(sys.argv[1], timeout=10).status)' '${address%.}'" && status=0
    fi
    pkill -TERM -P "$(cat "$root/root/demo.pid")" 2>/dev/null || true
    kill "$(cat "$root/root/demo.pid")" 2>/dev/null || true
    wait $waiting 2>/dev/null || true
    exit $status
    ;;
run)
    shift
    in_clone "$*"
    ;;
*)
    echo "usage: scripts/bare_machine.sh test | demo | run COMMAND…" >&2
    exit 2
    ;;
esac
