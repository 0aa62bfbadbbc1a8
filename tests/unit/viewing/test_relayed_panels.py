"""What a relayed page's panels get: answers shared for how long, failures in Grafana's shape, current values."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import pytest
from werkzeug.test import TestResponse

from backend_server.grafana import GrafanaClient, PublicDashboard
from backend_server.links import LinkProfile
from backend_server.queries.steps import Limits, Scrapes
from backend_server.queries.time_ranges import TimeRange
from backend_server.viewing.relay.boot_data import DatasourceFacts
from backend_server.viewing.relay.dashboards import panel_facts
from backend_server.viewing.relay.panel_queries import upstream_query
from backend_server.viewing.relay.source import RelayOptions, relay_source
from tests.fakes.grafana import Datasource, FakeGrafana
from tests.fakes.grafana.panel_queries import PanelQuery, empty_frame, made_up
from tests.support.visitors import NOW_MS, TOKEN, UID, Visitors, dashboard, target

REAL = "fedcba9876543210fedcba9876543210"
QUERY = {"intervalMs": 5000, "maxDataPoints": 620}
DOWN = {
    "error": 'Post "http://10.9.8.7:9090/api/v1/query_range": dial tcp 10.9.8.7:9090: connect: connection refused',
    "errorSource": "downstream",
    "status": 502,
    "frames": [],
}
SQL = {"type": "grafana-postgresql-datasource", "uid": "pg-main"}
PANELS: list[dict[str, Any]] = [
    {"id": 1, "type": "timeseries", "title": "Power", "targets": [target("up"), target("down", "B")]},
    {"id": 2, "type": "stat", "title": "Now", "targets": [target("up", instant=True)]},
    {
        "id": 3,
        "type": "table",
        "title": "Rows",
        "datasource": SQL,
        "targets": [{"refId": "A", "datasource": SQL, "rawSql": "SELECT 1", "format": "table"}],
    },
    {"id": 4, "type": "stat", "title": "Both", "targets": [target("up", instant=True), target("up", "B")]},
    {"id": 5, "type": "table", "targets": [target("up", format="table", instant=True, range=True)]},
    {
        "id": 6,
        "type": "table",
        "targets": [{"refId": "A", "datasource": {"uid": "pg-main"}, "rawSql": "SELECT 1", "format": "table"}],
    },
    {
        "id": 7,
        "type": "table",
        "targets": [{"refId": "A", "datasource": SQL, "rawSql": "SELECT 1", "format": "time_series"}],
    },
    {"id": 8, "type": "stat", "targets": [target("up", instant=True), target("up", "B", hide=True)]},
]


@dataclass
class Panels:
    """A relayed dashboard; tests move the clock that visitors and the memory of answers share."""

    grafana: FakeGrafana
    visitors: Visitors

    def move(self, seconds: float) -> None:
        """Let time pass."""
        self.visitors.now_ms += int(seconds * 1000)

    def ask(self, panel_id: int = 1, body: dict[str, Any] | None = None) -> TestResponse:
        """Ask a panel as Grafana's page does."""
        path = f"/grafana/api/public/dashboards/{TOKEN}/panels/{panel_id}/query"
        return self.visitors.client().post(path, json=QUERY if body is None else body)

    @property
    def asked(self) -> list[dict[str, Any]]:
        """The bodies that reached Grafana."""
        return [orjson.loads(one.body) for one in self.grafana.requests if one.method == "POST"]


@pytest.fixture
def panels(tmp_path: Path) -> Iterator[Panels]:
    shard, provisioning = tmp_path / "shard", tmp_path / "provisioning"
    shard.mkdir()
    (provisioning / "dashboards").mkdir(parents=True)
    (provisioning / "dashboards" / "dashboard.yml").write_text(
        f"apiVersion: 1\nproviders:\n  - {{name: shard, type: file, folder: '', options: {{path: {shard}}}}}\n",
        encoding="utf-8",
    )
    document = dashboard(*PANELS, timepicker={}, title="Rig 1", time={"from": "now-7d", "to": "now"})
    (shard / f"{UID}.json").write_bytes(orjson.dumps(document))
    sources = (
        Datasource("Prometheus", "prometheus", is_default=True, json_data={"timeInterval": "5s"}),
        Datasource("SQL", "pg-main", type="grafana-postgresql-datasource", json_data={"database": "payroll"}),
    )
    with FakeGrafana(provisioning, datasources=sources, polling=False) as grafana:
        client = GrafanaClient(grafana.url, grafana.origin, user="admin")
        client.create_public(UID, PublicDashboard("pd-1", REAL, True, True, False))

        class Publications:
            def tokens(self) -> dict[str, str | None]:
                return {UID: REAL}

        plain = Visitors()
        made = Panels(grafana, plain)
        seconds: Callable[[], float] = lambda: made.visitors.now_ms / 1000  # noqa: E731 - reads the clock of `made`
        options = RelayOptions(Limits(), lambda: made.visitors.now_ms, clock=seconds, scrapes=plain.scrapes)
        source = relay_source(client, Publications(), plain.viewer, options)
        made.visitors = Visitors(
            source=source, links=plain.links, now_ms=NOW_MS // 600_000 * 600_000 + 7_000, scrapes=plain.scrapes
        )
        made.visitors.links.change(profile=LinkProfile(refresh="5s", time_from="now-7d"))
        grafana.forget_requests()
        yield made
        made.visitors.close()
        client.close()


