#!/usr/bin/env bash
# Pins every Python package with the hashes of all its files. Run it with pip-tools installed:
#   scripts/lock.sh            keeps the pinned versions that still fit
#   scripts/lock.sh --upgrade  takes the newest ones
set -euo pipefail
cd "$(dirname "$0")/.."

# A local wheel folder or another index would leave hashes here that nobody else can match.
unset PIP_FIND_LINKS PIP_INDEX_URL PIP_EXTRA_INDEX_URL
export PIP_CONFIG_FILE=/dev/null CUSTOM_COMPILE_COMMAND=scripts/lock.sh

compile() {
    "${PYTHON:-python3}" -m piptools compile --quiet --generate-hashes --allow-unsafe --strip-extras --no-header \
        --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --resolver=backtracking "${extra[@]}" "$@"
}

extra=("$@")
compile --output-file requirements.txt pyproject.toml
# pip-tools does not read dependency groups.
"${PYTHON:-python3}" -c 'import tomllib; print("\n".join(tomllib.load(open("pyproject.toml", "rb"))["dependency-groups"]["dev"]))' |
    compile --constraint requirements.txt --output-file requirements-dev.txt -
compile --output-file scripts/requirements-build.txt scripts/requirements-build.in
compile --output-file scripts/requirements-node.txt scripts/requirements-node.in
