#!/usr/bin/env bash
# Every test, the quick ones first so that a mistake shows early; ends with pytest's closing line. A skipped test is a
# failure: whatever a test needs, the set-up installs. So are changed lines that no test reaches.
set -euo pipefail
cd "$(dirname "$0")/.."
workers=${1:-2}
make --no-print-directory lint types pages
report=$(mktemp -d)
trap 'rm -rf "$report"' EXIT
status=0
# In this process alone: what a test starts as a program of its own is not counted, so less is claimed than is reached.
COVERAGE_FILE="$report/coverage" .venv/bin/python -m pytest tests --numprocesses "$workers" --dist loadfile \
    --junitxml "$report/tests.xml" --cov --cov-report "xml:$report/coverage.xml" -q "${@:2}" || status=$?
skipped=$(grep -o 'skipped="[0-9]*"' "$report/tests.xml" | head -n 1 | tr -dc 0-9)
if [ "${skipped:-0}" -gt 0 ]; then
    echo "$skipped tests were skipped; none may be." >&2
    exit 1
fi
[ $status -eq 0 ] || exit $status

# Changed lines: against DIFF_BASE, else where this branch left origin's, else against the commit before.
base=
for candidate in "${DIFF_BASE:-}" origin/main HEAD~1; do
    [ -n "$candidate" ] && found=$(git merge-base "$candidate" HEAD 2>/dev/null) || continue
    if [ "$found" != "$(git rev-parse HEAD)" ]; then
        base=$found
        break
    fi
done
if [ -z "$base" ]; then
    echo "No commit to compare with, so there are no changed lines to look at."
    exit 0
fi
.venv/bin/diff-cover "$report/coverage.xml" --compare-branch "$base" --fail-under 90 --minimum-change 40 --quiet
echo "Changed lines since ${base:0:10} are reached by tests."
