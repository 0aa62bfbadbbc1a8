"""Metrics of links: what they count, how few series they have, and what a lost database does to them."""

from __future__ import annotations

from backend_server.errors import UpstreamError
from backend_server.telemetry.links import REASONS
from backend_server.telemetry.metrics import Metrics
from backend_server.viewing import admission
from backend_server.viewing.model import Hits, Refusal
from backend_server.viewing.view_counts import ViewCounts


def lines(metrics: Metrics) -> list[str]:
    text = metrics.exposition().decode().splitlines()
    return [line for line in text if line.startswith("dashwright_link") and "_created" not in line]


def test_visits_and_deeds_are_counted_by_reason_and_deed() -> None:
    metrics = Metrics()
    metrics.links.visited(None)
    metrics.links.visited("paused")
    metrics.links.visited("paused")
    metrics.links.changed("link.pause")
    assert {
        "dashwright_link_views_total 1.0",
        'dashwright_link_refusals_total{reason="paused"} 2.0',
        'dashwright_link_changes_total{deed="link.pause"} 1.0',
    } <= set(lines(metrics))


def test_whatever_comes_the_number_of_series_is_bounded() -> None:
    metrics = Metrics()
    for number in range(1000):
        metrics.links.visited(f"reason-{number}")
    assert 'dashwright_link_refusals_total{reason="other"} 1000.0' in lines(metrics)
    assert len([line for line in lines(metrics) if "refusals_total{" in line]) == 1


def test_every_reason_a_visitor_may_meet_has_its_own_series() -> None:
    told = {one.reason for one in vars(admission).values() if isinstance(one, Refusal)}
    told |= {one.reason for one in admission._OF_STATE.values()}
    assert told <= REASONS


def test_what_stands_is_asked_at_a_scrape_and_a_lost_database_breaks_none() -> None:
    asked = []

    def standing() -> tuple[dict[str, int], bool]:
        asked.append(1)
        if len(asked) > 1:
            raise UpstreamError("away")
        return {"live": 3, "paused": 1}, True

    metrics = Metrics()
    metrics.links.ask_at_scrape(standing)
    assert asked == [], "registering asks for nothing"
    for _ in range(2):
        assert 'dashwright_links{state="live"} 3.0' in lines(metrics)
    assert "dashwright_links_on 1.0" in lines(metrics)
    assert asked == [1], "remembered for some seconds"

    away = Metrics()
    away.links.ask_at_scrape(standing)
    assert not [line for line in lines(away) if line.startswith("dashwright_links{")]


def test_a_visit_to_a_link_that_is_not_there_is_counted_and_not_written() -> None:
    class Store:
        def add_views(self, hits: dict[str, Hits]) -> None:
            raise AssertionError(hits)

    heard: list[str | None] = []
    counts = ViewCounts(Store(), on_visit=heard.append)
    counts.refused(None, "unknown")
    counts.flush()
    assert heard == ["unknown"]
