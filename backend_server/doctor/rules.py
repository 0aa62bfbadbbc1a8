"""From facts to findings: pure rules, one function for each part of a deployment."""

from __future__ import annotations

import ipaddress
from collections import defaultdict
from collections.abc import Iterator
from urllib.parse import urlsplit

from backend_server.monitoring.model import VANISHING
from backend_server.primitives.ids import provider_of
from backend_server.settings import SHORTEST_SECRET_KEY

from .catalogue import Finding, found, in_order
from .facts import Clocks, Facts, FilesFacts, OutsideFacts, SettingsFacts, StateFacts
from .grafana_rules import grafana_findings

MOST_PER_PROVIDER = 900
_NEARLY = 850
_MIN_FREE_BYTES = 100 * 1024 * 1024
_SHORTEST_SECRET = 16
_SKEW_SECONDS = 2.0
# What examples, defaults and people in a hurry write.
_KNOWN_SECRETS = frozenset(
    {"admin", "administrator", "changeme", "change-me", "change_me", "dashwright", "default", "example", "grafana",
     "letmein", "password", "postgres", "secret", "supersecret", "test", "token", "12345678", "123456789",
     "SW2YcwTIb9zpOOhoPsMm", "your-secret-key", "your-super-secret-jwt-token-with-at-least-32-characters-long",
     "super-secret-jwt-token-with-at-least-32-characters-long", "your-super-secret-and-long-postgres-password"}
)  # fmt: skip
_LEAST = {
    **dict.fromkeys(("ADMIN_PASSWORD", "GRAFANA_ADMIN_PASSWORD", "DATABASE_URL", "DASHBOARDS_DB_PASSWORD"), 8),
    "SECRET_KEY": SHORTEST_SECRET_KEY,
    "JWT_SECRET": SHORTEST_SECRET_KEY,  # what HS256 wants (RFC 7518, 3.2), and can be guessed offline
}


def diagnose(facts: Facts) -> tuple[Finding, ...]:
    """Return all findings, the worst first."""
    return in_order(_all(facts))


def _all(facts: Facts) -> Iterator[Finding]:
    if facts.outside is not None:
        yield from outside_findings(facts.outside)
    if facts.grafana is not None:
        yield from grafana_findings(facts.grafana)
    if facts.files is not None:
        yield from files_findings(facts.files)
    if facts.state is not None:
        yield from state_findings(facts.state)
    if facts.settings is not None:
        yield from settings_findings(facts.settings)
    yield from clock_findings(facts.clocks)
    for what in facts.not_looked_at:
        yield found("not-looked-at", what)


def settings_findings(facts: SettingsFacts) -> Iterator[Finding]:
    """Check the settings."""
    for name, secret in facts.secrets.items():
        least = _LEAST.get(name, _SHORTEST_SECRET)
        if secret.lower() in _KNOWN_SECRETS or secret in _KNOWN_SECRETS:
            shown = "the password in DATABASE_URL" if name == "DATABASE_URL" else name
            yield found("weak-secret", f"{shown} is a published default.")
        elif len(secret) < least:
            shown = "The password in DATABASE_URL" if name == "DATABASE_URL" else name
            yield found("weak-secret", f"{shown} has {len(secret)} characters; at least {least} are needed.")
    listens_wide = not _is_loopback(facts.listen_host)
    if facts.public_url is None:
        if listens_wide:
            yield found("public-url-missing")
    elif listens_wide:
        parts = urlsplit(facts.public_url)
        if _is_loopback(parts.hostname or ""):
            yield found("public-url-wrong", f"PUBLIC_URL names this machine itself ({parts.hostname}).")
        elif parts.scheme == "http":
            yield found("no-tls", "PUBLIC_URL begins with http://.")
    if not listens_wide and not facts.has_password:
        yield found("loopback-only")
    for entry in filter(None, (text.strip() for text in facts.outbound_allow.split(","))):
        network = _network(entry)
        if network is not None and network.prefixlen < (8 if network.version == 4 else 32):
            yield found("outbound-wide", f"OUTBOUND_ALLOW holds {entry}.")


def state_findings(facts: StateFacts) -> Iterator[Finding]:
    """Check the database and what the store reports."""
    if facts.database_problem is not None:
        yield found("database-unusable", facts.database_problem)
    if facts.journal_mode not in (None, "wal"):
        yield found("wal-off", f"Its journal mode is {facts.journal_mode!r}.")
    if facts.dialect == "sqlite" and facts.filesystem in VANISHING and not facts.derived_tokens:
        yield found("disk-vanishes", f"DATA_DIR with the SQLite database lies on {facts.filesystem}.")
    if facts.free_bytes is not None and facts.free_bytes < _MIN_FREE_BYTES:
        yield found("disk-nearly-full", f"{facts.free_bytes // 1024 // 1024} MB are free.")
    for name in facts.loose_files:
        yield found("secrets-readable", f"{name} can be read by other users.")
    if facts.links_without_expiry:
        yield found("links-without-expiry", f"{facts.links_without_expiry} link(s) never expire.")
    if facts.worker_leads is False:
        yield found("worker-not-leading")
    if facts.failed_documents:
        yield found("documents-failed", f"{facts.failed_documents} dashboard(s) could not be made or published.")
    if facts.outdated_documents:
        what = f"{facts.outdated_documents} dashboard(s) would be made otherwise now, and no pass is going to."
        yield found("documents-outdated", what)
    if facts.removals_held:
        yield found("removals-held")
    if facts.prometheus_answers is False:
        yield found("prometheus-unreachable")


