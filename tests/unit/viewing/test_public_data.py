"""The public routes that give data: only stored queries are asked, and what went wrong is said per query."""

from __future__ import annotations

import orjson
import pytest
from flask.testing import FlaskClient

from backend_server.errors import UpstreamError, UpstreamTimeout
from backend_server.links import LinkProfile
from tests.support.visitors import EMPTY_MATRIX, NOW_MS, SECRET_EXPRESSION, TOKEN, Visitors, dashboard, target

PAGE = f"/grafana/public-dashboards/{TOKEN}"
API = f"/grafana/api/public/dashboards/{TOKEN}"
QUERY = {"intervalMs": 5000, "maxDataPoints": 100, "timeRange": {"from": "now-15m", "to": "now", "timezone": "utc"}}


MATRIX = orjson.dumps(
    {
        "status": "success",
        "data": {"resultType": "matrix", "result": [{"metric": {"a": "b"}, "values": [[1795472000, "2"]]}]},
    }
)


def test_the_raw_route_passes_the_answer_through(visitors: Visitors, client: FlaskClient) -> None:
    visitors.metrics.answer = MATRIX
    body = {"from": NOW_MS - 900_000, "to": NOW_MS, "width": 480}
    answer = client.post(f"{PAGE}/panels/1/data", json=body)
    assert answer.status_code == 200
    assert MATRIX in answer.data
    end = NOW_MS // 2000 * 2000
    assert answer.json == {
        "from": (NOW_MS - 900_000) // 2000 * 2000,
        "to": end,
        "step_ms": 2000,
        "results": {"A": {"status": 200, "instant": False, "step_ms": 2000, "answer": orjson.loads(MATRIX)}},
    }
    assert visitors.metrics.asked == [("range", SECRET_EXPRESSION, end - 900_000, end, 2000)]


def test_only_what_is_stored_is_asked(visitors: Visitors, client: FlaskClient) -> None:
    evil = {"queries": [{"refId": "A", "expr": "evil"}], "expr": "evil", "query": "evil"}
    client.post(f"{PAGE}/panels/1/data", json={"from": NOW_MS - 1000, "to": NOW_MS, "width": 10, **evil})
    client.post(f"{API}/panels/1/query", json={**QUERY, **evil})
    assert {asked[1] for asked in visitors.metrics.asked} == {SECRET_EXPRESSION}


def test_without_a_picker_the_links_own_range_counts(visitors: Visitors, client: FlaskClient) -> None:
    visitors.links.change(profile=LinkProfile(picker=False, time_from="now-30m"))
    found = client.post(f"{PAGE}/panels/1/data", json={"from": 0, "to": 1000, "width": 960}).json
    assert found["to"] - found["from"] == 1_800_000
    frames = client.post(f"{API}/panels/1/query", json=QUERY)
    assert frames.status_code == 200
    assert {asked[3] - asked[2] for asked in visitors.metrics.asked} == {1_800_000}


@pytest.mark.parametrize(
    ("failure", "status"),
    [
        (UpstreamError("Prometheus cannot be reached."), 502),
        (UpstreamTimeout("Prometheus did not answer within 15 s."), 504),
    ],
)
def test_a_datasource_that_is_down_is_said_per_query(
    visitors: Visitors, client: FlaskClient, failure: UpstreamError, status: int
) -> None:
    visitors.metrics.failure = failure
    answer = client.post(f"{PAGE}/panels/1/data", json={"from": NOW_MS - 1000, "to": NOW_MS, "width": 10})
    assert answer.status_code == 200
    assert answer.json["results"] == {"A": {"status": status, "error": failure.message}}
    shaped = client.post(f"{API}/panels/1/query", json=QUERY)
    assert shaped.status_code == 400
    assert shaped.json["results"]["A"] == {
        "error": failure.message,
        "errorSource": "downstream",
        "status": status,
        "frames": [],
    }


