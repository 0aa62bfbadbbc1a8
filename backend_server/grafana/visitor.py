"""What anonymous visitors ask Grafana, for the relay: raw answers, and never an identity of ours on the request."""

from __future__ import annotations

import re
from collections.abc import Mapping

from backend_server.errors import NotFound
from backend_server.primitives.ids import is_link_token
from backend_server.viewing.model import RawReply

from .transport import Transport

_LANGUAGE = re.compile(r"[A-Za-z0-9*,;=.\- ]{1,200}")
_ASSET = re.compile(r"(?:build|img|fonts|gazetteer|maps|plugins)/[A-Za-z0-9_\-][A-Za-z0-9_.@~+/\-]*")


class VisitorCalls:
    """The public routes and the static files. Whatever Grafana answers is returned as it stands.

    Raises only when there is no answer (GrafanaUnreachable, GrafanaTimeout), when it is too large, or when a token,
    panel or file could not be Grafana's in the first place (NotFound; nothing is sent).
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def visitor_page(self, token: str, query_string: str = "", accept_language: str = "") -> RawReply:
        """Fetch the HTML page; it is 200 for any token, so ask `visitor_dashboard` whether there is a dashboard."""
        headers = {"Accept": "text/html"}
        if _LANGUAGE.fullmatch(accept_language):
            headers["Accept-Language"] = accept_language
        query = f"?{_query(query_string)}" if query_string else ""
        return self._send("GET", f"/public-dashboards/{_token(token)}{query}", headers)

    def visitor_dashboard(self, token: str) -> RawReply:
        """Fetch the dashboard's JSON, `{"dashboard", "meta"}`."""
        return self._read(f"/api/public/dashboards/{_token(token)}")

    def visitor_query(self, token: str, panel_id: int, body: bytes) -> RawReply:
        """Run the panel's stored queries; `body` is `{"intervalMs", "maxDataPoints", "timeRange"}`, which must be set.

        Grafana bounds neither, and its error texts name internal addresses: reword them before showing.
        """
        return self._send(
            "POST",
            f"/api/public/dashboards/{_token(token)}/panels/{int(panel_id)}/query",
            {"Content-Type": "application/json", "Accept": "application/json"},
            body,
        )

    def visitor_asset(self, path: str) -> RawReply:
        """Fetch a static file of the page, e.g. `build/app.1a2b.js` (below Grafana's `/public/`)."""
        if not _ASSET.fullmatch(path) or ".." in path or "//" in path:
            raise NotFound("There is no such file")
        return self._send("GET", f"/public/{path}", {"Accept": "*/*"})

    def close(self) -> None:
        """Close the kept connections."""
        self._transport.close()

    def _read(self, path: str) -> RawReply:
        return self._send("GET", path, {"Accept": "application/json"})

    def _send(self, method: str, path: str, headers: Mapping[str, str], body: bytes | None = None) -> RawReply:
        answer = self._transport.send(method, path, headers=headers, body=body)
        return RawReply(answer.status, answer.headers, answer.body)


def _token(token: str) -> str:
    if not is_link_token(token):
        raise NotFound("There is no such link")
    return token


def _query(query_string: str) -> str:
    """Keep the characters a query may have; anything else could end the request line."""
    return re.sub(r"[^A-Za-z0-9\-._~!$&'()*+,;=:@/?%]", "", query_string)[:2000]
