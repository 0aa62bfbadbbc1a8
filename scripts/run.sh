#!/usr/bin/env bash
# Runs everything on this machine with its state in var/. Whatever the environment or .env says wins.
set -euo pipefail
cd "$(dirname "$0")/.."
set_unless() { # set_unless NAME VALUE
    local name=$1
    if [ -z "${!name:-}" ] && [ -z "$(eval "echo \${${name}_FILE:-}")" ] && ! grep -qsE "^(export +)?${name}(_FILE)?=" .env; then
        export "$name=$2"
    fi
}
set_unless DATA_DIR "$PWD/var/state"
set_unless DASHBOARDS_DIR "$PWD/var/dashboards"
if [ -z "${PROMETHEUS_URL:-}" ] && ! grep -qs '^PROMETHEUS_URL=' .env && command -v prometheus >/dev/null; then
    # A Prometheus of our own, on a port that another one on this machine does not have.
    export PROMETHEUS_URL=http://127.0.0.1:5112 OWN_PROMETHEUS=true
fi
exec .venv/bin/dashwright run