def test_an_answer_with_a_failure_is_shared_for_a_moment_only(panels: Panels) -> None:
    failing = True

    def answer(query: PanelQuery) -> dict[str, Any]:
        return dict(DOWN) if failing and query.ref_id == "B" else made_up(query)

    panels.grafana.answering = answer
    first = panels.ask()
    assert (first.status_code, panels.ask().status_code) == (400, 400)
    assert len(panels.asked) == 1  # those who come together share it
    failing = False
    panels.move(1)
    good = panels.ask()
    assert good.status_code == 200
    assert good.json is not None
    assert good.json["results"]["B"]["frames"][0]["data"]["values"][0]
    assert len(panels.asked) == 2


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, {"results": {"A": DOWN}}),
        (500, {"message": "Internal Server Error"}),
        (200, {"results": {"A": {"error": "", "status": 200, "frames": []}}}),
        (200, []),
    ],
)
def test_whatever_goes_wrong_once_is_soon_asked_again(panels: Panels, status: int, body: object) -> None:
    panels.grafana.answer_once("POST .*/query", status, body)
    panels.ask()
    panels.move(1)
    assert panels.ask().status_code == 200
    assert len(panels.asked) == 2


START = b'{"results":'


@pytest.mark.parametrize(
    ("body", "status", "failed"),
    [
        pytest.param(START, 502, ["A", "B"], id="nothing after the first bytes"),
        pytest.param(START + b'{"A":{"frames":[]}}', 502, ["A", "B"], id="broken off"),
        pytest.param(START + b"<script>alert(1)</script>", 502, ["A", "B"], id="markup"),
        pytest.param(START + b'{"A":{"frames":["\xff\xfe"]}}}', 502, ["A", "B"], id="no UTF-8"),
        pytest.param(START + b"[" * 100_000 + b"]" * 100_000 + b"}", 502, ["A", "B"], id="deep brackets"),
        pytest.param(START + b'{"A":{"frames":[],"status":NaN}}}', 502, ["A", "B"], id="NaN"),
        pytest.param(START + b"[]}", 502, ["A", "B"], id="results a list"),
        pytest.param(START + b"null}", 502, ["A", "B"], id="results null"),
        pytest.param(START + b'{"A":null,"B":{"frames":[]}}}', 200, ["A"], id="a result null"),
        pytest.param(START + b'{"A":[],"B":{"status":200}}}', 200, ["A"], id="a result a list"),
        pytest.param(START + b'{"A":{"frames":5},"B":{"frames":null}}}', 200, ["A"], id="frames a number"),
        pytest.param(START + b'{"A":{"frames":[5]},"B":{"frames":[]}}}', 200, ["A"], id="a frame a number"),
        pytest.param(START + b'{"A":{"frames":[],"error":[]},"B":{}}}', 200, ["A"], id="an error a list"),
        pytest.param(START + b'{"A":{"status":true},"B":{"status":200}}}', 200, ["A"], id="a status true"),
        pytest.param(START + b'{"A":{"status":"x"},"B":{"frames":[]}}}', 200, ["A"], id="a status a text"),
        pytest.param(START + b'{"A":{},"B":{}},"message":"http://10.9.8.7"}', 200, [], id="a member more"),
    ],
)
def test_what_grafana_says_is_read_as_a_whole_before_it_is_shared(
    panels: Panels, body: bytes, status: int, failed: list[str]
) -> None:
    panels.grafana.answer_once("POST .*/query", 200, body)
    answer = panels.ask()
    assert answer.status_code == status
    results = orjson.loads(answer.data)["results"]
    assert list(results) == ["A", "B"]
    assert [ref for ref, result in results.items() if "error" in result] == failed
    assert all(isinstance(result["frames"], list) for ref, result in results.items() if ref in failed)
    assert b"10.9.8.7" not in answer.data
    panels.move(1)
    panels.ask()
    assert len(panels.asked) == (2 if failed else 1)


def test_a_good_answer_is_shared_for_its_step_and_at_most_five_minutes(panels: Panels) -> None:
    panels.grafana.answering = lambda query: {"status": 200, "frames": [empty_frame(query)]}
    for seconds, asked in ((0, 1), (290, 1), (10, 2)):
        panels.move(seconds)
        assert panels.ask().status_code == 200
        assert len(panels.asked) == asked
    assert panels.asked[0] == panels.asked[1]  # the step is ten minutes
    assert panels.asked[0]["intervalMs"] == 600_000


