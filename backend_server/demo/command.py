"""`dashwright demo`: the whole service with a simulated fleet and a host page, until Ctrl-C. State in `var/demo`."""

from __future__ import annotations

import importlib.util
import os
import secrets
import shutil
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from backend_server.errors import ConfigError
from backend_server.poller.kinds import load_kinds
from backend_server.primitives.ids import Maker, dashboard_uid
from backend_server.primitives.shipped import built, shipped
from backend_server.runtime.ports import PortClaim
from backend_server.runtime.run import free_to_start, public_address, run_here
from backend_server.settings import Settings, current_settings

from .history import Past, write_history
from .host import Host, HostPage
from .simulator import Miner, MinerServer

FLEET = (
    ("rig-1", "North rack 1", "north"),
    ("rig-2", "North rack 2", "north"),
    ("rig-3", "South shed", "south"),
    ("rig-4", "Wandering miner", "road"),
)
_WANDERER = "rig-4"
_UP_BEFORE_SECONDS = 5 * 3600.0
_HISTORY_SECONDS = 3600.0


@click.command()
@click.option("--host-port", default=5120, show_default=True, help="Port of the host's page.")
@click.option("--device-port", default=5121, show_default=True, help="Port of the first simulated device.")
@click.option("--stays", default=45.0, show_default=True, help="Seconds until one device goes away.")
@click.option("--away", default=20.0, show_default=True, help="Seconds until it comes back.")
@click.option("--history/--no-history", default=True, help="Fill the charts with the hour before the start.")
def demo(*, host_port: int, device_port: int, stays: float, away: float, history: bool) -> None:
    """Run everything with a small simulated fleet and a page that embeds its dashboards."""
    if importlib.util.find_spec("dashwright_client") is None:
        raise ConfigError("The demo needs the package dashwright-client: run `make demo` in a checkout.")
    state = Path(os.environ.get("DATA_DIR", "var/demo/state")).resolve()
    miners = [f"127.0.0.1:{device_port + number}" for number in range(len(FLEET))]
    # Only what is not set already: every setting of the service works here too.
    for name, value in {
        "DATA_DIR": str(state),
        "DASHBOARDS_DIR": str(state.parent / "dashboards"),
        "OUTBOUND_ALLOW": ",".join(miners),
        "LOG_LEVEL": "WARNING",
        "SCRAPE_INTERVAL": "1s",
        **_prometheus(),
    }.items():
        os.environ.setdefault(name, value)
    with free_to_start(current_settings(), _claims(host_port, device_port)):
        # Only now: until here another demo could run on this state.
        os.environ.setdefault("DEVICE_KINDS_DIR", str(_quick_kinds(state / "device_kinds")))
        os.environ.setdefault("API_TOKEN", _kept_token(state / "demo-token"))
        sys.exit(_run(current_settings(), _Ways(host_port, device_port, stays, away, history)))


@dataclass(frozen=True, slots=True)
class _Ways:
    """How the demonstration is to be, as its options say."""

    host_port: int
    device_port: int
    stays_seconds: float
    away_seconds: float
    history: bool


def _run(settings: Settings, ways: _Ways) -> int:
    """Run everything on a state that is held; gives the exit code."""
    started = time.time() - _UP_BEFORE_SECONDS
    servers = [
        MinerServer(Miner(number, hostname, started), ways.device_port + number)
        for number, (_, hostname, _) in enumerate(FLEET)
    ]
    if ways.history and settings.own_prometheus:
        kinds = load_kinds(shipped("config", "device_kinds"))
        miners = [(device_id, number, hostname, site) for number, (device_id, hostname, site) in enumerate(FLEET)]
        write_history(
            settings.data_dir / "prometheus",
            kinds["miner"],
            miners,
            Past(time.time(), _HISTORY_SECONDS, started),
        )
    assert settings.api_token is not None
    host = Host(
        settings.own_base,
        settings.api_token.reveal(),
        _devices(servers),
        fleet_uid=dashboard_uid(Maker.FLEET, "overview", ""),
        wanderer=_WANDERER,
        stays_seconds=ways.stays_seconds,
        away_seconds=ways.away_seconds,
    )
    page = HostPage(host, ways.host_port, tokens=built("public", "tokens.css").read_text(encoding="utf-8"))
    host.start()
    _say_when_ready(host, page.server_port, public_address(settings))
    try:
        return run_here(settings)
    finally:
        host.close()
        page.close()
        for server in servers:
            server.close()


def _claims(host_port: int, device_port: int) -> list[PortClaim]:
    """Return the ports of what the demo runs beside the service."""
    ports = range(device_port, device_port + len(FLEET))
    devices = [PortClaim("127.0.0.1", port, "--device-port", "a simulated device") for port in ports]
    return [PortClaim("127.0.0.1", host_port, "--host-port", "the host's page"), *devices]


def _devices(servers: Sequence[MinerServer]) -> list[dict[str, Any]]:
    return [
        {"id": device_id, "hostname": hostname, "kind": "miner", "labels": {"site": site}, "address": server.address}
        for (device_id, hostname, site), server in zip(FLEET, servers, strict=True)
    ]


def _prometheus() -> dict[str, str]:
    if "PROMETHEUS_URL" in os.environ:
        return {}
    if shutil.which("prometheus") is None:
        click.echo("Note: Prometheus is not installed, so the charts stay empty.", err=True)
        return {}
    return {"PROMETHEUS_URL": "http://127.0.0.1:5112", "OWN_PROMETHEUS": "true"}


def _quick_kinds(folder: Path) -> Path:
    """Copy the shipped kinds with a shorter interval: a demonstration is watched closely."""
    folder.mkdir(parents=True, exist_ok=True)
    for file in shipped("config", "device_kinds").glob("*.yaml"):
        text = file.read_text(encoding="utf-8").replace("interval: 5s\ntimeout: 3s", "interval: 1s\ntimeout: 900ms")
        (folder / file.name).write_text(text, encoding="utf-8")
    return folder


def _kept_token(file: Path) -> str:
    """Return the host's API token, the same at every start; one that a kill cut short is made anew."""
    kept = file.read_text(encoding="ascii").strip() if file.exists() else ""
    if not kept:
        kept = f"dw_{secrets.token_urlsafe(32)}"
        fresh = file.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as out:
            out.write(kept)
        fresh.replace(file)
    return kept


def _say_when_ready(host: Host, port: int, service: str) -> None:
    def watch() -> None:
        while True:
            devices = host.state()["devices"]
            assert isinstance(devices, list)
            if all(device["state"] != "starting" for device in devices):
                break
            time.sleep(0.3)
        click.echo(f"The demo is ready: open http://127.0.0.1:{port} (the service itself: {service}). Ctrl-C ends it.")

    threading.Thread(target=watch, name="demo-ready", daemon=True).start()
