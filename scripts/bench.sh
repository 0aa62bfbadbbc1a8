#!/usr/bin/env bash
# Every benchmark in turn, each in a process of its own.
set -euo pipefail
cd "$(dirname "$0")/.."
status=0
for file in benchmarks/*.py; do
    name=$(basename "$file" .py)
    # A module without a `main` guard is shared by the others.
    grep -q '__main__' "$file" || continue
    echo "== $name"
    .venv/bin/python -m "benchmarks.$name" || status=1
done
exit $status
