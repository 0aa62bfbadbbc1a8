"""Whatever answers in Prometheus' place: the whole answer is JSON, and a fault of one query stays that query's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import orjson
import pytest
from flask.testing import FlaskClient

from backend_server.datasources.prometheus import PrometheusClient
from backend_server.datasources.registry import Datasources
from backend_server.queries.panel_plan import Query
from backend_server.querying import frames, prometheus_answers
from tests.support.prometheus import answering_server
from tests.support.visitors import NOW_MS, TOKEN, Visitors, dashboard, target

DATA = f"/grafana/public-dashboards/{TOKEN}/panels/1/data"
QUERY = f"/grafana/api/public/dashboards/{TOKEN}/panels/1/query"
GOOD = (
    b'{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"a":"b"},"values":[[1795472000,"2"]]}]}}'
)
START = b'{"status":"success"'


def matrix(*series: object) -> bytes:
    return orjson.dumps({"status": "success", "data": {"resultType": "matrix", "result": list(series)}})


def points(*found: object) -> bytes:
    return matrix({"metric": {}, "values": list(found)})


def of(kind: str, result: object) -> bytes:
    return orjson.dumps({"status": "success", "data": {"resultType": kind, "result": result}})


HOSTILE: dict[str, bytes] = {
    "nothing after the first bytes": START,
    "broken off": GOOD[:-9],
    "markup": START + b"<script>alert(1)</script>",
    "two answers": GOOD + GOOD,
    "no UTF-8": GOOD.replace(b'"b"', b'"\xff\xfe"'),
    "deep brackets": START + b',"data":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "NaN": GOOD.replace(b'"2"', b"NaN"),
    "a number beyond all": GOOD.replace(b"1795472000", b"1e999"),
    "a text": b'"success"',
    "no data": START + b"}",
    "data null": START + b',"data":null}',
    "data a list": START + b',"data":[]}',
    "no result": START + b',"data":{"resultType":"matrix"}}',
    "result null": of("matrix", None),
    "result an object": of("vector", {}),
    "result a number": of("matrix", 5),
    "another type": of("streams", []),
    "no type": START + b',"data":{"resultType":["matrix"],"result":[]}}',
    "scalar of one": of("scalar", [1]),
    "scalar null": of("scalar", None),
    "string of a number": of("string", [1, 2]),
    "a series that is a text": matrix("up"),
    "a series without labels": matrix({"values": []}),
    "labels that are a list": matrix({"metric": [], "values": []}),
    "a label that is a number": matrix({"metric": {"a": 1}, "values": []}),
    "a label that is a list": matrix({"metric": {"a": ["b"]}, "values": []}),
    "values null": matrix({"metric": {}, "values": None}),
    "a value beside": of("vector", [{"metric": {}, "value": 1}]),
    "a point of one": points([1]),
    "a point of three": points([1, "2", "3"]),
    "a point that is a text": points("ab"),
    "a time that is a text": points(["1", "2"]),
    "a time that is true": points([True, "2"]),
    "a time after all days": points([1e18, "2"]),
    "a value that is a number": points([1, 2]),
    "a value that is no number": points([1, "many"]),
    "a value that is null": points([1, None]),
    "a value of many digits": points([1, "1" * 10_000]),
}


@dataclass
class Hostile:
    """A visitor's client, and what a Prometheus answers to the query `bad`; to all others it answers well."""

    client: FlaskClient = field(init=False)
    answers: list[bytes] = field(default_factory=lambda: [GOOD])
    asked: list[str] = field(default_factory=list)

    def answer(self, query: str) -> bytes:
        self.asked.append(query)
        return self.answers[-1] if query == "bad" else GOOD


@pytest.fixture
def hostile() -> Iterator[Hostile]:
    made = Hostile()
    with answering_server(made.answer) as url:
        client = PrometheusClient(url)
        visitors = Visitors(metrics=Datasources(client))
        visitors.documents.put(dashboard({"id": 1, "type": "timeseries", "targets": [target("bad"), target("x", "B")]}))
        made.client = visitors.client()
        yield made
        visitors.close()
        client.close()


