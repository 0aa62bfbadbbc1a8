"""The fuzzer's answers: what devices and Prometheus say, mutated, and what reads it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator, Iterator
from typing import Any

import orjson
from prometheus_client.parser import text_string_to_metric_families

from backend_server.datasources.prometheus_metadata import PrometheusMetadata
from backend_server.devices.device import Device
from backend_server.errors import UpstreamError
from backend_server.generator.job import run_job
from backend_server.generator.spec.discover import discover_spec
from backend_server.poller.connection import DeviceConnection, Failure
from backend_server.poller.kinds import DeviceKind, load_kinds, read_kind
from backend_server.poller.metrics import PollerMetrics
from backend_server.poller.readings import readings_of, texts_of
from backend_server.primitives.ids import DeviceId
from backend_server.primitives.shipped import shipped
from tests.support.mutants import Dice, Mutants, Read, as_json, mutated, mutated_bytes
from tests.support.prometheus import answering_server
from tests.support.visitors import TOKEN, Visitors, dashboard, target

MINER = orjson.dumps(
    {
        **{"hashRate": 1234.5, "power": 17.25, "temp": 58, "vrTemp": 61, "fanrpm": 4200, "fanspeed": 63},
        **{"voltage": 5037.5, "sharesAccepted": 1200, "sharesRejected": 3, "bestDiff": "4.29G", "wifiRSSI": -57},
        **{"uptimeSeconds": 86400, "ASICModel": "BM1370", "version": "v2.4.0", "fans": [{"rpm": 1}, {"rpm": 2}]},
    }
)
NESTED = b"""
kind: nested
path: /api/status
interval: 5s
timeout: 500ms
max_bytes: 4096
info: {model: /ASICModel, fan: /fans/0/name}
metrics:
  - {from: /fans/0/rpm, name: fan_rpm, unit: rpm, help: Of the first fan., scale: 1e9}
  - {from: /fans/1/rpm, name: fan_turns_total, type: counter}
  - {from: /power, name: power_watts, scale: 1e29}
"""


def page_of(kind: DeviceKind, document: object) -> bytes:
    """Return the poller's page after one good answer; what reads it must be able to."""
    metrics = PollerMetrics([kind])
    metrics.answered("rig-1", 0.1, readings_of(kind, document))
    metrics.describe(
        Device(id=DeviceId("rig-1"), hostname="a", kind="miner", labels={"site": "a"}), texts_of(kind, document)
    )
    page = metrics.render()
    assert list(text_string_to_metric_families(page.decode()))
    return page


class _Device(asyncio.Protocol):
    """A device that answers what it is told, in two parts, and then hangs up."""

    def __init__(self, answer: Callable[[], tuple[bytes, int]]) -> None:
        self._answer = answer

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        del data
        answer, cut = self._answer()
        self._transport.write(answer[:cut])
        self._transport.write(answer[cut:])
        self._transport.close()


def _devices(dice: Dice) -> Generator[tuple[bytes, Read]]:
    """Answers of devices, over a real connection, to every kind of poll."""
    problems: list[str] = []
    nested = read_kind("nested.yaml", NESTED, problems)
    assert nested is not None, problems
    kinds = [nested, *load_kinds(shipped("config", "device_kinds")).values()]
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (MINER[:50], MINER[50:]))
    exposed = b'# HELP up Up.\n# TYPE up gauge\nup{device="rig-1"} 1\n'
    answers = [
        head + b"Content-Length: %d\r\n\r\n" % len(MINER) + MINER,
        head + b"Transfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\n\r\n",
        head + b"Connection: close\r\n\r\n" + MINER,
        b"HTTP/1.0 204 No Content\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4\r\nContent-Length: 48\r\n\r\n" + exposed,
    ]
    loop = asyncio.new_event_loop()
    faults: list[str] = []
    loop.set_exception_handler(lambda _, context: faults.append(str(context.get("exception") or context["message"])))
    answering: list[tuple[bytes, int]] = [(b"", 0)]
    server = loop.run_until_complete(loop.create_server(lambda: _Device(lambda: answering[-1]), "127.0.0.1", 0))
    port = server.sockets[0].getsockname()[1]

    async def poll(kind: DeviceKind) -> bytes:
        done: asyncio.Future[tuple[int, bytes] | Failure] = loop.create_future()
        _, connection = await loop.create_connection(
            lambda: DeviceConnection(
                b"GET / HTTP/1.1\r\n\r\n",
                kind.max_bytes,
                lambda status, body: done.set_result((status, body)),
                done.set_result,
            ),
            "127.0.0.1",
            port,
        )
        connection.ask()
        found = await asyncio.wait_for(done, 60)
        connection.close()
        if isinstance(found, Failure):
            return found.value.encode()
        try:
            document = orjson.loads(found[1])
        except orjson.JSONDecodeError:
            return b"not_json"
        return page_of(kind, document)

    def reader(kind: DeviceKind) -> Read:
        def read(mutant: bytes) -> bytes:
            answering[-1] = (mutant, dice.randint(0, len(mutant)))
            faults.clear()
            page = loop.run_until_complete(poll(kind))
            assert not faults, faults
            return page

        return read

    try:
        while True:
            kind = dice.choice(kinds)
            if dice.random() < 0.6:
                body = as_json(mutated(orjson.loads(MINER), dice))
                mutant = head + b"Content-Length: %d\r\n\r\n" % len(body) + body
            else:
                mutant = mutated_bytes(dice.choice(answers), dice)
            yield mutant, reader(kind)
    finally:
        server.close()
        loop.run_until_complete(server.wait_closed())
        loop.close()


