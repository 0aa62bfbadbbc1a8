"""A port that cannot be had is told before anything is started: its number, its setting, who asks for it."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from backend_server.errors import ConfigError
from backend_server.runtime.port_holders import holder_of
from backend_server.runtime.ports import all_claims, check_ports
from backend_server.settings import Settings, load_settings
from backend_server.settings.topology import find_nginx, public_place, web_address
from tests.support.processes import free_ports


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield int(listening.getsockname()[1])


def settings_with(folder: Path, **given: str) -> Settings:
    port, poller, grafana, prometheus, sign_in = free_ports(5)
    return load_settings(
        {
            "DATA_DIR": str(folder),
            "PORT": str(port),
            "POLLER_PORT": str(poller),
            "GRAFANA_HOME": str(folder),
            "GRAFANA_URL": f"http://127.0.0.1:{grafana}/grafana",
            "GRAFANA_PORT": str(sign_in),
            "PROMETHEUS_URL": f"http://127.0.0.1:{prometheus}",
            "OWN_PROMETHEUS": "true",
            **given,
        }
    )


@pytest.mark.parametrize(
    ("setting", "value", "asks", "remedy"),
    [
        ("PORT", "{}", r"nginx \(the program edge\)", "set PORT to another one"),
        ("POLLER_PORT", "{}", "the poller", "set POLLER_PORT to another one"),
        ("GRAFANA_PORT", "{}", r"nginx \(for Grafana's own sign-in page\)", "set GRAFANA_PORT to another one, or to 0"),
        ("GRAFANA_URL", "http://127.0.0.1:{}/grafana", "Grafana", "set GRAFANA_URL to http://127.0.0.1:PORT/grafana"),
        ("PROMETHEUS_URL", "http://127.0.0.1:{}", "Prometheus", "set PROMETHEUS_URL to http://127.0.0.1:PORT"),
    ],
)
def test_each_taken_port_is_told_with_its_setting(
    tmp_path: Path, taken: int, setting: str, value: str, asks: str, remedy: str
) -> None:
    settings = settings_with(tmp_path, **{setting: value.format(taken)})
    told = rf"^Port {taken} \({setting}\), which {asks} asks for, is already in use by process \d+ \(.*\); {remedy}"
    with pytest.raises(ConfigError, match=told) as refused:
        check_ports(all_claims(settings))
    assert "\n" not in refused.value.message


def test_free_ports_are_fine_and_stay_free(tmp_path: Path) -> None:
    claims = all_claims(settings_with(tmp_path))
    assert [claim.setting for claim in claims] == [
        "PORT", "GRAFANA_PORT", "POLLER_PORT", "GRAFANA_URL", "PROMETHEUS_URL",
    ]  # fmt: skip
    check_ports(claims)
    check_ports(claims)


def test_without_the_edge_it_is_web_who_asks(tmp_path: Path, taken: int) -> None:
    settings = settings_with(tmp_path, EDGE="false", PORT=str(taken))
    with pytest.raises(
        ConfigError, match=rf"^Port {taken} \(PORT\), which web asks for, is already in use by process {os.getpid()} \("
    ):
        check_ports(all_claims(settings))
    assert web_address(settings) == public_place(settings) == f"127.0.0.1:{taken}"


def test_several_ports_that_one_process_has_are_told_in_one_line(tmp_path: Path, taken: int) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        also = other.getsockname()[1]
        settings = settings_with(tmp_path, PORT=str(taken), POLLER_PORT=str(also))
        with pytest.raises(ConfigError) as refused:
            check_ports(all_claims(settings))
    said = rf"Ports {taken} \(PORT\) and {also} \(POLLER_PORT\) are already in use by process {os.getpid()} \(.*\); "
    assert re.fullmatch(said + "stop that one, or set PORT and POLLER_PORT to others.", refused.value.message)


def test_another_dashwright_is_told_by_its_state(tmp_path: Path) -> None:
    """Whether the program of ours has its environment, or its starter only: nginx writes over its own."""
    listen = "import socket, sys, time; s = socket.create_server(('127.0.0.1', 0)); "
    tell = "print(s.getsockname()[1], flush=True); time.sleep(600)"
    starter = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {listen + tell!r}], env={{}})"
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "run.lock").write_text("4242\n")
    for script in (listen + tell, starter):
        process = subprocess.Popen(
            [sys.executable, "-c", script],
            env={**os.environ, "DASHWRIGHT_RUN": str(tmp_path / "run")},
            stdout=subprocess.PIPE,
            text=True,
            process_group=0,
        )
        try:
            assert process.stdout is not None
            port = int(process.stdout.readline())
            assert holder_of(port) == f"the Dashwright on DATA_DIR {tmp_path} (process 4242)"
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate(timeout=30)


def test_nobody_is_named_for_a_free_port() -> None:
    assert holder_of(free_ports(1)[0]) is None


def test_one_port_for_two_programs_is_told(tmp_path: Path) -> None:
    (port,) = free_ports(1)
    settings = settings_with(tmp_path, PORT=str(port), POLLER_PORT=str(port))
    with pytest.raises(ConfigError, match=rf"Port {port} is asked for by nginx .* and the poller \(POLLER_PORT\)"):
        check_ports(all_claims(settings))


@pytest.mark.parametrize("address", ["192.0.2.1", "nowhere.invalid"])
def test_an_address_of_another_machine_is_told(tmp_path: Path, address: str) -> None:
    with pytest.raises(ConfigError, match=f"LISTEN is {address}, which is not an address of this machine"):
        check_ports(all_claims(settings_with(tmp_path, LISTEN=address, EDGE="false")))


def test_a_wildcard_address_meets_one_who_listens_on_loopback(tmp_path: Path, taken: int) -> None:
    with pytest.raises(ConfigError, match=f"Port {taken} "):
        check_ports(all_claims(settings_with(tmp_path, LISTEN="0.0.0.0", PORT=str(taken))))


def test_behind_the_edge_web_is_reached_through_a_file(tmp_path: Path) -> None:
    assert find_nginx(), "the tests need nginx"
    assert web_address(Settings(data_dir=tmp_path)) == f"unix:{tmp_path}/run/web.sock"