def test_a_series_that_is_called_error_is_no_failure(panels: Panels) -> None:
    def answer(query: PanelQuery) -> dict[str, Any]:
        made = made_up(query)
        made["frames"][0]["schema"]["fields"][1]["labels"] = {"error": "none"}
        return made

    panels.grafana.answering = answer
    panels.ask()
    panels.move(30)
    assert panels.ask().status_code == 200
    assert len(panels.asked) == 1


def test_while_grafana_is_away_each_query_fails_by_itself_and_nothing_asks_for_a_message(panels: Panels) -> None:
    assert panels.ask(1).status_code == 200
    panels.grafana.refuse()
    panels.move(700)
    for panel_id, ref_ids in ((1, ["A", "B"]), (4, ["A", "B"]), (99, ["A"])):
        answer = panels.ask(panel_id)
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
        assert answer.json is not None
        assert list(answer.json) == ["results"]  # Grafana's page shows a box for each answer with a `message`
        assert list(answer.json["results"]) == ref_ids
        for result in answer.json["results"].values():
            words = "Dashboard is not available right now"
            assert result == {"status": 503, "error": words, "errorSource": "downstream", "frames": []}


def test_a_failure_of_grafana_itself_fails_each_of_the_panels_queries(panels: Panels) -> None:
    panels.grafana.answer_once("POST .*/query", 500, {"message": "Internal Server Error"})
    answer = panels.ask()
    assert answer.status_code == 502
    assert answer.json is not None
    assert list(answer.json["results"]) == ["A", "B"]
    assert "message" not in answer.json


@pytest.mark.parametrize(("panel_id", "grid_ms"), [(1, 600_000), (2, 5_000), (3, 5_000), (4, 600_000)])
def test_current_values_move_on_with_the_moment_and_others_with_their_step(
    panels: Panels, panel_id: int, grid_ms: int
) -> None:
    ends = []
    for _ in range(3):
        assert panels.ask(panel_id).status_code == 200
        assert panels.ask(panel_id).status_code == 200
        ends.append(int(panels.asked[-1]["timeRange"]["to"]))
        panels.move(5)
    now_ms = panels.visitors.now_ms
    assert ends == [(now_ms - back) // grid_ms * grid_ms for back in (15_000, 10_000, 5_000)]
    assert len(panels.asked) == len(set(ends))
    for body in panels.asked:
        assert body["intervalMs"] == 600_000
        assert int(body["timeRange"]["to"]) - int(body["timeRange"]["from"]) == 7 * 86_400_000


@pytest.mark.parametrize(("panel_id", "grid_ms"), [(5, 600_000), (6, 5_000), (7, 600_000), (8, 5_000)])
def test_what_counts_as_a_current_value(panels: Panels, panel_id: int, grid_ms: int) -> None:
    assert panels.ask(panel_id).status_code == 200
    assert int(panels.asked[0]["timeRange"]["to"]) == panels.visitors.now_ms // grid_ms * grid_ms


@pytest.mark.parametrize("panel_id", [1, 2, 3])
def test_viewers_with_other_clocks_and_widths_share_one_query_of_any_sort(panels: Panels, panel_id: int) -> None:
    panels.visitors.links.change(profile=LinkProfile(refresh="5s", picker=True))
    for viewer in range(100):
        end = panels.visitors.now_ms + viewer * 311 - 15_000
        span = {"from": str(end - 7 * 86_400_000), "to": str(end), "timezone": "utc"}
        body = {"intervalMs": 1000 + viewer, "maxDataPoints": 400 + 7 * viewer, "timeRange": span}
        assert panels.ask(panel_id, body).status_code == 200
    assert len(panels.asked) == 1


def test_an_expression_takes_what_the_queries_it_asks_for_give() -> None:
    sum_of = {"refId": "C", "datasource": {"type": "__expr__", "uid": "__expr__"}, "type": "math"}
    asked = TimeRange(NOW_MS - 7 * 86_400_000, NOW_MS)
    for hidden, grid_ms in (
        (target("up", "B", hide=True), 600_000),
        (target("up", "B", hide=True, instant=True), 5_000),
    ):
        facts = panel_facts({"targets": [target("up", instant=True), hidden, sum_of]}, DatasourceFacts())
        assert upstream_query(asked, facts, known_ms=NOW_MS, limits=Limits())[0] == grid_ms


def test_all_who_ask_between_two_scrapes_share_one_answer_that_holds_the_newest(panels: Panels) -> None:
    panels.visitors.links.change(profile=LinkProfile(refresh="5s", time_from="now-1h"))
    scrape = panels.visitors.now_ms - 500
    panels.visitors.scrapes.known = Scrapes(5000, scrape)
    for _ in range(9):
        panels.ask(2)
        panels.move(0.5)
    (only,) = [int(body["timeRange"]["to"]) for body in panels.asked]
    assert scrape <= only < scrape + 5000, "the range reaches to the scrape just before, and not to the next one"
    panels.move(0.5)
    panels.ask(2)
    assert [int(body["timeRange"]["to"]) for body in panels.asked] == [only, only + 5000]
