"""The headers of public answers, each rule with its reason."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from enum import StrEnum

_ANCESTOR = re.compile(r"\*|https?://(?:\*\.)?[A-Za-z0-9.\-\[\]:]+|'self'")


class PageKind(StrEnum):
    """What sort of page an answer holds; each needs another policy."""

    OWN = "own"  # our viewer and notices: nothing inline but data
    RELAYED = "relayed"  # Grafana's page, which has inline scripts and evaluates code


# What every public answer carries: never kept, never sniffed, and the token stays out of `Referer`.
PUBLIC_HEADERS: Mapping[str, str] = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def page_policy(kind: PageKind, ancestors: Sequence[str], *, nonce: str = "") -> str:
    """Return the Content-Security-Policy of a page; without a list of ancestors any site may embed it."""
    if kind is PageKind.OWN:
        # Charts set sizes and tooltips by style attributes; a style element or script without our nonce is refused.
        rules = [
            "default-src 'none'",
            "script-src 'self'" + (f" 'nonce-{nonce}'" if nonce else ""),
            "style-src 'self'" + (f" 'nonce-{nonce}'" if nonce else ""),
            "style-src-attr 'unsafe-inline'",
            "img-src 'self' data:",
            "font-src 'self'",
            "connect-src 'self'",
            "form-action 'self'",
            "base-uri 'none'",
        ]
    else:
        rules = [
            "default-src 'self'",
            "script-src 'self' 'unsafe-inline' 'unsafe-eval'",
            "style-src 'self' 'unsafe-inline' blob:",
            "img-src * data: blob:",  # texts, tables and maps may show pictures from elsewhere, as in Grafana
            "font-src 'self' data:",
            "connect-src 'self' data: blob:",
            "worker-src 'self' blob:",
            "form-action 'none'",
            "base-uri 'self'",
            "object-src 'none'",
        ]
    return "; ".join([*rules, f"frame-ancestors {_frame_ancestors(ancestors)}"])


def _frame_ancestors(ancestors: Sequence[str]) -> str:
    if not ancestors:
        return "*"
    known = [ancestor for ancestor in ancestors if _ANCESTOR.fullmatch(ancestor)]
    return " ".join(["'self'", *known])  # a list of which nothing can be read allows nobody but us
