"""The doctor at Grafana's bedside: a running fake with one setting wrong at a time."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from backend_server.doctor.grafana_probe import look_at_grafana
from backend_server.doctor.grafana_rules import grafana_findings
from tests.fakes.grafana import AuthRules, FakeGrafana
from tests.fakes.grafana.providers import Datasource
from tests.support.grafana import write_provisioning

CHECKED = AuthRules(csrf_always_check=True)
# The fake is a 12.4.0, and its metrics are open as Grafana's are by default.
ALWAYS = {"grafana-version", "metrics-open"}


@contextmanager
def grafana(folder: Path, **given: Any) -> Iterator[FakeGrafana]:
    provisioning = write_provisioning(folder, folder / "dashboards")
    given.setdefault("auth", CHECKED)
    with FakeGrafana(provisioning, environment={}, polling=False, **given) as fake:
        yield fake


def found_at(url: str, *, user: str = "admin", addresses: tuple[str, ...] = ()) -> dict[str, str]:
    """Return the findings by id, with what each says."""
    facts, _ = look_at_grafana(url, user=user, addresses=addresses)
    return {one.kind.id: one.what for one in grafana_findings(facts)}


def test_settings_as_shipped_leave_nothing_to_say(tmp_path: Path) -> None:
    with grafana(tmp_path) as fake:
        facts, ahead = look_at_grafana(fake.url, user="admin", addresses=())
        assert {one.kind.id for one in grafana_findings(facts)} == ALWAYS
        assert ahead is not None
        assert abs(ahead) < 2
        assert facts.version == "12.4.0"
        assert fake.requests_that_change_something() == []


def rules(**given: Any) -> dict[str, AuthRules]:
    return {"auth": AuthRules(csrf_always_check=True, **given)}


def ini(section: str, **keys: str) -> dict[str, Mapping[str, Mapping[str, str]]]:
    return {"ini": {section: keys}}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (rules(whitelist=""), "allow-list-empty"),
        (rules(whitelist="127.0.0.1/32,::1"), "allow-list-ipv6"),
        (rules(whitelist="0.0.0.0/0"), "allow-list-wide"),
        (rules(auto_sign_up=True), "auto-sign-up"),
        (rules(whitelist="127.0.0.9/32"), "grafana-identity"),
        ({"auth": AuthRules()}, "csrf-check-off"),
        ({"allow_embedding": False}, "embedding-off"),
        ({"public_dashboards": False}, "public-dashboards-off"),
        ({"sub_path": "", "root_url": "http://localhost:3000/"}, "sub-path"),
        (ini("auth.proxy", headers="Role:X-WEBAUTH-ROLE"), "proxy-headers"),
        (ini("auth.anonymous", enabled="true"), "anonymous-on"),
        (ini("snapshots", public_mode="true"), "snapshots-public"),
        (ini("classic_provisioning", dashboards_server_lock_max_interval_seconds=""), "lock-interval"),
        ({"datasources": (Datasource("Old", "old", access="direct"),)}, "datasource-direct"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_one_wrong_setting_is_found(tmp_path: Path, given: dict[str, Any], expected: str) -> None:
    with grafana(tmp_path, **given) as fake:
        found = found_at(fake.url)
    assert set(found) == ALWAYS | {expected}


def test_a_version_that_health_hides_is_known_all_the_same(tmp_path: Path) -> None:
    with grafana(tmp_path, hide_version=True) as fake:
        assert "12.4.0" in found_at(fake.url)["grafana-version"]


def test_a_direct_datasource_is_seen_on_the_page_when_the_list_is_refused(tmp_path: Path) -> None:
    with grafana(tmp_path, datasources=(Datasource("Old", "old", access="direct"),)) as fake:
        found = found_at(fake.url, user="nobody")
    assert {"datasource-direct", "grafana-identity"} <= set(found)
    assert "401" in found["grafana-identity"]


@pytest.mark.parametrize(
    ("url", "user", "found"),
    [
        ("db.test:5432", "owner", True),
        ("db.test", "owner", True),
        ("db.test:5432", "dashwright_reader_1", False),
        ("other.test:5432", "owner", False),
    ],
)
def test_a_datasource_that_is_us_at_our_database_is_found(tmp_path: Path, url: str, user: str, found: bool) -> None:
    ours = Datasource("Ours", "ours", type="grafana-postgresql-datasource", url=url, user=user)
    with grafana(tmp_path, datasources=(ours,)) as fake:
        facts, _ = look_at_grafana(
            fake.url, user="admin", addresses=(), database="postgresql://owner:secret@db.test/postgres"
        )
    told = {one.kind.id: one.what for one in grafana_findings(facts)}
    assert ("datasource-owner" in told) is found
    assert not found or "'Ours'" in told["datasource-owner"]


def test_a_page_that_the_relay_could_not_take_apart_is_found(tmp_path: Path) -> None:
    with grafana(tmp_path) as fake:
        page = b'<html><base href="/grafana/" /><script>window.grafanaBoot = load({version: 14})</script></html>'
        fake.answer_once("GET .*/public-dashboards/0{32}", 200, page)
        found = found_at(fake.url)
        assert set(found) == ALWAYS | {"grafana-page-unknown"}
        assert found["grafana-page-unknown"] == "Grafana's page holds no settings."
        assert set(found_at(fake.url)) == ALWAYS


def test_grafana_that_is_down_is_the_only_finding(tmp_path: Path) -> None:
    with grafana(tmp_path) as fake:
        fake.refuse()
        assert set(found_at(fake.url)) == {"grafana-unreachable"}
        fake.accept()


@contextmanager
def also_on(address: str, port: int) -> Iterator[None]:
    """Pass on what comes to another address of this machine, as a published port does."""
    listener = socket.create_server((address, port))
    ending = threading.Event()
    threads: list[threading.Thread] = []

    def pump(source: socket.socket, target: socket.socket) -> None:
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)

    def one(client: socket.socket) -> None:
        with client, socket.create_connection(("127.0.0.1", port)) as server:
            back = threading.Thread(target=pump, args=(server, client))
            back.start()
            pump(client, server)
            back.join()

    def accept() -> None:
        while not ending.is_set():
            try:
                client, _ = listener.accept()
            except OSError:
                return
            threads.append(threading.Thread(target=one, args=(client,)))
            threads[-1].start()

    accepting = threading.Thread(target=accept)
    accepting.start()
    try:
        yield
    finally:
        ending.set()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for thread in (accepting, *threads):
            thread.join(10)


def test_a_way_around_us_is_found_and_whether_the_header_is_believed_there(tmp_path: Path) -> None:
    with grafana(tmp_path) as fake:
        assert set(found_at(fake.url, addresses=("127.0.0.2",))) == ALWAYS
        with also_on("127.0.0.2", fake.port):
            found = found_at(fake.url, addresses=("127.0.0.2",))
    assert set(found) == ALWAYS | {"grafana-around", "grafana-header-open"}
    assert "127.0.0.2" in found["grafana-header-open"]


def test_a_grafana_that_checks_its_peers_is_reached_but_does_not_believe(tmp_path: Path) -> None:
    rules_of_peers = AuthRules(whitelist="127.0.0.9/32", csrf_always_check=True)
    with grafana(tmp_path, auth=rules_of_peers) as fake, also_on("127.0.0.2", fake.port):
        found = found_at(fake.url, addresses=("127.0.0.2",))
    assert "grafana-around" in found
    assert "grafana-header-open" not in found
