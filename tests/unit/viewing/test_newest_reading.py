"""The built-in viewer asks up to the newest scrape, once for all who come between two; its page knows the moments."""

from __future__ import annotations

import json
import re

from backend_server.links.urls import data_path
from backend_server.queries.steps import Scrapes
from tests.support.visitors import NOW_MS, TOKEN, Visitors

SCRAPE = NOW_MS // 5000 * 5000 + 3_200


def test_all_who_ask_between_two_scrapes_share_one_answer_that_holds_the_newest() -> None:
    visitors = Visitors(now_ms=SCRAPE + 100)
    visitors.scrapes.known = Scrapes(5000, SCRAPE - 600_000)
    web = visitors.client()
    ends = []
    for width in (300, 500, 640, 700, 320, 480):
        answer = web.post(data_path(TOKEN, "1"), json={"width": width}).get_json()
        ends.append(answer["to"])
        visitors.now_ms += 900
    assert ends[:5] == [SCRAPE + 1_800] * 5, "the step's end after the scrape, asked for before it has come"
    assert ends[5] == ends[0], "still, for the next scrape has not settled"
    visitors.now_ms = SCRAPE + 5_000
    web.post(data_path(TOKEN, "1"), json={"width": 700})
    assert [asked[3] for asked in visitors.metrics.asked] == [ends[0], ends[0] + 5000]
    visitors.close()


def test_the_page_is_told_when_there_is_something_new() -> None:
    visitors = Visitors()
    page = visitors.client().get(f"/grafana/public-dashboards/{TOKEN}").get_data(as_text=True)
    assert _data(page)["news"] is None
    visitors.scrapes.known = Scrapes(5000, SCRAPE, 400)
    page = visitors.client().get(f"/grafana/public-dashboards/{TOKEN}").get_data(as_text=True)
    assert _data(page)["news"] == {"every": 5000, "at": 3_600}
    visitors.close()


def _data(page: str) -> dict[str, object]:
    found = re.search(r'id="dashwright-data"[^>]*>(.*?)</script>', page, re.DOTALL)
    assert found
    data: dict[str, object] = json.loads(found[1])
    return data
