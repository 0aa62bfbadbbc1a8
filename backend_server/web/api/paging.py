"""Where a list lies and which other parameters its neighbours keep."""

from __future__ import annotations

from urllib.parse import urlencode

from flask import request

from ..context import link_base


def list_address() -> dict[str, str]:
    """Return `url` and `query` for `page_answer`."""
    kept = [(name, value) for name, value in request.args.items(multi=True) if name not in ("page", "per_page")]
    return {"url": link_base() + request.path, "query": urlencode(kept)}
