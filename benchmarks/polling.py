"""Polling devices: processor time per poll of ours, of aiohttp and of requests in threads, in turn, against one server.

Ours and aiohttp poll 400 devices every 0.2 s: as many polls a second as 10,000 devices make every 5 s. Threads cannot
keep that pace and go as fast as they can, which costs them less a poll. Every client asks over kept connections, reads
the JSON and makes twelve numbers of it; connecting is not counted. What dead devices cost the others is measured with
half the fleet silent.

    python -m benchmarks.polling
"""

from __future__ import annotations

import asyncio
import multiprocessing
import resource
import socket
import statistics
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection

import aiohttp
import orjson
import requests

from backend_server.demo.simulator import info_at
from backend_server.devices.device import Device
from backend_server.outbound.guard import PermittedAddress
from backend_server.poller.engine import PollEngine
from backend_server.poller.kinds import DeviceKind, load_kinds
from backend_server.poller.metrics import PollerMetrics
from backend_server.poller.readings import readings_of
from backend_server.primitives.ids import DeviceId
from backend_server.primitives.shipped import shipped
from benchmarks.report import Row, print_rows

DEVICES = 400
INTERVAL_SECONDS = 0.2
WARM_SECONDS, SECONDS = 0.6, 3.0
ROUNDS = 3
PATH = "polling"


class _Answer(asyncio.Protocol):
    """Answers any request with the same bytes."""

    body = orjson.dumps(info_at(time.time(), 0, "Rig", time.time() - 3600))
    bytes_ = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + body

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        if data.endswith(b"\r\n\r\n"):
            assert isinstance(self.transport, asyncio.Transport)
            self.transport.write(self.bytes_)


def serve(told: Connection) -> None:
    """Be the devices, in a process of their own."""

    async def run() -> None:
        server = await asyncio.get_running_loop().create_server(_Answer, "127.0.0.1", 0, backlog=2048)
        told.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(run())


def loopback(url: str) -> PermittedAddress:
    """Return what the guard would answer."""
    return PermittedAddress(url, "http", "127.0.0.1", int(url.rpartition(":")[2]), ("127.0.0.1",))


