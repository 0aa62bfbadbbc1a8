"""A document carries its own hash, and what was changed afterwards is found out."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from backend_server.documents import content_of, is_intact, stamp
from backend_server.primitives.canonical_json import canonical_bytes, content_hash
from backend_server.primitives.ids import Maker

DASHBOARD = {"uid": "dev-a-1", "title": "A", "panels": [], "__x": {"ü": [1, 2.5, None]}}


def test_the_stamp_is_the_hash_of_the_bytes_with_an_empty_hash() -> None:
    document = stamp(DASHBOARD, Maker.DEVICE, "main", "a")
    found = orjson.loads(document.body)
    assert found["dashwright"] == {"content": document.content, "maker": "dev", "object": "a", "slot": "main"}
    found["dashwright"]["content"] = ""
    assert content_hash(canonical_bytes(found)) == document.content
    assert (document.uid, document.title, document.maker, document.slot) == ("dev-a-1", "A", Maker.DEVICE, "main")


def test_equal_dashboards_give_equal_bytes_whatever_the_order_of_their_keys() -> None:
    turned = dict(reversed(list(DASHBOARD.items())))
    assert stamp(turned, Maker.DEVICE, "main", "a") == stamp(DASHBOARD, Maker.DEVICE, "main", "a")


def test_stamping_again_changes_nothing() -> None:
    once = stamp(DASHBOARD, Maker.DEVICE, "main", "a")
    assert stamp(orjson.loads(once.body), Maker.DEVICE, "main", "a") == once


def test_a_change_after_the_stamp_is_found_out() -> None:
    found = orjson.loads(stamp(DASHBOARD, Maker.DEVICE, "main", "a").body)
    assert is_intact(found)
    assert not is_intact({**found, "title": "B"})
    assert not is_intact(DASHBOARD)


@pytest.mark.parametrize("dashboard", [{}, {"dashwright": None}, {"dashwright": {"content": 7}}, {"dashwright": "x"}])
def test_a_dashboard_that_is_not_ours_has_no_content_hash(dashboard: dict[str, Any]) -> None:
    assert content_of(dashboard) is None