def raw(hostile: Hostile) -> dict[str, dict[str, object]]:
    found = hostile.client.post(DATA, json={"from": NOW_MS - 900_000, "to": NOW_MS, "width": 480})
    assert found.status_code == 200
    results: dict[str, dict[str, object]] = orjson.loads(found.data)["results"]
    return results


def shaped(hostile: Hostile, status: int) -> dict[str, dict[str, object]]:
    found = hostile.client.post(QUERY, json={"timeRange": {"from": "now-15m", "to": "now"}})
    assert found.status_code == status
    results: dict[str, dict[str, object]] = orjson.loads(found.data)["results"]
    return results


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE)
def test_one_query_s_answer_that_is_none_fails_that_query_alone(hostile: Hostile, body: bytes) -> None:
    hostile.answers.append(body)
    for results in (raw(hostile), shaped(hostile, 400)):
        assert results["A"]["status"] == 502
        assert "Prometheus" in str(results["A"]["error"])
        assert results["B"]["status"] == 200
        assert results["B"].get("frames") or results["B"]["answer"] == orjson.loads(GOOD)
        assert len(orjson.dumps(results)) < 5_000


def test_a_bad_answer_is_not_kept(hostile: Hostile, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backend_server.querying.answer_cache.FAILURE_KEPT_SECONDS", 0.0)
    hostile.answers.append(START)
    assert raw(hostile)["A"]["status"] == 502
    hostile.answers.append(GOOD)
    assert raw(hostile)["A"]["status"] == 200


@pytest.mark.parametrize(
    "body",
    [
        of("vector", [{"metric": {"n": str(number)}, "value": [1, "2"]} for number in range(200_000)]),
        matrix({"metric": {}, "values": [[1, "2"]] * 1_000_001}),
        START + b',"data":[' + b"[]," * 4_000_000 + b"[]]}",
    ],
    ids=["series", "points", "brackets"],
)
def test_more_than_can_be_shown_asks_for_less(hostile: Hostile, body: bytes) -> None:
    hostile.answers.append(body)
    for results in (raw(hostile), shaped(hostile, 400)):
        assert results["A"]["status"] == 502
        assert "choose a shorter range or fewer series" in str(results["A"]["error"])
        assert results["B"]["status"] == 200


def test_an_answer_is_read_once_and_its_frames_are_made_once(hostile: Hostile, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[bytes] = []
    made: list[str] = []
    read_one, make_one = prometheus_answers.checked, frames.frames_of

    def reading(body: bytes) -> bytes:
        read.append(body)
        return read_one(body)

    def making(query: Query, answer: bytes) -> list[dict[str, object]]:
        made.append(query.ref_id)
        return make_one(query, answer)

    monkeypatch.setattr("backend_server.querying.runner.checked", reading)
    monkeypatch.setattr("backend_server.querying.shared_frames.frames_of", making)
    first = shaped(hostile, 200)
    for _ in range(5):
        assert shaped(hostile, 200) == first
    assert sorted(hostile.asked) == ["bad", "x"]
    assert len(read) == 2
    for _ in range(5):
        assert raw(hostile)["A"]["answer"] == orjson.loads(GOOD)
    assert len(read) == len(hostile.asked) <= 4
    assert sorted(made) == ["A", "B"]


def test_a_legend_cannot_swell_an_answer(hostile: Hostile) -> None:
    long = matrix({"metric": {"a": "x" * 500_000}, "values": [[1, "2"]]})
    hostile.answers.append(long)
    name = frames.series_name({"a": "x" * 500_000}, "{{a}}" * 5_000)
    assert len(name) <= 1_000
    assert len(orjson.dumps(shaped(hostile, 200))) < 2 * len(long)
