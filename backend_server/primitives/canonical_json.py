"""Canonical JSON: the same value gives the same bytes on any machine (keys sorted, no blanks, UTF-8)."""

from __future__ import annotations

import hashlib

import orjson

from backend_server.errors import InvalidInput, Problem


def canonical_bytes(value: object) -> bytes:
    """Write a JSON value canonically: keys sorted, no blanks, UTF-8, no escapes beyond JSON's own."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def content_hash(body: bytes) -> str:
    """Return the name of bytes by their content: the first 32 hex digits of SHA-256."""
    return hashlib.sha256(body).hexdigest()[:32]


def read_json(body: bytes | str, *, what: str = "The document") -> object:
    """Parse strict JSON (no NaN, no lone surrogates); raises InvalidInput with line and column."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as fault:
        raise InvalidInput([json_problem(fault)], what=what) from fault


def json_problem(fault: orjson.JSONDecodeError) -> Problem:
    """Return where a text ceases to be JSON."""
    return Problem("", f"is not JSON: {fault.msg}", line=fault.lineno, column=fault.colno)
