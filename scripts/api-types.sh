#!/usr/bin/env bash
# Writes the types that the pages know our API by, from its OpenAPI document: frontend/src/lib/schema.d.ts. No service runs
# for it; the document comes from a state that is made for this and removed.
set -euo pipefail
cd "$(dirname "$0")/.."
state=$(mktemp -d)
trap 'rm -rf "$state"' EXIT
# Nothing of the caller's environment: it may name a database that is in use.
dashwright() { env -i PATH="$PATH" HOME="$state" DATA_DIR="$state" DASHBOARDS_DIR="$state/dashboards" EDGE=false .venv/bin/dashwright "$@"; }
dashwright prepare >"$state/prepare.log" 2>&1 || { cat "$state/prepare.log" >&2; exit 1; }
dashwright openapi >"$state/openapi.json"
cd frontend
node_modules/.bin/vite-node tooling/api-types.ts "$state/openapi.json" src/lib/schema.d.ts