SERIES = {"metric": {"__name__": "up", "device": "rig-1"}, "values": [[1795472000, "2"], [1795472015, "NaN"]]}
PROMETHEUS: list[dict[str, Any]] = [
    {"status": "success", "data": {"resultType": "matrix", "result": [SERIES, {**SERIES, "metric": {"a": "b"}}]}},
    {"status": "success", "data": {"resultType": "vector", "result": [{"metric": {"a": "b"}, "value": [1, "2"]}]}},
    {"status": "success", "data": {"resultType": "scalar", "result": [1795472000, "2"]}},
    {"status": "success", "data": {"resultType": "string", "result": [1795472000, "text"]}, "warnings": ["x"]},
    {"status": "error", "errorType": "bad_data", "error": "1:3: parse error"},
]


def _of_prometheus(dice: Dice) -> Iterator[bytes]:
    while True:
        answer = dice.choice(PROMETHEUS)
        yield mutated_bytes(orjson.dumps(answer), dice) if dice.random() < 0.4 else as_json(mutated(answer, dice))


def _prometheus(dice: Dice) -> Generator[tuple[bytes, Read]]:
    """Prometheus' answers, to visitors of both routes."""
    panel = {"id": 1, "type": "timeseries", "targets": [target("a", legendFormat="{{device}} {{a}}")]}
    visitors = Visitors()
    visitors.documents.put(dashboard(panel))
    client = visitors.client()

    def read(mutant: bytes) -> bytes:
        visitors.metrics.answer = mutant
        visitors.now_ms += 3_600_000  # another question: nothing of the last one is shared
        body = {"from": visitors.now_ms - 900_000, "to": visitors.now_ms, "width": 480}
        raw = client.post(f"/grafana/public-dashboards/{TOKEN}/panels/1/data", json=body)
        span = {"from": str(body["from"]), "to": str(body["to"])}
        framed = client.post(f"/grafana/api/public/dashboards/{TOKEN}/panels/1/query", json={"timeRange": span})
        assert (raw.status_code, framed.status_code) in ((200, 200), (200, 400)), (raw.status, framed.status)
        for answer in (raw, framed):
            result = orjson.loads(answer.data)["results"]["A"]
            assert result["status"] in (200, 502), result
            assert ("error" in result) is (result["status"] != 200)
        return max(raw.data, framed.data, key=len)

    try:
        for mutant in _of_prometheus(dice):
            yield mutant, read
    finally:
        visitors.close()


LISTED: dict[str, Any] = {
    "/api/v1/metadata": {"up": [{"type": "gauge", "help": "Up.", "unit": ""}], "a_seconds": [{"type": "histogram"}]},
    'count by (__name__) ({__name__!=""})': {
        "result": [
            {"metric": {"__name__": name}, "value": [1795472000, "2"]}
            for name in ("up", "a_seconds_bucket", "a_seconds_sum", "a_seconds_count", "b_total")
        ]
    },
    'sum by (__name__) ({__name__=~".+_count"}) > 0': {"result": [{"metric": {"__name__": "a_seconds_count"}}]},
    "/api/v1/series": [{"__name__": "up", "device": "rig-1", "job": "x"}],
}


def _discovered(dice: Dice) -> Generator[tuple[bytes, Read]]:
    """What a Prometheus tells of its metrics: made a spec, which is read again."""
    good = {asked: {"status": "success", "data": found} for asked, found in LISTED.items()}
    told: dict[str, bytes] = {}

    def reader(which: str) -> Read:
        def read(mutant: bytes) -> bytes:
            told.update({asked: orjson.dumps(answer) for asked, answer in good.items()} | {which: mutant})
            try:
                text = discover_spec(metadata.seen()).encode()
            except UpstreamError as fault:
                return fault.message.encode()
            run_job(text)
            return text

        return read

    with answering_server(lambda asked: told[asked]) as url:
        metadata = PrometheusMetadata(url)
        try:
            while True:
                which = dice.choice(list(good))
                if dice.random() < 0.4:
                    yield mutated_bytes(orjson.dumps(good[which]), dice), reader(which)
                else:
                    yield as_json(mutated(good[which], dice)), reader(which)
        finally:
            metadata.close()


ANSWERS: dict[str, Mutants] = {
    "devices": _devices,
    "prometheus": _prometheus,
    "discovered": _discovered,
}
