"""Prometheus' answers in Grafana's frames."""

from __future__ import annotations

import orjson
import pytest

from backend_server.queries.panel_plan import Query
from backend_server.queries.time_ranges import TimeRange
from backend_server.querying.frames import frames_of, series_name


def query(legend: str = "", instant: bool = False) -> Query:
    return Query("A", "prometheus", "prometheus", "secret", instant, TimeRange(0, 60_000), 10_000, legend)


def answer(kind: str, result: object) -> bytes:
    return orjson.dumps({"status": "success", "data": {"resultType": kind, "result": result}})


LABELS = {"__name__": "device_cpu_percent", "device": "dev-0001", "instance": "localhost:9101", "job": "devices"}


def test_a_matrix_is_one_frame_per_series_as_grafana_gives_it() -> None:
    series = {"metric": LABELS, "values": [[1795471950, "69.242"], [1795471960.5, "66.257"]]}
    other = {"metric": {**LABELS, "device": "dev-2"}, "values": [[1795471950, "1"]]}
    first, second = frames_of(query("{{device}}"), answer("matrix", [series, other]))
    assert first == {
        "schema": {
            "refId": "A",
            "meta": {
                "type": "timeseries-multi",
                "typeVersion": [0, 1],
                "custom": {"calculatedMinStep": 10000, "resultType": "matrix"},
            },
            "fields": [
                {
                    "name": "Time",
                    "type": "time",
                    "typeInfo": {"frame": "time.Time"},
                    "config": {"interval": 10000},
                },
                {
                    "name": "device_cpu_percent",
                    "type": "number",
                    "typeInfo": {"frame": "float64"},
                    "labels": LABELS,
                    "config": {"displayNameFromDS": "dev-0001"},
                },
            ],
        },
        "data": {"values": [[1795471950000, 1795471960500], [69.242, 66.257]]},
    }
    assert second["schema"]["meta"]["custom"] == {"resultType": "matrix"}


def test_numbers_json_cannot_hold_are_named_beside() -> None:
    points = [[1, "1"], [2, "NaN"], [3, "+Inf"], [4, "-Inf"], [5, "NaN"]]
    (frame,) = frames_of(query(), answer("matrix", [{"metric": {}, "values": points}]))
    assert frame["data"] == {
        "values": [[1000, 2000, 3000, 4000, 5000], [1.0, None, None, None, None]],
        "entities": [None, {"NaN": [1, 4], "Inf": [2], "NegInf": [3]}],
    }
    assert orjson.loads(orjson.dumps(frame)) == frame


def test_a_vector_a_scalar_a_string_and_nothing() -> None:
    (vector,) = frames_of(
        query(instant=True), answer("vector", [{"metric": LABELS, "value": [1795472014.304, "80013"]}])
    )
    assert vector["schema"]["meta"]["type"] == "numeric-multi"
    assert vector["data"] == {"values": [[1795472014304], [80013.0]]}
    (scalar,) = frames_of(query(instant=True), answer("scalar", [1, "2"]))
    assert scalar["data"] == {"values": [[1000], [2.0]]}
    (text,) = frames_of(query(instant=True), answer("string", [1, "NaN"]))
    assert text["data"] == {"values": [[1000], ["NaN"]]}
    (nothing,) = frames_of(query(), answer("matrix", []))
    assert nothing == {
        "schema": {"refId": "A", "meta": {"typeVersion": [0, 0], "custom": {"calculatedMinStep": 10000}}, "fields": []},
        "data": {"values": []},
    }


@pytest.mark.parametrize(
    ("labels", "legend", "name"),
    [
        ({"__name__": "up", "job": "a", "instance": "b"}, "", 'up{instance="b", job="a"}'),
        ({"__name__": "up"}, "", "up"),
        ({"job": 'a"\\\n'}, "", '{job="a\\"\\\\\\n"}'),
        ({}, "", "Value"),
        ({"job": "a"}, "__auto", '{job="a"}'),
        ({"job": "a"}, "{{ job }}/{{missing}}!", "a/!"),
    ],
)
def test_names_never_show_the_query(labels: dict[str, str], legend: str, name: str) -> None:
    assert series_name(labels, legend) == name
