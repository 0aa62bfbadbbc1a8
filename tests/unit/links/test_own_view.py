"""What a link leaves to its dashboard: refresh and range, as the dashboard says them."""

from __future__ import annotations

import pytest

from backend_server.documents.refresh import own_refresh, own_times
from backend_server.links import NAMED_PROFILES, LinkProfile, parse_profile
from backend_server.primitives.share import PROFILE_NAMES

OWN = {"refresh": "30s", "time": {"from": "now-15m", "to": "now-1m"}}


def shown(profile: LinkProfile, dashboard: dict[str, object]) -> tuple[str, str, str]:
    found = profile.for_dashboard(own_times(dashboard))
    return found.refresh, found.time_from, found.time_to


def test_a_plain_link_shows_what_the_dashboard_says() -> None:
    assert shown(LinkProfile(), OWN) == ("30s", "now-15m", "now-1m")
    assert shown(LinkProfile(), {}) == ("5s", "now-1h", "now")


def test_what_a_link_says_itself_wins_and_a_range_is_never_mixed() -> None:
    assert shown(LinkProfile(refresh="1m"), OWN) == ("1m", "now-15m", "now-1m")
    assert shown(LinkProfile(time_from="now-6h"), OWN) == ("30s", "now-6h", "now")
    assert shown(LinkProfile(time_to="now-5m"), OWN) == ("30s", "now-1h", "now-5m")


@pytest.mark.parametrize(
    ("refresh", "wanted"),
    [
        ("", "off"),
        (False, "off"),
        (None, "5s"),
        ("10s", "10s"),
        ("1ms", "5s"),
        ("auto", "5s"),
        (5, "5s"),
        ("<< x >>", "5s"),
    ],
)
def test_a_refresh_that_is_none_is_the_usual_one_and_an_empty_one_is_off(refresh: object, wanted: str) -> None:
    assert own_refresh({"refresh": refresh}) == wanted


@pytest.mark.parametrize(
    ("time", "wanted"),
    [
        ({"from": "2026-01-01T00:00:00.000Z", "to": "2026-01-02T00:00:00.000Z"}, "2026-01-01T00:00:00.000Z"),
        ({"from": "1760000000000", "to": "now"}, "1760000000000"),
        ({"from": "now-1d/d", "to": "now/d"}, "now-1d/d"),
        ({"from": "2026-01-01", "to": "now"}, "now-1h"),
        ({"from": "yesterday", "to": "now"}, "now-1h"),
        ({"from": "now-6h"}, "now-1h"),
        ("now-6h", "now-1h"),
    ],
)
def test_a_range_that_is_none_is_the_last_hour(time: object, wanted: str) -> None:
    assert LinkProfile().for_dashboard(own_times({"time": time})).time_from == wanted


@pytest.mark.parametrize("name", ["refresh", "from", "to"])
def test_null_or_empty_gives_a_field_back_to_the_dashboard(name: str) -> None:
    said = LinkProfile(refresh="1m", time_from="now-6h", time_to="now-1h")
    for nothing in (None, ""):
        assert parse_profile({name: nothing}, base=said).as_json()[name] == ""


def test_the_settings_know_the_profiles() -> None:
    assert tuple(NAMED_PROFILES) == PROFILE_NAMES
