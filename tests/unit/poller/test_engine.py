"""The engine against real HTTP servers on loopback that answer well, badly, slowly or not at all."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from prometheus_client.parser import text_string_to_metric_families

from backend_server.devices.device import Device
from backend_server.errors import InputError
from backend_server.outbound.guard import PermittedAddress
from backend_server.poller.connection import Failure
from backend_server.poller.engine import PollEngine, request_for
from backend_server.poller.kinds import DeviceKind, Reading
from backend_server.poller.metrics import PollerMetrics
from backend_server.poller.rhythm import ScrapeRhythm
from backend_server.poller.server import MetricsServer
from backend_server.primitives.ids import DeviceId

KIND = DeviceKind(
    "miner", "/info", 0.2, 0.15, max_bytes=2048, readings=(Reading(("power",), "power_watts", "gauge", "", ""),)
)
PROBED = DeviceKind("generic", "/", 0.2, 0.15)
GOOD = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 13\r\n\r\n{"power": 17}'

CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


@dataclass
class Simulator:
    """A device: answers each request with the bytes it is told to, in parts if there are several."""

    answer: list[bytes] = field(default_factory=lambda: [GOOD])
    end_after: bool = False
    requests: list[bytes] = field(default_factory=list)
    connections: int = 0
    port: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while True:
                self.requests.append(await reader.readuntil(b"\r\n\r\n"))
                for part in self.answer:
                    writer.write(part)
                    await writer.drain()
                    await asyncio.sleep(0.005)
                if self.end_after:
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


def anywhere(url: str) -> PermittedAddress:
    if "forbidden" in url:
        raise InputError("not there")
    return PermittedAddress(url, "http", "127.0.0.1", int(url.rpartition(":")[2]), ("127.0.0.1",))


@asynccontextmanager
async def running(simulator: Simulator) -> AsyncIterator[Simulator]:
    server = await asyncio.start_server(simulator.serve, "127.0.0.1", 0)
    simulator.port = server.sockets[0].getsockname()[1]
    try:
        yield simulator
    finally:
        server.close()
        await server.wait_closed()


@asynccontextmanager
async def polling(
    *devices: Device, forget_after_seconds: float = 90, rhythm: ScrapeRhythm | None = None
) -> AsyncIterator[tuple[PollEngine, PollerMetrics]]:
    metrics = PollerMetrics([KIND])
    engine = PollEngine(
        {"miner": KIND, "generic": PROBED, "own": DeviceKind("own", "/", 1, 1, scrape=True)},
        metrics,
        anywhere,
        forget_after_seconds=forget_after_seconds,
        rhythm=rhythm,
    )
    engine.follow(devices)
    stop = asyncio.Event()
    task = asyncio.create_task(engine.run(stop))
    try:
        yield engine, metrics
    finally:
        stop.set()
        await task


def device(name: str, port: int, kind: str = "miner") -> Device:
    return Device(DeviceId(name), name.title(), kind, address=f"http://127.0.0.1:{port}")


def value(metrics: PollerMetrics, name: str, **labels: str) -> float | None:
    for family in text_string_to_metric_families(metrics.render().decode()):
        for sample in family.samples:
            if sample.name == name and labels.items() <= sample.labels.items():
                return sample.value
    return None


async def until(holds: Callable[[], bool], seconds: float = 30) -> None:
    async with asyncio.timeout(seconds):
        while not holds():
            await asyncio.sleep(0.01)


def run(test: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(test())


def test_a_device_is_asked_over_one_kept_connection_and_a_new_value_shows() -> None:
    async def test() -> None:
        async with running(Simulator()) as simulator, polling(device("a", simulator.port)) as (_, metrics):
            await until(lambda: value(metrics, "power_watts", device="a") == 17)
            simulator.answer = [GOOD.replace(b"17", b"77")]
            await until(lambda: value(metrics, "power_watts", device="a") == 77)
            await until(lambda: len(simulator.requests) >= 4)
            assert simulator.connections == 1
            assert simulator.requests[0].startswith(b"GET /info HTTP/1.1\r\nHost: 127.0.0.1:")

    run(test)


def test_when_a_device_is_asked_next_is_the_rhythms_to_say() -> None:
    class Told(ScrapeRhythm):
        def __init__(self) -> None:
            super().__init__()
            self.asked: list[tuple[float, int, bool]] = []

        def before_scrape(self, now: float, wait: float, place: float, devices: int, answer_seconds: float) -> float:
            assert 0 <= place < 1
            self.asked.append((wait, devices, answer_seconds > 0))
            return now + (0.1 if len(self.asked) < 3 else 3600)

    async def test() -> None:
        told = Told()
        async with running(Simulator()) as simulator, polling(device("a", simulator.port), rhythm=told):
            await until(lambda: len(simulator.requests) == 3)
            assert told.asked == [(0.2, 1, False), (0.2, 1, True), (0.2, 1, True)]

    run(test)


@pytest.mark.parametrize(
    ("answer", "end_after"),
    [
        pytest.param([GOOD[:30], GOOD[30:80], GOOD[80:]], False, id="in parts"),
        pytest.param(
            [
                b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
                b'6\r\n{"powe\r\n',
                b'7;x=y\r\nr": 17}\r\n0\r\n\r\n',
            ],
            False,
            id="chunked",
        ),
        pytest.param([b'HTTP/1.0 200 OK\r\n\r\n{"power": 17}'], True, id="until the end"),
        pytest.param([GOOD.replace(b"Content-Type", b"Connection: close\r\nX")], False, id="close announced"),
    ],
)
def test_every_way_to_end_an_answer_is_understood(answer: list[bytes], end_after: bool) -> None:
    async def test() -> None:
        simulator = Simulator(answer, end_after)
        async with running(simulator), polling(device("a", simulator.port)) as (_, metrics):
            await until(lambda: value(metrics, "power_watts", device="a") == 17)
            await until(lambda: len(simulator.requests) >= 3)
            assert value(metrics, "device_up", device="a") == 1

    run(test)


@pytest.mark.parametrize(
    ("answer", "end_after", "reason"),
    [
        pytest.param([], False, Failure.TIMEOUT, id="says nothing"),
        pytest.param([GOOD[:40]], False, Failure.TIMEOUT, id="stops in the middle"),
        pytest.param([GOOD[:-2]], True, Failure.BROKEN_OFF, id="ends in the middle"),
        pytest.param([], True, Failure.BROKEN_OFF, id="hangs up"),
        pytest.param([b"SSH-2.0-OpenSSH_9.2\r\n"], False, Failure.NOT_HTTP, id="is no web server"),
        pytest.param([b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 4000], False, Failure.TOO_LARGE, id="endless head"),
        pytest.param(
            [b"HTTP/1.1 200 OK\r\nContent-Length: 999999999\r\n\r\n"], False, Failure.TOO_LARGE, id="announces too much"
        ),
        pytest.param([b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 40_000], False, Failure.TOO_LARGE, id="sends too much"),
        pytest.param([b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n"], False, Failure.STATUS, id="another status"),
        pytest.param([b"HTTP/1.1 302 No\r\nLocation: /\r\nContent-Length: 0\r\n\r\n"], False, Failure.STATUS, id="302"),
        pytest.param([b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{]"], False, Failure.NOT_JSON, id="no JSON"),
        pytest.param([CHUNKED + b"zz\r\n"], False, Failure.NOT_HTTP, id="bad chunk"),
    ],
)
def test_a_bad_answer_is_counted_by_reason_and_a_good_one_mends_it(
    answer: list[bytes], end_after: bool, reason: Failure
) -> None:
    async def test() -> None:
        simulator = Simulator(answer, end_after)
        async with running(simulator), polling(device("a", simulator.port)) as (_, metrics):
            await until(lambda: bool(value(metrics, "dashwright_poller_failures_total", reason=reason.value)))
            assert value(metrics, "device_up", device="a") == 0
            simulator.answer, simulator.end_after = [GOOD], False
            await until(lambda: value(metrics, "power_watts", device="a") == 17)

    run(test)


def test_dead_silent_and_forbidden_devices_take_nothing_from_the_others() -> None:
    async def test() -> None:
        with socket.create_server(("127.0.0.1", 0)) as silent, socket.create_server(("127.0.0.1", 0)) as closing:
            dead_port = closing.getsockname()[1]
            closing.close()
            silent_port = silent.getsockname()[1]
            forbidden = Device(DeviceId("f"), "F", "miner", address="http://forbidden:80")
            bad = [device(f"dead-{n}", dead_port) for n in range(20)]
            bad += [device(f"silent-{n}", silent_port) for n in range(20)]
            async with (
                running(Simulator()) as simulator,
                polling(device("a", simulator.port), forbidden, *bad) as (
                    _,
                    metrics,
                ),
            ):
                await until(lambda: len(simulator.requests) >= 5)
                await until(lambda: bool(value(metrics, "dashwright_poller_failures_total", reason="timeout")))
                assert value(metrics, "device_up", device="a") == 1
                assert value(metrics, "device_up", device="dead-3") == 0
                assert value(metrics, "dashwright_poller_failures_total", reason="unreachable")
                assert value(metrics, "dashwright_poller_failures_total", reason="refused_address")

    run(test)


def test_readings_that_are_too_old_go_and_the_device_stays_down() -> None:
    async def test() -> None:
        simulator = Simulator()
        async with running(simulator), polling(device("a", simulator.port), forget_after_seconds=0.3) as (_, metrics):
            await until(lambda: value(metrics, "power_watts", device="a") == 17)
            simulator.answer = [b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n"]
            await until(lambda: value(metrics, "power_watts", device="a") is None)
            assert value(metrics, "device_up", device="a") == 0
            assert (value(metrics, "device_reading_age_seconds", device="a") or 0) >= 0.3

    run(test)


def test_a_device_that_leaves_the_list_is_asked_no_more_and_one_that_moves_is_asked_anew() -> None:
    async def test() -> None:
        async with (
            running(Simulator()) as old,
            running(Simulator([GOOD.replace(b"17", b"18")])) as new,
            polling(device("a", old.port), device("b", old.port)) as (engine, metrics),
        ):
            await until(lambda: value(metrics, "power_watts", device="b") == 17)
            engine.follow([device("a", new.port)])
            await until(lambda: value(metrics, "power_watts", device="a") == 18)
            assert b'"b"' not in metrics.render()
            asked = len(old.requests)
            await asyncio.sleep(0.5)
            assert len(old.requests) == asked

    run(test)


def test_kinds_decide_who_is_polled_and_any_answer_will_do_for_a_generic_one() -> None:
    async def test() -> None:
        without = Device(DeviceId("without"), "Without", "miner")
        async with (
            running(Simulator([b"HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n"])) as simulator,
            polling(device("g", simulator.port, "odd"), device("own", simulator.port, "own"), without) as (_, metrics),
        ):
            await until(lambda: value(metrics, "device_up", device="g") == 1)
            assert value(metrics, "dashwright_poller_devices") == 1

    run(test)


def test_the_metrics_page_is_served_and_nothing_else() -> None:
    async def test() -> None:
        server = MetricsServer(lambda: b"up 1\n")
        port = await server.listen(0)
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        answers = []
        for line in (b"GET /metrics?a=b", b"HEAD /metrics", b"GET /", b"POST /metrics", b"GET /-/healthy"):
            writer.write(line + b" HTTP/1.1\r\nHost: x\r\n\r\n")
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
            body = b"" if line.startswith(b"HEAD") else await reader.readexactly(length)
            answers.append((int(head.split()[1]), body))
        await server.close()
        assert await reader.read() == b""
        writer.close()
        assert [status for status, _ in answers] == [200, 200, 404, 405, 200]
        assert answers[0][1] == b"up 1\n"

    run(test)


def test_the_request_names_the_host_without_credentials() -> None:
    assert b"\r\nHost: rig:80\r\n" in request_for("http://user:pass@rig:80", "/")
