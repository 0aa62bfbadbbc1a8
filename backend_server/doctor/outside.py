"""The public address as a stranger sees it: whether it is us, and what it shows to someone with a forged identity."""

from __future__ import annotations

import ipaddress
import secrets
from urllib.parse import urlsplit

from backend_server.links.urls import page_path

from .asking import Asker, ProbeAnswer
from .facts import OutsideFacts, ProbedPath

# What nobody may see without signing in, in our API and in Grafana's.
_CLOSED_PATHS = (
    "/api/devices",
    "/api/audit",
    "/grafana/api/user",
    "/grafana/api/org",
    "/grafana/api/dashboards/public-dashboards",
    "/grafana/api/admin/settings",
    "/grafana/api/datasources",
    "/grafana/metrics",
    "/grafana/login",
)
_GRAFANA_PORT, _SIGN_IN_PORT = 3300, 3000


def look_outside(url: str, *, user: str = "admin", itself: bool = False) -> tuple[OutsideFacts, float | None]:
    """Examine `url` (scheme, host, port); returns the facts, and how far its clock is ahead of ours.

    `user` is who the identity headers claim to be: Grafana's administrator. `itself` says that this machine asks its
    own address, which is no word on how others reach it.
    """
    url = url.rstrip("/")
    asker = Asker("The public address")
    try:
        health = asker.get(f"{url}/server/health")
        if health.status is None:
            return OutsideFacts(url, problem=f"{url}: {health.problem}"), None
        body = health.json()
        ours = isinstance(body, dict) and "components" in body and "live" in body
        loopback = itself or _is_loopback(urlsplit(url).hostname or "")
        page = asker.get(f"{url}{page_path(secrets.token_hex(16))}")
        facts = OutsideFacts(
            url,
            itself=itself,
            health_status=health.status,
            health_is_ours=ours,
            components=_down(body) if ours else {},
            plain=tuple(_seen(path, asker.get(url + path)) for path in _CLOSED_PATHS),
            claimed=tuple(seen for path in _CLOSED_PATHS for seen in _claim(asker, url, path, user)),
            api_status=asker.get(f"{url}/api/devices").status,
            metrics_paths=_open_metrics(asker, url, ours_too=not loopback),
            page_is_grafana=b"grafanaBootData" in page.body,
            other_ports=() if loopback else _other_ports(asker, url, user),
        )
        return facts, health.ahead_seconds
    finally:
        asker.close()


def _claim(asker: Asker, url: str, path: str, user: str) -> tuple[ProbedPath, ...]:
    """Request a path with a forged identity, in all spellings that servers read as one header."""
    spellings = (
        {"X-WEBAUTH-USER": user},
        {"X_WEBAUTH_USER": user},
        {"x-webauth-user": f"{user}", "X-Grafana-User": user},
    )
    return tuple(_seen(path, asker.get(url + path, headers)) for headers in spellings)


def _seen(path: str, answer: ProbeAnswer) -> ProbedPath:
    return ProbedPath(path, answer.status, answer.is_grafana, answer.login)


def _down(body: dict[str, object]) -> dict[str, str]:
    """Return the components that are not well, with their words."""
    components = body.get("components")
    found = {}
    for name, part in components.items() if isinstance(components, dict) else ():
        if isinstance(part, dict) and part.get("status") not in ("ok", "ready"):
            found[str(name)] = str(part.get("message") or part.get("status"))
    return found


def _open_metrics(asker: Asker, url: str, *, ours_too: bool) -> tuple[str, ...]:
    """Return the paths at which metrics are open; to this machine itself ours may be."""
    paths = ("/metrics", "/grafana/metrics") if ours_too else ("/grafana/metrics",)
    return tuple(path for path in paths if _holds_metrics(asker.get(url + path)))


def _holds_metrics(answer: ProbeAnswer) -> bool:
    return answer.ok and (b"# TYPE" in answer.body or b"grafana_build_info" in answer.body)


def _other_ports(asker: Asker, url: str, user: str) -> tuple[ProbedPath, ...]:
    """Try the ports Grafana is known by on the same host; on the edge's second one only a believed header is wrong."""
    host = urlsplit(url).hostname or ""
    host = f"[{host}]" if ":" in host else host
    found = []
    for port in (_GRAFANA_PORT, _SIGN_IN_PORT):
        base = f"http://{host}:{port}"
        answers = (asker.get(base + path + "/api/health") for path in ("/grafana", ""))
        health = next((answer for answer in answers if answer.ok), None)
        if health is None or not health.is_grafana:
            continue
        asked = (asker.get(f"{base}{path}/api/user", {"X-WEBAUTH-USER": user}) for path in ("/grafana", ""))
        login = next((answer.login for answer in asked if answer.login), None)
        found.append(ProbedPath(base, health.status, is_grafana=port == _GRAFANA_PORT, login=login))
    return tuple(found)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
