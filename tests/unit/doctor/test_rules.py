"""From what was seen to what is wrong, as tables: each row breaks one thing and finds exactly that."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from backend_server.doctor.catalogue import CATALOGUE, Severity, exit_code, found, in_order
from backend_server.doctor.facts import (
    Clocks,
    Facts,
    FilesFacts,
    GrafanaFacts,
    OutsideFacts,
    ProbedPath,
    SettingsFacts,
    Sheet,
    StateFacts,
)
from backend_server.doctor.grafana_rules import grafana_findings, ini_findings, is_safe
from backend_server.doctor.rules import (
    clock_findings,
    diagnose,
    files_findings,
    outside_findings,
    settings_findings,
    state_findings,
)
from backend_server.storage.engine.disk import filesystem_of

SETTINGS = SettingsFacts("https://dash.example.com", "0.0.0.0", True, "", {"ADMIN_PASSWORD": "correct horse battery"})
STATE = StateFacts(
    "sqlite", journal_mode="wal", filesystem="ext4", free_bytes=10**10, links_without_expiry=0, worker_leads=True,
    failed_documents=0, prometheus_answers=True,
)  # fmt: skip
FILES = FilesFacts("/dashboards", with_grafana=True)
INI = {
    "server": {"root_url": "https://dash.example.com/grafana/", "serve_from_sub_path": "true"},
    "auth.proxy": {"enabled": "true", "whitelist": "127.0.0.1/32", "auto_sign_up": "false", "headers": ""},
    "security": {"allow_embedding": "true", "csrf_always_check": "true"},
    "auth.anonymous": {"enabled": "false"},
    "snapshots": {"public_mode": "false", "external_enabled": "false"},
    "classic_provisioning": {"dashboards_server_lock_max_interval_seconds": "3"},
}
GRAFANA = GrafanaFacts(
    "/grafana", version="12.4.10", ini=INI, page_status=200, page_base="/grafana/", public_list_status=200,
    anonymous_status=401, metrics_status=401,
)  # fmt: skip
OUTSIDE = OutsideFacts(
    "https://dash.example.com", health_status=200, health_is_ours=True, plain=(ProbedPath("/grafana/api/user", 404),),
    claimed=(ProbedPath("/grafana/api/user", 404),), api_status=401,
)  # fmt: skip


def ids(findings: Any) -> list[str]:
    return [one.kind.id for one in findings]


def with_ini(section: str, key: str, value: str | None) -> GrafanaFacts:
    changed = {**INI[section], key: value}
    if value is None:
        del changed[key]
    return replace(GRAFANA, ini={**INI, section: changed})


def test_a_deployment_as_it_should_be_has_no_findings() -> None:
    facts = Facts(SETTINGS, STATE, FILES, GRAFANA, OUTSIDE, Clocks({"Grafana": 0.4, "the database": -1.5}))
    assert diagnose(facts) == ()


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (replace(SETTINGS, public_url=None), ["public-url-missing"]),
        (replace(SETTINGS, public_url=None, listen_host="127.0.0.1"), []),
        (replace(SETTINGS, public_url="http://dash.example.com"), ["no-tls"]),
        (replace(SETTINGS, public_url="http://localhost:5109"), ["public-url-wrong"]),
        (replace(SETTINGS, public_url="http://[::1]:5109"), ["public-url-wrong"]),
        (replace(SETTINGS, listen_host="127.0.0.1", has_password=False), ["loopback-only"]),
        (replace(SETTINGS, secrets={"ADMIN_PASSWORD": "admin"}), ["weak-secret"]),
        (replace(SETTINGS, secrets={"ADMIN_PASSWORD": "ChangeMe"}), ["weak-secret"]),
        (replace(SETTINGS, secrets={"SECRET_KEY": "SW2YcwTIb9zpOOhoPsMm"}), ["weak-secret"]),
        (replace(SETTINGS, secrets={"SECRET_KEY": "short"}), ["weak-secret"]),
        (replace(SETTINGS, secrets={"SECRET_KEY": "x" * 31}), ["weak-secret"]),
        (replace(SETTINGS, secrets={"SECRET_KEY": "x" * 32, "JWT_SECRET": "y" * 32}), []),
        (replace(SETTINGS, secrets={"JWT_SECRET": "your-super-secret-jwt-token-with-at-least-32-characters-long"}),
         ["weak-secret"]),
        (replace(SETTINGS, secrets={"METRICS_TOKEN": "changeme"}), ["weak-secret"]),
        (replace(SETTINGS, secrets={"GRAFANA_TOKEN": "token"}), ["weak-secret"]),
        (replace(SETTINGS, secrets={"DATABASE_URL": "postgres"}), ["weak-secret"]),
        (replace(SETTINGS, secrets={"API_TOKEN": "x" * 16, "ADMIN_PASSWORD": "y" * 8}), []),
        (replace(SETTINGS, outbound_allow="10.1.2.3:80, 10.0.0.0/8"), []),
        (replace(SETTINGS, outbound_allow="0.0.0.0/0"), ["outbound-wide"]),
        (replace(SETTINGS, outbound_allow="10.0.0.5:9100,::/0"), ["outbound-wide"]),
    ],
)  # fmt: skip
def test_settings(facts: SettingsFacts, expected: list[str]) -> None:
    assert ids(settings_findings(facts)) == expected


def test_no_finding_holds_a_secret() -> None:
    facts = replace(SETTINGS, secrets={"SECRET_KEY": "hunter2-hunter2", "DATABASE_URL": "pw-7"})
    shown = str([one.as_json() for one in settings_findings(facts)])
    assert "SECRET_KEY" in shown
    assert "hunter2" not in shown
    assert "pw-7" not in shown
    assert "hunter2" not in repr(facts)


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (replace(STATE, database_problem="There is no database."), ["database-unusable"]),
        (replace(STATE, journal_mode="delete"), ["wal-off"]),
        (replace(STATE, filesystem="overlay"), ["disk-vanishes"]),
        (replace(STATE, filesystem="tmpfs"), ["disk-vanishes"]),
        (replace(STATE, filesystem="overlay", derived_tokens=True), []),
        (replace(STATE, filesystem="overlay", dialect="postgresql"), []),
        (replace(STATE, filesystem=None), []),
        (replace(STATE, free_bytes=5 * 1024 * 1024), ["disk-nearly-full"]),
        (replace(STATE, loose_files=("secrets.json",)), ["secrets-readable"]),
        (replace(STATE, links_without_expiry=3), ["links-without-expiry"]),
        (replace(STATE, worker_leads=False), ["worker-not-leading"]),
        (replace(STATE, worker_leads=None), []),
        (replace(STATE, failed_documents=2), ["documents-failed"]),
        (replace(STATE, outdated_documents=3), ["documents-outdated"]),
        (replace(STATE, removals_held=True), ["removals-held"]),
        (replace(STATE, prometheus_answers=False), ["prometheus-unreachable"]),
    ],
)
def test_state(facts: StateFacts, expected: list[str]) -> None:
    assert ids(state_findings(facts)) == expected


def sheets(count: int, provider: str = "shard-07") -> tuple[Sheet, ...]:
    return tuple(Sheet(f"{provider}/dev-{n}-aaaa.json", f"dev-{n}-aaaa", f"Rig {n}", True) for n in range(count))


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (replace(FILES, missing=True), ["dashboards-unwritable"]),
        (replace(FILES, writable=False), ["dashboards-unwritable"]),
        (replace(FILES, unreadable=("shard-03",)), ["dashboards-unreadable"]),
        (replace(FILES, unreadable=("shard-03",), with_grafana=False), []),
        (replace(FILES, sheets=sheets(849)), []),
        (replace(FILES, sheets=sheets(850)), ["provider-nearly-full"]),
        (replace(FILES, sheets=sheets(901)), ["provider-full"]),
        (replace(FILES, sheets=sheets(901), with_grafana=False), []),
        (replace(FILES, sheets=(Sheet("packs/x.json", "x", "X", False),)), ["foreign-files"]),
        (replace(FILES, provider_missing="dashboard.yml is missing."), ["provider-missing"]),
        (replace(FILES, provider_problems=("shard-01: type is None",)), ["provider-changed"]),
        (
            replace(FILES, sheets=(Sheet("shard-01/a.json", "u", "A", True), Sheet("packs/f/b.json", "u", "B", True))),
            ["duplicates"],
        ),
        (
            replace(FILES, sheets=(Sheet("shard-01/a.json", "u", "A", True), Sheet("shard-02/b.json", "v", "A", True))),
            ["duplicates"],
        ),
        (
            replace(FILES, sheets=(Sheet("shard-01/a.json", "u", "A", True), Sheet("packs/f/b.json", "v", "A", True))),
            [],
        ),
    ],
)
def test_files(facts: FilesFacts, expected: list[str]) -> None:
    assert ids(files_findings(facts)) == expected


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (replace(GRAFANA, answers=False, problem="Grafana cannot be reached."), ["grafana-unreachable"]),
        (replace(GRAFANA, identity="It answered 401."), ["grafana-identity"]),
        (replace(GRAFANA, version="12.4.0"), ["grafana-version"]),
        (replace(GRAFANA, version=None), ["grafana-version-hidden"]),
        (replace(GRAFANA, url_path=""), ["sub-path"]),
        (replace(GRAFANA, page_status=301), ["sub-path"]),
        (replace(GRAFANA, page_base="/"), ["sub-path"]),
        (replace(GRAFANA, page_status=302, public_list_status=404), ["public-dashboards-off"]),
        (replace(GRAFANA, frame_options="deny"), ["embedding-off"]),
        (replace(GRAFANA, anonymous_status=200), ["anonymous-on"]),
        (replace(GRAFANA, metrics_status=200), ["metrics-open"]),
        (replace(GRAFANA, default_password=True), ["grafana-default-password"]),
        (replace(GRAFANA, direct_datasources=("Old",)), ["datasource-direct"]),
        (replace(GRAFANA, reached_at=("10.0.0.5",)), ["grafana-around"]),
        (
            replace(GRAFANA, reached_at=("10.0.0.5",), believed_at=("10.0.0.5",)),
            ["grafana-around", "grafana-header-open"],
        ),
        (replace(GRAFANA, ini=None), []),
        (with_ini("auth.proxy", "whitelist", ""), ["allow-list-empty"]),
        (with_ini("auth.proxy", "whitelist", " , "), ["allow-list-empty"]),
        (with_ini("auth.proxy", "whitelist", "127.0.0.1"), []),
        (with_ini("auth.proxy", "whitelist", "127.0.0.1, ::1/128"), []),
        (with_ini("auth.proxy", "whitelist", "127.0.0.1,::1"), ["allow-list-ipv6"]),
        (with_ini("auth.proxy", "whitelist", "0.0.0.0/0"), ["allow-list-wide"]),
        (with_ini("auth.proxy", "whitelist", "10.0.0.0/8"), ["allow-list-wide"]),
        (with_ini("auth.proxy", "whitelist", "2001:db8::/32"), ["allow-list-wide"]),
        (with_ini("auth.proxy", "auto_sign_up", "true"), ["auto-sign-up"]),
        (with_ini("auth.proxy", "headers", "Role:X-WEBAUTH-ROLE"), ["proxy-headers"]),
        (with_ini("auth.proxy", "enabled", "false"), []),
        (with_ini("server", "root_url", "http://localhost:3000/"), ["sub-path"]),
        (with_ini("server", "serve_from_sub_path", "false"), ["sub-path"]),
        (with_ini("security", "allow_embedding", "false"), ["embedding-off"]),
        (with_ini("security", "csrf_always_check", "false"), ["csrf-check-off"]),
        (with_ini("auth.anonymous", "enabled", "true"), ["anonymous-on"]),
        (with_ini("snapshots", "public_mode", "true"), ["snapshots-public"]),
        (with_ini("snapshots", "external_enabled", "true"), ["snapshots-public"]),
        (with_ini("classic_provisioning", "dashboards_server_lock_max_interval_seconds", None), ["lock-interval"]),
        (with_ini("classic_provisioning", "dashboards_server_lock_max_interval_seconds", "120"), ["lock-interval"]),
    ],
)
def test_grafana(facts: GrafanaFacts, expected: list[str]) -> None:
    assert ids(grafana_findings(facts)) == expected


def test_settings_that_grafana_does_not_tell_are_not_judged() -> None:
    assert ids(ini_findings({})) == []


@pytest.mark.parametrize(
    ("version", "safe"),
    [
        ("12.4.3", True), ("12.4.10", True), ("12.4.3+security-02", True), ("13.0.1", True), ("12.5.0", True),
        ("11.6.14", True), ("11.6.20", True), ("12.4.2", False), ("12.4.0", False), ("11.6.13", False),
        ("12.3.9", False), ("11.5.99", False), ("10.4.1", False), ("12.4.0-pre", False), ("main", None), ("", None),
    ],
)  # fmt: skip
def test_versions(version: str, safe: bool | None) -> None:
    assert is_safe(version) is safe


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (replace(OUTSIDE, problem="It cannot be reached."), ["unreachable"]),
        (replace(OUTSIDE, health_is_ours=False, health_status=404), ["not-ours"]),
        (replace(OUTSIDE, health_status=503, components={"worker": "nobody leads"}), ["not-ready"]),
        (replace(OUTSIDE, url="http://dash.example.com"), ["no-tls"]),
        (replace(OUTSIDE, url="http://127.0.0.1:5109"), []),
        (replace(OUTSIDE, claimed=(ProbedPath("/grafana/api/user", 200, login="admin"),)), ["header-not-stripped"]),
        (replace(OUTSIDE, claimed=(ProbedPath("/grafana/api/user", 200),)), ["header-not-stripped"]),
        (replace(OUTSIDE, claimed=(ProbedPath("/grafana/api/user", 500),)), []),
        (replace(OUTSIDE, plain=(ProbedPath("/grafana/api/user", 401, is_grafana=True),)), ["grafana-open-at-edge"]),
        (replace(OUTSIDE, api_status=200), ["api-open"]),
        (replace(OUTSIDE, metrics_paths=("/grafana/metrics",)), ["metrics-open"]),
        (replace(OUTSIDE, page_is_grafana=True), ["grafana-page-raw"]),
        (replace(OUTSIDE, other_ports=(ProbedPath("http://h:3300", 200, is_grafana=True),)), ["grafana-around"]),
        (replace(OUTSIDE, other_ports=(ProbedPath("http://h:3000", 200, login="admin"),)), ["grafana-header-open"]),
    ],
)
def test_outside(facts: OutsideFacts, expected: list[str]) -> None:
    assert ids(outside_findings(facts)) == expected


@pytest.mark.parametrize(("seconds", "words"), [(3600, "ahead of"), (-30, "30 s behind")])
def test_clocks(seconds: float, words: str) -> None:
    (one,) = clock_findings(Clocks({"Grafana": seconds, "Prometheus": 1.9}))
    assert one.kind.id == "time-skew"
    assert words in one.what


def test_what_was_not_seen_is_told() -> None:
    (one,) = diagnose(Facts(not_looked_at=("Grafana's provider file.",)))
    assert (one.kind.id, one.what) == ("not-looked-at", "Grafana's provider file.")


def test_the_worst_comes_first_and_decides_the_exit_code() -> None:
    info, warning, critical = found("loopback-only"), found("wal-off"), found("api-open")
    assert in_order([info, warning, critical, warning]) == (critical, warning, info)
    assert [exit_code(one) for one in ([], [info], [warning, info], [info, critical])] == [0, 0, 1, 2]


def test_every_entry_of_the_catalogue_says_what_why_and_the_fix() -> None:
    for kind in CATALOGUE.values():
        assert kind.title
        assert kind.why.endswith("."), kind.id
        assert kind.fix.endswith((".", ").")), kind.id
        assert not kind.title.endswith("."), kind.id
    assert {kind.severity for kind in CATALOGUE.values()} == set(Severity)


def test_every_entry_of_the_catalogue_can_be_found() -> None:
    """Each id stands in a rule; an entry nobody raises would be a promise of the page that is not kept."""
    source = "".join(
        (Path(__file__).parents[3] / "backend_server" / "doctor" / name).read_text(encoding="utf-8")
        for name in ("rules.py", "grafana_rules.py")
    )
    assert [kind_id for kind_id in CATALOGUE if f'found("{kind_id}"' not in source] == []


MOUNTS = """\
22 1 0:21 / / rw,relatime - overlay overlay rw
23 22 0:22 / /proc rw - proc proc rw
24 22 8:1 / /var/lib/dashwright rw - ext4 /dev/sda1 rw
25 22 0:30 / /with\\040blank rw - tmpfs tmpfs rw
26 24 0:31 / /var/lib/dashwright/run rw - tmpfs tmpfs rw
nonsense
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/var/lib/dashwright", "ext4"),
        ("/var/lib/dashwright/deep/er", "ext4"),
        ("/var/lib/dashwright-other", "overlay"),
        ("/var/lib/dashwright/run/x", "tmpfs"),
        ("/with blank/x", "tmpfs"),
        ("/srv", "overlay"),
    ],
)
def test_the_file_system_is_that_of_the_nearest_mount(path: str, kind: str) -> None:
    assert filesystem_of(Path(path), MOUNTS) == kind
    assert filesystem_of(Path(path), "") is None