def processor_seconds() -> float:
    """Return this process's processor time so far, all threads counted."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


@dataclass
class Outcome:
    """What a run cost: processor microseconds per poll, and how long the good polls took."""

    microseconds: float
    durations: list[float]


def poll_ours(kind: DeviceKind, port: int, *, silent_port: int | None = None) -> Outcome:
    """Poll with the engine."""
    quick = replace(kind, interval_seconds=INTERVAL_SECONDS, timeout_seconds=INTERVAL_SECONDS, info={})
    durations: list[float] = []

    class Counted(PollerMetrics):
        def answered(self, device_id: str, seconds: float, readings: dict[str, float]) -> None:
            durations.append(seconds)  # and no page, which the others do not make either

    metrics = Counted([quick])
    engine = PollEngine({"miner": quick}, metrics, loopback)
    devices = [Device(DeviceId(f"d{n}"), "d", "miner", address=f"http://127.0.0.1:{port}") for n in range(DEVICES)]
    if silent_port is not None:
        away = f"http://127.0.0.1:{silent_port}"
        devices += [Device(DeviceId(f"s{n}"), "s", "miner", address=away) for n in range(DEVICES)]
    begun = 0.0

    def begin() -> None:
        nonlocal begun
        begun = processor_seconds()
        durations.clear()

    async def run() -> None:
        engine.follow(devices)
        stop = asyncio.Event()
        # Silent devices are asked more rarely after a few failures; what is measured is how it goes on.
        warm = WARM_SECONDS if silent_port is None else 5 * WARM_SECONDS
        asyncio.get_running_loop().call_later(warm, begin)
        asyncio.get_running_loop().call_later(warm + SECONDS, stop.set)
        await engine.run(stop)

    asyncio.run(run())
    return Outcome((processor_seconds() - begun) / len(durations) * 1e6, durations)


def poll_aiohttp(kind: DeviceKind, port: int) -> float:
    """Return the microseconds per poll of aiohttp, one task per device, each at its own moment of the interval."""
    polls = 0

    async def device(session: aiohttp.ClientSession, number: int) -> None:
        nonlocal polls
        loop = asyncio.get_running_loop()
        due = loop.time() + INTERVAL_SECONDS * number / DEVICES
        while True:
            await asyncio.sleep(max(0.0, due - loop.time()))
            due += INTERVAL_SECONDS
            async with session.get(f"http://127.0.0.1:{port}/api/system/info") as answer:
                readings_of(kind, orjson.loads(await answer.read()))
            polls += 1

    async def run() -> float:
        nonlocal polls
        connector = aiohttp.TCPConnector(limit=0)
        async with aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=10)) as session:
            tasks = [asyncio.create_task(device(session, number)) for number in range(DEVICES)]
            await asyncio.sleep(WARM_SECONDS)
            begun, polls = processor_seconds(), 0
            await asyncio.sleep(SECONDS)
            used = processor_seconds() - begun
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            return used / polls * 1e6

    return asyncio.run(run())


def poll_requests(kind: DeviceKind, port: int, polls: int) -> float:
    """Return the microseconds per poll of requests, a kept session in each of 32 threads."""
    local = threading.local()

    def one(_: int) -> None:
        session = getattr(local, "session", None)
        if session is None:
            session = local.session = requests.Session()
        answer = session.get(f"http://127.0.0.1:{port}/api/system/info", timeout=10)
        readings_of(kind, orjson.loads(answer.content))

    with ThreadPoolExecutor(32) as pool:
        list(pool.map(one, range(200)))
        begun = processor_seconds()
        list(pool.map(one, range(polls)))
        return (processor_seconds() - begun) / polls * 1e6


def p99(values: list[float]) -> float:
    """Return the 99th percentile."""
    return statistics.quantiles(values, n=100)[98]


def main() -> int:
    """Print the table; 1 when an aim was missed."""
    kind = load_kinds(shipped("config", "device_kinds"))["miner"]
    ours, theirs = multiprocessing.Pipe()
    devices = multiprocessing.get_context("spawn").Process(target=serve, args=(theirs,), daemon=True)
    devices.start()
    port = int(ours.recv())
    measured: dict[str, list[float]] = {"ours": [], "aiohttp": [], "requests": []}
    alone: list[float] = []
    beside: list[float] = []
    with socket.create_server(("127.0.0.1", 0), backlog=2048) as silent:
        for _ in range(ROUNDS):
            outcome = poll_ours(kind, port)
            measured["ours"].append(outcome.microseconds)
            alone.append(p99(outcome.durations))
            measured["aiohttp"].append(poll_aiohttp(kind, port))
            measured["requests"].append(poll_requests(kind, port, 600))
            beside.append(p99(poll_ours(kind, port, silent_port=silent.getsockname()[1]).durations))
    devices.terminate()
    devices.join()
    cost = {name: statistics.median(values) for name, values in measured.items()}
    over_requests, over_aiohttp = cost["requests"] / cost["ours"], cost["aiohttp"] / cost["ours"]
    moved = statistics.median(beside) / statistics.median(alone)
    rows = [
        *[Row(PATH, f"processor time per poll, {name}", "", f"{value:.0f} µs", None) for name, value in cost.items()],
        Row(PATH, "cheaper than requests in threads", "≥ 15 ×", f"{over_requests:.1f} ×", over_requests >= 15),
        Row(PATH, "cheaper than aiohttp", "≥ 3.5 ×", f"{over_aiohttp:.1f} ×", over_aiohttp >= 3.5),
        Row(PATH, "99th percentile with as many silent devices", "≤ 1.2 ×", f"{moved:.2f} ×", moved <= 1.2),
    ]
    print_rows(rows)
    return int(any(row.met is False for row in rows))


if __name__ == "__main__":
    sys.exit(main())
