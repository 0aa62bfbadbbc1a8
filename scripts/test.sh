#!/usr/bin/env bash
# Every test, the quick ones first so that a mistake shows early; ends with pytest's closing line. A skipped test is a
# failure: whatever a test needs, the set-up installs.
set -euo pipefail
cd "$(dirname "$0")/.."
workers=${1:-2}
make --no-print-directory lint types pages
report=$(mktemp -d)
trap 'rm -rf "$report"' EXIT
status=0
.venv/bin/python -m pytest tests --numprocesses "$workers" --dist loadfile --junitxml "$report/tests.xml" -q "${@:2}" ||
    status=$?
skipped=$(grep -o 'skipped="[0-9]*"' "$report/tests.xml" | head -n 1 | tr -dc 0-9)
if [ "${skipped:-0}" -gt 0 ]; then
    echo "$skipped tests were skipped; none may be." >&2
    exit 1
fi
exit $status
