"""Pure rules about Grafana: its address, version, identity, and the settings it was started with."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping

from .catalogue import Finding, found
from .facts import GrafanaFacts

# The oldest safe version of each line that got the fixes; a newer line is safe, an older one is not.
SAFE_VERSIONS = ((11, 6, 14), (12, 4, 3))
_SUB_PATH = "/grafana"
_LOCK_SECONDS = 10  # above it a restart gives up before the lock counts as abandoned
_FEW_ADDRESSES = {4: 30, 6: 126}  # a prefix shorter than this lets in more than a handful


def grafana_findings(facts: GrafanaFacts) -> Iterator[Finding]:
    """Check Grafana; a setting adds no finding where its effect was observed already."""
    seen = tuple(_behaviour(facts))
    yield from seen
    reported = {finding.kind.id for finding in seen}
    if facts.ini is not None:
        yield from (finding for finding in ini_findings(facts.ini) if finding.kind.id not in reported)


def is_safe(version: str) -> bool | None:
    """Whether a version has the fixes; None for text that is not a version."""
    numbers = version.partition("-")[0].partition("+")[0].split(".")
    if len(numbers) < 2 or not all(number.isdigit() for number in numbers):
        return None
    given = tuple(int(number) for number in numbers)
    newest = SAFE_VERSIONS[-1]
    return given >= newest or any(given[:2] == safe[:2] and given >= safe for safe in SAFE_VERSIONS)


def ini_findings(ini: Mapping[str, Mapping[str, str]]) -> Iterator[Finding]:
    """Check the settings Grafana runs with, as its administrator's API answers them."""

    def says(section: str, key: str) -> str:
        return ini.get(section, {}).get(key, "").strip()

    proxy = ini.get("auth.proxy", {})
    if says("auth.proxy", "enabled") == "true":
        if "whitelist" in proxy:
            yield from _allow_list(proxy["whitelist"])
        if says("auth.proxy", "auto_sign_up") == "true":
            yield found("auto-sign-up")
        if says("auth.proxy", "headers"):
            yield found("proxy-headers", f"[auth.proxy] headers = {says('auth.proxy', 'headers')}")
        if says("security", "csrf_always_check") == "false":
            yield found("csrf-check-off")
    root, serves = says("server", "root_url"), says("server", "serve_from_sub_path")
    if root and not root.rstrip("/").endswith(_SUB_PATH):
        yield found("sub-path", f"[server] root_url is {root}")
    if serves == "false":
        yield found("sub-path", "[server] serve_from_sub_path is false.")
    if says("security", "allow_embedding") == "false":
        yield found("embedding-off")
    if says("auth.anonymous", "enabled") == "true":
        yield found("anonymous-on")
    for key in ("public_mode", "external_enabled"):
        if says("snapshots", key) == "true":
            yield found("snapshots-public", f"[snapshots] {key} is true.")
    # Grafana tells nothing of this key unless the file holds it.
    lock = says("classic_provisioning", "dashboards_server_lock_max_interval_seconds")
    if "auth.proxy" in ini and (not lock.isdigit() or int(lock) > _LOCK_SECONDS):
        yield found("lock-interval")


def _behaviour(facts: GrafanaFacts) -> Iterator[Finding]:
    if not facts.answers:
        yield found("grafana-unreachable", facts.problem)
        return
    if facts.identity is not None:
        yield found("grafana-identity", facts.identity)
    yield from _version(facts.version)
    yield from _page(facts)
    if facts.public_list_status == 404:
        yield found("public-dashboards-off")
    if facts.anonymous_status is not None and facts.anonymous_status < 300:
        yield found("anonymous-on")
    if facts.metrics_status is not None and facts.metrics_status < 300:
        yield found("metrics-open", "Grafana's /metrics answers without a sign-in.")
    if facts.default_password:
        yield found("grafana-default-password", "admin/admin opens Grafana.")
    for name in facts.direct_datasources:
        yield found("datasource-direct", f"The datasource {name!r} has access: direct.")
    for name in facts.owner_datasources:
        yield found("datasource-owner", f"The datasource {name!r} signs in as the user of DATABASE_URL.")
    for address in facts.reached_at:
        yield found("grafana-around", f"Grafana answers at {address}.")
    for address in facts.believed_at:
        yield found("grafana-header-open", f"At {address} Grafana believes the identity header.")


def _allow_list(whitelist: str) -> Iterator[Finding]:
    entries = [entry.strip() for entry in whitelist.split(",") if entry.strip()]
    if not entries:
        yield found("allow-list-empty")
    for entry in entries:
        try:
            network = ipaddress.ip_network(entry, strict=False)
        except ValueError:
            continue  # Grafana does not start with it
        if network.version == 6 and "/" not in entry:
            yield found("allow-list-ipv6", f"The allow-list holds {entry}, which Grafana reads as {entry}/32.")
        elif network.prefixlen < _FEW_ADDRESSES[network.version] and not network.is_loopback:
            yield found("allow-list-wide", f"The allow-list holds {entry}.")


def _version(version: str | None) -> Iterator[Finding]:
    if not version:
        yield found("grafana-version-hidden")
    elif is_safe(version) is False:
        yield found("grafana-version", f"It is Grafana {version}.")


def _page(facts: GrafanaFacts) -> Iterator[Finding]:
    if facts.url_path.rstrip("/") != _SUB_PATH:
        yield found("sub-path", f"GRAFANA_URL ends in {facts.url_path or '/'!r}, not in {_SUB_PATH!r}.")
    if facts.page_status is None:
        return
    if facts.page_status != 200:
        if facts.public_list_status != 404:
            yield found("sub-path", f"The public page answers {facts.page_status}.")
        return
    if facts.page_problem is not None:
        yield found("grafana-page-unknown", facts.page_problem)
    if facts.page_base is not None and facts.page_base.rstrip("/") != _SUB_PATH:
        yield found("sub-path", f"Its pages name {facts.page_base!r} as their base.")
    if facts.frame_options:
        yield found("embedding-off", f"Its pages carry X-Frame-Options: {facts.frame_options}.")
