"""Grafana's static files for visitors where no nginx stands before us: packed once, kept in a bounded memory."""

from __future__ import annotations

import gzip as gzipping

from backend_server.errors import NotFound, UpstreamError
from backend_server.primitives.limits import FetchLimits
from backend_server.querying.answer_cache import AnswerCache

from ..admission import UNAVAILABLE
from ..answers import grafana_error, refusal_answer
from ..model import Answer
from ..ports import GrafanaForVisitors

_BUILT_KEPT_SECONDS = 86_400.0
_OTHERS_KEPT_SECONDS = 300.0
_MOST_BYTES = 48 * 1024 * 1024
_LEAST_COMPRESSED = 1024
_COMPRESSED = ("text/", "application/javascript", "application/json", "image/svg+xml", "application/wasm")


class GrafanaFiles:
    """Fetches a file once, whoever asks; the page needs about 35 of them, 12 MB, which Grafana does not compress."""

    def __init__(self, grafana: GrafanaForVisitors, fetches: FetchLimits) -> None:
        self._grafana = grafana
        self._kept: AnswerCache[Answer] = AnswerCache(
            max_bytes=_MOST_BYTES, size=lambda answer: len(answer.body), limits=fetches
        )

    def get(self, path: str, *, gzip: bool) -> Answer:
        """Return a file below `/public/`, packed if the browser takes that; only the folders of the page are open."""
        # The names in build/ hold their hash and change with the version; the others do not.
        built = path.startswith("build/")
        try:
            return self._kept.get(
                (path, gzip),
                _BUILT_KEPT_SECONDS if built else _OTHERS_KEPT_SECONDS,
                lambda: self._fetch(path, gzip=gzip, built=built),
            )
        except UpstreamError:
            return refusal_answer(UNAVAILABLE)
        except NotFound:
            return grafana_error(404, "notFound", "There is no such file")

    def _fetch(self, path: str, *, gzip: bool, built: bool) -> Answer:
        reply = self._grafana.visitor_asset(path)
        if reply.status != 200:
            raise NotFound("There is no such file.")
        kind = reply.headers.get("content-type", "application/octet-stream")
        headers = {
            "Cache-Control": "public, max-age=31536000, immutable" if built else "public, max-age=3600",
            "Access-Control-Allow-Origin": "*",  # fonts and modules of a sandboxed frame
        }
        body = reply.body
        if kind.startswith(_COMPRESSED) and len(body) >= _LEAST_COMPRESSED:
            headers["Vary"] = "Accept-Encoding"
            if gzip:
                body = gzipping.compress(body, 6, mtime=0)
                headers["Content-Encoding"] = "gzip"
        return Answer(200, body, kind, headers)
