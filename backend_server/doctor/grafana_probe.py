"""Grafana from beside it: as ourselves, as nobody, by a default password, and on this machine's other addresses."""

from __future__ import annotations

import base64
import ipaddress
import re
from collections.abc import Collection, Mapping
from urllib.parse import unquote, urlsplit

from backend_server.outbound.own import own_addresses
from backend_server.viewing.relay.grafana_page import GrafanaPage, UnreadablePage
from backend_server.viewing.relay.page_edits import RealToken

from .asking import Asker, ProbeAnswer
from .facts import GrafanaFacts

_NO_TOKEN = "0" * 32
_DEFAULT = base64.b64encode(b"admin:admin").decode()
_ACCESS = re.compile(rb'"access":"direct"')
_MOST_ADDRESSES = 8


def look_at_grafana(
    url: str,
    *,
    user: str,
    token: str | None = None,
    addresses: Collection[str] | None = None,
    database: str | None = None,
) -> tuple[GrafanaFacts, float | None]:
    """Examine the Grafana at `url`; returns the facts, and how far its clock is ahead of ours.

    `user` is named in the identity header unless there is a service-account `token`. `addresses` are those tried
    besides loopback; by default this machine's own, and only for a Grafana on this machine. `database` is DATABASE_URL.
    """
    url, parts = url.rstrip("/"), urlsplit(url)
    asker = Asker("Grafana")
    try:
        health = asker.get(f"{url}/api/health")
        body = health.json()
        if not isinstance(body, dict) or "database" not in body:
            said = health.problem or f"It answered {health.status} to /api/health, and not as Grafana does."
            return GrafanaFacts(parts.path, answers=False, problem=said), None
        ours = {"Authorization": f"Bearer {token}"} if token else {"X-WEBAUTH-USER": user}
        ours["Origin"] = f"{parts.scheme}://{parts.netloc}"
        listed = asker.get(f"{url}/api/dashboards/public-dashboards?perpage=1", ours)
        page = asker.get(f"{url}/public-dashboards/{_NO_TOKEN}")
        sources = asker.get(f"{url}/api/datasources", ours)
        reached, believed = _around(asker, url, user, addresses)
        facts = GrafanaFacts(
            parts.path,
            version=_version(body, asker.get(f"{url}/api/frontend/settings", ours)),
            identity=_refusal(listed),
            ini=_ini(asker.get(f"{url}/api/admin/settings", ours)),
            page_status=page.status,
            page_base=page.base_href,
            page_problem=_page_problem(page),
            frame_options=page.headers.get("x-frame-options"),
            public_list_status=listed.status,
            anonymous_status=asker.get(f"{url}/api/search?limit=1").status,
            metrics_status=asker.get(f"{url}/metrics").status,
            default_password=asker.get(f"{url}/api/user", {"Authorization": f"Basic {_DEFAULT}"}).ok,
            direct_datasources=_direct(sources, page),
            owner_datasources=_as_owner(sources, database),
            reached_at=reached,
            believed_at=believed,
        )
        return facts, health.ahead_seconds
    finally:
        asker.close()


def _page_problem(page: ProbeAnswer) -> str | None:
    """Return why the public page cannot be taken apart as the relay does; None when it can."""
    if page.status != 200:
        return None  # the status says it
    try:
        GrafanaPage.parse(page.body, RealToken(_NO_TOKEN))
    except UnreadablePage as fault:
        return fault.message
    return None


def _refusal(listed: ProbeAnswer) -> str | None:
    """Return what Grafana answered when it did not accept our identity."""
    if listed.status not in (401, 403):
        return None
    body = listed.json()
    words = body.get("message") if isinstance(body, dict) else None
    return f"It answered {listed.status}{f' ({words})' if words else ''} to our own identity."


def _version(health: Mapping[str, object], settings: ProbeAnswer) -> str | None:
    """Return the version; one that is hidden in /api/health still stands in the data of a signed-in page."""
    body = settings.json() if settings.ok else None
    build = body.get("buildInfo") if isinstance(body, dict) else None
    version = health.get("version") or (build.get("version") if isinstance(build, dict) else None)
    return version if isinstance(version, str) and version else None


def _ini(answer: ProbeAnswer) -> dict[str, dict[str, str]] | None:
    """Read the settings Grafana runs with; only a server administrator may see them."""
    body = answer.json() if answer.ok else None
    if not isinstance(body, dict):
        return None
    return {
        str(section): {str(key): str(value) for key, value in keys.items()}
        for section, keys in body.items()
        if isinstance(keys, dict)
    }


def _direct(listed: ProbeAnswer, page: ProbeAnswer) -> tuple[str, ...]:
    """Return the datasources a browser asks directly; where the list is refused, the public page's boot data say it."""
    body = listed.json() if listed.ok else None
    if isinstance(body, list):
        return tuple(
            str(source.get("name")) for source in body if isinstance(source, dict) and source.get("access") == "direct"
        )
    return ("one that the public page names",) if _ACCESS.search(page.body) else ()


def _as_owner(listed: ProbeAnswer, database: str | None) -> tuple[str, ...]:
    """Return the datasources that sign in at our database as the user that we are there."""
    body = listed.json() if listed.ok and database else None
    if not isinstance(body, list) or database is None:
        return ()
    parts = urlsplit(database)
    place, owner = f"{parts.hostname or 'localhost'}:{parts.port or 5432}", unquote(parts.username or "")
    found = []
    for source in body:
        if isinstance(source, dict) and "postgres" in str(source.get("type")) and source.get("user") == owner:
            host, _, port = str(source.get("url")).rpartition("//")[2].rstrip("/").lower().rpartition(":")
            if f"{host.strip('[]')}:{port}" == place or f"{port}:5432" == place:  # one without a port is all in `port`
                found.append(str(source.get("name")))
    return tuple(found)


def _around(
    asker: Asker, url: str, user: str, addresses: Collection[str] | None
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Try the same port on other addresses: those that answer, and those that believe the header."""
    parts = urlsplit(url)
    if addresses is None:
        addresses = _own() if _is_loopback(parts.hostname or "") else ()
    reached, believed = [], []
    for address in addresses:
        host = f"[{address}]" if ":" in address else address
        base = f"{parts.scheme}://{host}:{parts.port or (443 if parts.scheme == 'https' else 80)}{parts.path}"
        if asker.get(f"{base}/api/health").is_grafana:
            reached.append(address)
            if asker.get(f"{base}/api/user", {"X-WEBAUTH-USER": user}).login:
                believed.append(address)
    return tuple(reached), tuple(believed)


def _own() -> list[str]:
    """Return some of this machine's addresses; a link-local one needs a zone that a URL cannot carry."""
    found = [address for address in own_addresses() if not address.is_link_local]
    return sorted(map(str, found))[:_MOST_ADDRESSES]


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
