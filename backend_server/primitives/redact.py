"""Taking secrets out of what is about to be logged. A log line outlives the secret's owner, so the rule is broad."""

from __future__ import annotations

import re
from collections.abc import Mapping

# What stands before a token may be an escape such as %2F, whose last digit is one of no token.
_HEX_TOKEN = re.compile(r"(?:(?<![0-9a-fA-F])|(?<=%[0-9a-fA-F]{2}))([0-9a-fA-F]{4})[0-9a-fA-F]{28}(?![0-9a-fA-F])")
_API_TOKEN = re.compile(r"\b(dw_[A-Za-z0-9_-]{4})[A-Za-z0-9_-]{8,}")
_URL_PASSWORD = re.compile(r"(://[^:/@\s]+:)[^@/\s]+@")
_BEARER = re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}")
_SECRET_NAME = re.compile(r"(?i)(^|[_-])(password|passwd|secret|authorization|cookie|api_?token|fernet\w*|secret_key)$")
_REQUEST_ID = re.compile(r"[0-9a-f]{16,32}")  # ours or the edge's, which looks like a link's token
STARS = "***"


def redact_text(text: str) -> str:
    """Shorten link tokens and API tokens to a recognisable beginning; drop passwords in URLs and header values."""
    text = _HEX_TOKEN.sub(r"\1…", text)
    text = _API_TOKEN.sub(r"\1…", text)
    text = _URL_PASSWORD.sub(rf"\1{STARS}@", text)
    return _BEARER.sub(rf"\1 {STARS}", text)


def redact(value: object) -> object:
    """Redact a log value whole: texts by content, mappings by name as well."""
    if isinstance(value, str):
        return redact_text(value)
    if isinstance(value, Mapping):
        return {str(name): _redacted_field(str(name), inner) for name, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [redact(inner) for inner in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    return redact_text(str(value))


def _redacted_field(name: str, value: object) -> object:
    if name == "request_id" and isinstance(value, str) and _REQUEST_ID.fullmatch(value):
        return value  # by which an error that somebody met is looked up
    return STARS if _SECRET_NAME.search(name) else redact(value)
