"""Our own addresses, as a page or a redirect names them: relative to what was asked for.

A frontend may proxy us below a path of its own, which it takes off before it asks: an absolute path would lead out of
it.
"""

from __future__ import annotations

from flask import request


def own_url(path: str) -> str:
    """Return a path of ours (`/links?page=2`) as it stands in the answer to the present request."""
    up = "../" * (request.path.count("/") - 1)
    return (up or "./") + path.removeprefix("/")
