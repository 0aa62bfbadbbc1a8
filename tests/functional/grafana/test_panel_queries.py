"""The fake Grafana asks a real Prometheus and wraps its answers in the frames that Grafana 12.4.0 gave for the same."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from backend_server.grafana import GrafanaClient, PublicDashboard, settle_public
from tests.fakes.grafana import Datasource, FakeGrafana
from tests.support.grafana import client_of, write_provisioning
from tests.support.prometheus import running_prometheus, wait_until

TOKEN = "1" * 32
SOURCE = {"type": "prometheus", "uid": "prometheus"}
QUERIES: tuple[dict[str, Any], ...] = (
    {"expr": "load", "legendFormat": "{{ host }}!"},
    {"expr": "load", "legendFormat": "__auto", "instant": True, "range": False},
    {"expr": "sum(load)"},
    {"expr": "sum((("},
    {"expr": 'load{host="$host"}'},
    {"expr": "1/0"},
    {"expr": "vector($__interval_ms) + $__range_s", "interval": "20s"},
    {"expr": "vector(1)", "instant": True, "range": True},
)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GrafanaClient]:
    root: Path = tmp_path_factory.mktemp("panel-queries")
    provisioning = write_provisioning(root, root / "dashboards")
    panels = [
        {"id": number, "type": "timeseries", "datasource": SOURCE, "targets": [{"refId": "A", **query}]}
        for number, query in enumerate(QUERIES, 1)
    ]
    document = {"uid": "q", "title": "Q", "time": {"from": "now-5m", "to": "now"}, "panels": panels}
    (root / "dashboards" / "shard-00" / "q.json").write_bytes(orjson.dumps(document))
    with running_prometheus(root) as prometheus:
        prometheus.expose('load{host="a"} 1\nload{host="b"} 2\n')
        source = Datasource("Prometheus", "prometheus", url=prometheus.url, json_data={"timeInterval": "5s"})
        with FakeGrafana(provisioning, environment={}, polling=False, prometheus=True, datasources=(source,)) as fake:
            found = client_of(fake)
            settle_public(found, "q", PublicDashboard("pd-q", TOKEN))
            # Steps are aligned, so the first sample shows only at the next whole step.
            wait_until(lambda: len(ask(found, 1)[1]["frames"][0]["schema"]["fields"]) == 2, what="the first step")
            yield found
            found.close()


def ask(client: GrafanaClient, panel: int, **more: Any) -> tuple[int, dict[str, Any]]:
    now = int(time.time() * 1000)
    span = {"from": str(now - 60_000), "to": str(now), "timezone": "utc"}
    body = {"intervalMs": 5000, "maxDataPoints": 600, "timeRange": span, **more}
    answer = client.visitor_query(TOKEN, panel, orjson.dumps(body))
    return answer.status, orjson.loads(answer.body)["results"]["A"]


def fields(result: dict[str, Any]) -> list[dict[str, Any]]:
    return [frame["schema"]["fields"][1] for frame in result["frames"]]


def test_a_frame_for_each_series_named_by_the_legend(client: GrafanaClient) -> None:
    status, result = ask(client, 1)
    assert (status, result["status"]) == (200, 200)
    assert [field["config"]["displayNameFromDS"] for field in fields(result)] == ["a!", "b!"]
    first, second = (frame["schema"]["meta"] for frame in result["frames"])
    assert first["custom"] == {"calculatedMinStep": 5000, "resultType": "matrix"}
    assert second == {"type": "timeseries-multi", "typeVersion": [0, 1], "custom": {"resultType": "matrix"}}
    times, values = result["frames"][1]["data"]["values"]
    assert values[-1] == 2
    assert all(moment % 5000 == 0 for moment in times)


def test_an_instant_query_gives_one_value_and_auto_legends_are_left_to_the_page(client: GrafanaClient) -> None:
    _, result = ask(client, 2)
    assert [frame["schema"]["meta"]["type"] for frame in result["frames"]] == ["numeric-multi"] * 2
    assert [frame["data"]["values"][1] for frame in result["frames"]] == [[1], [2]]
    assert all("config" not in field for field in fields(result))


def test_a_series_without_a_name_is_called_value(client: GrafanaClient) -> None:
    _, result = ask(client, 3)
    field = fields(result)[0]
    assert (field["name"], field["labels"], field["config"]["displayNameFromDS"]) == ("Value", {}, "sum(load)")


def test_broken_promql_is_a_400_with_prometheus_words(client: GrafanaClient) -> None:
    status, result = ask(client, 4)
    assert (status, result["status"], result["errorSource"]) == (400, 400, "downstream")
    assert "unclosed left parenthesis" in result["error"]
    assert result["frames"][0]["schema"]["fields"] == []


def test_a_variable_reaches_prometheus_unexpanded_and_finds_nothing(client: GrafanaClient) -> None:
    status, result = ask(client, 5)
    assert (status, result["status"]) == (200, 200)
    assert result["frames"][0]["schema"]["fields"] == []


def test_what_json_cannot_say_stands_beside(client: GrafanaClient) -> None:
    _, result = ask(client, 6)
    data = result["frames"][0]["data"]
    assert set(data["values"][1]) == {None}
    assert data["entities"] == [None, {"Inf": list(range(len(data["values"][0])))}]


def test_macros_and_the_targets_own_least_step(client: GrafanaClient) -> None:
    _, result = ask(client, 7)
    assert result["frames"][0]["schema"]["meta"]["custom"]["calculatedMinStep"] == 20_000
    assert set(result["frames"][0]["data"]["values"][1]) == {20_060}


def test_both_kinds_give_both_frames(client: GrafanaClient) -> None:
    _, result = ask(client, 8)
    assert [frame["schema"]["meta"]["type"] for frame in result["frames"]] == ["timeseries-multi", "numeric-multi"]


def test_a_caller_that_sets_nothing_gets_the_finest_step(client: GrafanaClient) -> None:
    _, result = ask(client, 3, intervalMs=0, maxDataPoints=0)
    assert result["frames"][0]["schema"]["meta"]["custom"]["calculatedMinStep"] <= 10
