"""`dashwright simulate`: a simulated fleet alone, registered at a running service as a polling loop does it."""

from __future__ import annotations

import json
import signal
import threading
import time
import urllib.error
import urllib.request
from types import FrameType

import click

from .simulator import Miner, MinerServer

_UP_BEFORE_SECONDS = 5 * 3600.0
_AGAIN_SECONDS = 30.0
_NOT_YET_SECONDS = 2.0


@click.command()
@click.option("--url", envvar="DASHWRIGHT_URL", required=True, help="The service, e.g. http://dashwright:5109.")
@click.option("--token", envvar="API_TOKEN", required=True, help="An API token that may write devices.")
@click.option("--count", default=4, show_default=True, type=click.IntRange(1, 1000), help="How many devices.")
@click.option("--listen", default="127.0.0.1", show_default=True, help="Address the devices listen on.")
@click.option("--name", default="127.0.0.1", show_default=True, help="Host by which the service reaches them.")
@click.option("--port", default=5121, show_default=True, help="Port of the first device; 0 = free ones.")
def simulate(*, url: str, token: str, count: int, listen: str, name: str, port: int) -> None:
    """Run simulated miners and register them at a service, until Ctrl-C or SIGTERM."""
    started = time.time() - _UP_BEFORE_SECONDS
    servers = [
        MinerServer(Miner(number, f"Simulated miner {number + 1}", started), port + number if port else 0, listen)
        for number in range(count)
    ]
    ending = threading.Event()

    def end(_number: int, _frame: FrameType | None) -> None:
        ending.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    body = json.dumps([_device(server, name) for server in servers]).encode()
    said = None
    try:
        while not ending.is_set():
            told = _register(url, token, body)
            if told != said:
                click.echo(told or f"{count} devices are registered at {url}")
                said = told
            ending.wait(_NOT_YET_SECONDS if told else _AGAIN_SECONDS)
    finally:
        for server in servers:
            server.close()


def _device(server: MinerServer, name: str) -> dict[str, object]:
    return {
        "id": f"sim-{server.miner.number + 1}",
        "hostname": server.miner.hostname,
        "kind": "miner",
        "labels": {"site": "simulated"},
        "address": f"http://{name}:{server.server_port}",
    }


def _register(url: str, token: str, body: bytes) -> str:
    """Register the whole fleet; returns the reason of a failure, or "". Unchanged devices cost the service nothing."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    request = urllib.request.Request(f"{url.rstrip('/')}/api/devices/batch", body, headers, method="POST")  # noqa: S310  # as below
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310  # the operator's own address
            results = json.loads(answer.read())["results"]
    except (urllib.error.URLError, OSError, ValueError) as fault:
        return f"not registered yet: {fault}"
    refused = [result["id"] for result in results if "error" in result]
    return f"refused: {', '.join(refused)}" if refused else ""