def test_one_bad_query_leaves_the_others(visitors: Visitors, client: FlaskClient) -> None:
    other = {**target("x", "B"), "datasource": {"type": "grafana-postgresql-datasource", "uid": "pg"}}
    panel = {"id": 1, "type": "timeseries", "targets": [target("a"), other, target("c", "C")]}
    visitors.documents.put(dashboard(panel))
    results = client.post(f"{PAGE}/panels/1/data", json={"from": NOW_MS - 9000, "to": NOW_MS, "width": 10}).json[
        "results"
    ]
    assert [results[ref]["status"] for ref in "ABC"] == [200, 400, 200]
    assert "not set up here" in results["B"]["error"]
    assert client.post(f"{API}/panels/1/query", json=QUERY).status_code == 400


@pytest.mark.parametrize(
    ("path", "body", "status", "message_id"),
    [
        ("1/query", {**QUERY, "intervalMs": -1}, 400, "invalidInterval"),
        ("1/query", {**QUERY, "maxDataPoints": -1}, 400, "maxDataPoints"),
        ("1/query", {**QUERY, "timeRange": {"from": "foo", "to": "bar"}}, 400, "invalidTimeRange"),
        ("1/query", [], 400, "badRequest"),
        ("1/query", {**QUERY, "maxDataPoints": "many"}, 400, "badRequest"),
        ("x/query", QUERY, 400, "invalidPanelId"),
        ("-1/query", QUERY, 400, "invalidPanelId"),
        ("99/query", QUERY, 404, "panelNotFound"),
        ("9/query", QUERY, 400, "panelQueriesNotFound"),
        ("99/data", {"from": 1, "to": 2, "width": 3}, 404, "panelNotFound"),
        ("x/data", {"from": 1, "to": 2, "width": 3}, 400, "invalidPanelId"),
        ("1/data", {"from": 2, "to": 1, "width": 3}, 400, "invalidTimeRange"),
        ("1/data", {"from": 1, "to": 2, "width": 0}, 400, "badRequest"),
        ("1/data", {"from": 1, "to": 2, "width": "wide"}, 400, "badRequest"),
        ("1/data", {"from": 1, "to": 2, "width": 3, "pad": "x" * 20_000}, 400, "badRequest"),
    ],
)
def test_bodies_that_cannot_be_used(
    visitors: Visitors, client: FlaskClient, path: str, body: object, status: int, message_id: str
) -> None:
    route = API if path.endswith("query") else PAGE
    answer = client.post(f"{route}/panels/{path}", json=body)
    assert (answer.status_code, answer.json["messageId"]) == (status, f"publicdashboards.{message_id}")
    assert visitors.metrics.asked == []


def test_a_query_without_content_type_or_body_is_refused_as_grafana_does(client: FlaskClient) -> None:
    for options in ({"data": b"{}"}, {"data": b'{"intervalMs":', "content_type": "application/json"}, {}):
        answer = client.post(f"{API}/panels/1/query", **options)
        assert answer.json == {
            "statusCode": 400,
            "messageId": "publicdashboards.badRequest",
            "message": "BadRequest",
        }
    assert client.post(f"{API}/panels/1/query", json={}).status_code == 200


def test_an_empty_object_does_not_run_at_the_finest_step(visitors: Visitors, client: FlaskClient) -> None:
    visitors.links.change(profile=LinkProfile(picker=True, time_from="now-7d"))
    client.post(f"{API}/panels/1/query", json={"intervalMs": 1, "maxDataPoints": 10_000_000})
    client.post(f"{API}/panels/1/query", json={})
    for _, _, start, end, step in visitors.metrics.asked:
        assert (end - start) // step <= 2880


def test_equal_questions_of_many_visitors_are_asked_once(visitors: Visitors, client: FlaskClient) -> None:
    visitors.metrics.answer = EMPTY_MATRIX
    for skew in range(0, 20_000, 1000):
        body = {"from": NOW_MS - 900_000 + skew, "to": NOW_MS + skew, "width": 500 + skew // 100}
        assert client.post(f"{PAGE}/panels/1/data", json=body).status_code == 200
    assert len(visitors.metrics.asked) == 1