def files_findings(facts: FilesFacts) -> Iterator[Finding]:
    """Check the dashboards folder and the provider file."""
    if facts.provider_missing is not None:
        yield found("provider-missing", facts.provider_missing)
    if facts.provider_problems:
        yield found("provider-changed", f"It differs: {'; '.join(facts.provider_problems[:5])}.")
    if facts.missing:
        yield found("dashboards-unwritable", f"{facts.folder} does not exist.")
        return
    if not facts.writable:
        yield found("dashboards-unwritable", f"{facts.folder} cannot be written by this user.")
    if facts.with_grafana and facts.unreadable:
        yield found("dashboards-unreadable", f"Not readable by everyone: {_some(facts.unreadable)}.")
    yield from _counts(facts)
    foreign = tuple(sheet.file for sheet in facts.sheets if not sheet.ours)
    if foreign:
        yield found("foreign-files", f"{len(foreign)} file(s): {_some(foreign)}.")
    yield from _duplicates(facts)


def clock_findings(clocks: Clocks) -> Iterator[Finding]:
    """Check the clocks."""
    for name, seconds in clocks.ahead_seconds.items():
        if abs(seconds) > _SKEW_SECONDS:
            way = "ahead of" if seconds > 0 else "behind"
            yield found("time-skew", f"The clock of {name} is {abs(seconds):.0f} s {way} this machine's.")


def outside_findings(facts: OutsideFacts) -> Iterator[Finding]:
    """Check what a stranger sees at the public address."""
    if facts.problem is not None:
        yield found("unreachable", facts.problem)
        return
    if not facts.health_is_ours:
        yield found("not-ours", f"{facts.url}/server/health answered {facts.health_status}, and not as we do.")
    elif facts.health_status != 200:
        down = [f"{name}: {text}" for name, text in facts.components.items()]
        yield found("not-ready", f"Not ready: {'; '.join(down[:5]) or 'no reason given'}.")
    host, scheme = urlsplit(facts.url).hostname or "", urlsplit(facts.url).scheme
    if scheme == "http" and not facts.itself and not _is_loopback(host):
        yield found("no-tls", f"{facts.url} is plain http.")
    yield from _claims(facts)
    if facts.api_status is not None and facts.api_status < 300:
        yield found("api-open", f"/api/devices answered {facts.api_status} without a token.")
    for path in facts.metrics_paths:
        yield found("metrics-open", f"{path} answers everyone at the public address.")
    if facts.page_is_grafana:
        yield found("grafana-page-raw")
    for seen in facts.other_ports:
        if seen.login:
            yield found("grafana-header-open", f"{seen.path} believes a stranger's header, as {seen.login!r}.")
        if seen.is_grafana:
            yield found("grafana-around", f"Grafana answers at {seen.path}.")


def _claims(facts: OutsideFacts) -> Iterator[Finding]:
    before = {seen.path: seen for seen in facts.plain}
    for seen in facts.claimed:
        plain = before.get(seen.path)
        opened = seen.status is not None and seen.status < 300 and (plain is None or plain.status != seen.status)
        if seen.login or opened:
            who = f" as {seen.login!r}" if seen.login else ""
            yield found("header-not-stripped", f"{seen.path} answers {seen.status}{who} to a stranger's header.")
    for seen in facts.plain:
        if seen.is_grafana:
            yield found("grafana-open-at-edge", f"{seen.path} is answered by Grafana itself ({seen.status}).")


def _counts(facts: FilesFacts) -> Iterator[Finding]:
    if not facts.with_grafana:  # only Grafana bounds how many a provider may hold
        return
    counts: dict[str, int] = defaultdict(int)
    for sheet in facts.sheets:
        counts[provider_of(sheet.file)] += 1
    for provider, count in sorted(counts.items()):
        if count > MOST_PER_PROVIDER:
            yield found("provider-full", f"{provider} holds {count} dashboards.")
        elif count >= _NEARLY:
            yield found("provider-nearly-full", f"{provider} holds {count} of {MOST_PER_PROVIDER} dashboards.")


def _duplicates(facts: FilesFacts) -> Iterator[Finding]:
    uids: dict[str, list[str]] = defaultdict(list)
    titles: dict[tuple[str, str], list[str]] = defaultdict(list)
    for sheet in facts.sheets:
        if sheet.uid:
            uids[sheet.uid].append(sheet.file)
        if sheet.title:
            titles[_folder(sheet.file), sheet.title].append(sheet.file)
    for uid, files in uids.items():
        if len(files) > 1:
            yield found("duplicates", f"The uid {uid!r} stands in {_some(tuple(files))}.")
    for (_, title), files in titles.items():
        if len(files) > 1:
            yield found("duplicates", f"The title {title[:80]!r} stands in {_some(tuple(files))}.")


def _folder(file: str) -> str:
    """Return Grafana's folder of a file: shards share the root, `packs` makes folders from its directories."""
    parts = file.split("/")
    return parts[-2] if parts[0] == "packs" and len(parts) > 2 else ""


def _some(names: tuple[str, ...], most: int = 3) -> str:
    shown = ", ".join(names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    try:
        return ipaddress.ip_network(text, strict=False) if "/" in text else None
    except ValueError:
        return None
