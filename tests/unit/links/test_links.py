"""States, addresses, profiles and options of links."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from backend_server.documents.status import DocumentState
from backend_server.errors import InvalidInput
from backend_server.links import (
    NAMED_PROFILES,
    FoundLink,
    Link,
    LinkProfile,
    LinkState,
    Theme,
    derived_slug,
    derived_token,
    embed_url,
    link_state,
    link_url,
    parse_profile,
    profile_of_share,
    slug_url,
)
from backend_server.primitives.ids import DashboardUid, LinkToken, Maker, Slug, is_link_token
from backend_server.primitives.secret import Secret
from tests.support.fleet import new_link

LINK = Link("id", LinkToken("a" * 32), Slug("rig-x"), "dev", "main", "rig-1", DashboardUid("dev-rig-1-x"))


@pytest.mark.parametrize(
    ("changes", "document", "links_on", "state"),
    [
        pytest.param({}, None, True, LinkState.PENDING, id="no document yet"),
        pytest.param({}, DocumentState.PENDING, True, LinkState.PENDING, id="not proven"),
        pytest.param({}, DocumentState.FAILED, True, LinkState.PENDING, id="failed before it was ever live"),
        pytest.param({}, DocumentState.LIVE, True, LinkState.LIVE, id="live"),
        pytest.param({}, DocumentState.LOADED, True, LinkState.LIVE, id="loaded"),
        pytest.param({}, DocumentState.LIVE, False, LinkState.PAUSED, id="all links off"),
        pytest.param({"paused_at": 1}, DocumentState.LIVE, True, LinkState.PAUSED, id="paused"),
        pytest.param({"not_before": 101}, DocumentState.LIVE, True, LinkState.NOT_YET, id="a moment too early"),
        pytest.param({"not_before": 100}, DocumentState.LIVE, True, LinkState.LIVE, id="from its first moment"),
        pytest.param({"expires_at": 101}, DocumentState.LIVE, True, LinkState.LIVE, id="to its last moment"),
        pytest.param({"expires_at": 100}, DocumentState.LIVE, True, LinkState.EXPIRED, id="expired"),
        pytest.param({"revoked_at": 1}, DocumentState.LIVE, True, LinkState.REVOKED, id="revoked"),
        pytest.param({"suspended_at": 1}, DocumentState.LIVE, True, LinkState.REVOKED, id="its device is retired"),
        pytest.param(
            {"revoked_at": 1, "paused_at": 1}, DocumentState.LIVE, False, LinkState.REVOKED, id="over outranks paused"
        ),
        pytest.param(
            {"expires_at": 1, "paused_at": 1}, DocumentState.LIVE, True, LinkState.EXPIRED, id="expired outranks paused"
        ),
    ],
)
def test_states(changes: dict[str, Any], document: DocumentState | None, links_on: bool, state: Any) -> None:
    assert link_state(replace(LINK, **changes), 100, document, links_on=links_on) is state


def test_a_token_from_before_a_rotation() -> None:
    found = FoundLink(LINK, DocumentState.LIVE, "x", rotated_out_at=100)
    assert found.state(99) is LinkState.LIVE
    assert found.state(100) is LinkState.ROTATED


def test_a_state_is_over_when_nothing_brings_the_link_back() -> None:
    over = {state for state in LinkState if state.is_over}
    assert over == {LinkState.EXPIRED, LinkState.REVOKED, LinkState.ROTATED}


def test_addresses() -> None:
    assert link_url("https://x/y", LINK.token) == f"https://x/y/grafana/public-dashboards/{'a' * 32}?orgId=1"
    assert embed_url("https://x", LINK) == link_url("https://x", LINK.token) + "&theme=auto&refresh=5s"
    assert embed_url("https://x", LINK, "1m") == link_url("https://x", LINK.token) + "&theme=auto&refresh=1m"
    assert embed_url("https://x", LINK, "off") == link_url("https://x", LINK.token) + "&theme=auto"
    off = replace(LINK, profile=LinkProfile(theme=Theme.DARK, refresh="off"))
    assert embed_url("https://x", off) == link_url("https://x", LINK.token) + "&theme=dark"
    assert slug_url("https://x", LINK.slug) == "https://x/grafana/s/rig-x"


@pytest.mark.parametrize("profile", [LinkProfile(), *NAMED_PROFILES.values()])
def test_a_profile_is_read_back_as_it_was_written(profile: Any) -> None:
    assert parse_profile(profile.as_json()) == profile


def test_a_profile_takes_what_is_absent_from_its_base() -> None:
    assert parse_profile({"from": "now-6h"}, base=NAMED_PROFILES["dark"]) == replace(
        NAMED_PROFILES["dark"], time_from="now-6h"
    )
    assert parse_profile("wall") == NAMED_PROFILES["wall"]
    assert parse_profile(None) == LinkProfile()


@pytest.mark.parametrize(
    ("raw", "path"),
    [
        ({"theme": "pink"}, "profile.theme"),
        ({"theme": ["dark"]}, "profile.theme"),
        ({"refresh": "1ms"}, "profile.refresh"),
        ({"refresh": "2d"}, "profile.refresh"),
        ({"refresh": 5}, "profile.refresh"),
        ({"from": "yesterday"}, "profile.from"),
        ({"from": "now-1h\n"}, "profile.from"),
        ({"to": 5}, "profile.to"),
        ({"picker": 1}, "profile.picker"),
        ({"colour": "red"}, "profile.colour"),
        ("nonsense", "profile"),
        ([], "profile"),
    ],
)
def test_a_profiles_faults_are_named(raw: dict[str, Any] | str | list[Any], path: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_profile(raw)
    assert [problem.path for problem in caught.value.problems] == [path]


def test_share_chooses_a_profile() -> None:
    assert profile_of_share("false") is None
    assert profile_of_share("true") == LinkProfile()
    assert profile_of_share("report") == NAMED_PROFILES["report"]


def test_options_are_read() -> None:
    options = new_link({"device": "rig-1", "slot": "detail", "label": "Lobby", "slug": "lobby"})
    assert (options.device, options.slot, options.label, options.slug) == ("rig-1", "detail", "Lobby", "lobby")
    assert new_link({"document": "gen-x"}).document == "gen-x"
    assert new_link({"document": "gen-x", "device": None}).document == "gen-x"


@pytest.mark.parametrize(
    ("raw", "path"),
    [
        ([], ""),
        ({}, "device"),
        ({"document": None}, "device"),
        ({"device": "a", "document": "b"}, "device"),
        ({"device": "../a"}, "device"),
        ({"device": "a", "slot": "A B"}, "slot"),
        ({"document": "b", "slot": "main"}, "slot"),
        ({"document": "b/c"}, "document"),
        ({"device": "a", "label": "x" * 201}, "label"),
        ({"device": "a", "label": "\ud800"}, "label"),
        ({"device": "a", "slug": "A B"}, "slug"),
        ({"device": "a", "slug": "ab"}, "slug"),
        ({"device": "a", "slug": "-ab"}, "slug"),
        ({"device": "a", "profile": {"theme": "pink"}}, "profile.theme"),
        ({"device": "a", "colour": "x"}, "colour"),
    ],
)
def test_faults_of_options_are_named(raw: list[Any] | dict[str, Any], path: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        new_link(raw)
    assert [problem.path for problem in caught.value.problems] == [path]


def test_derived_tokens_are_tokens_and_differ_by_everything() -> None:
    key = Secret("k")
    found = {
        derived_token(secret, maker, slot, object_id, use=use)
        for secret in (key, Secret("j"))
        for maker in (Maker.DEVICE, Maker.PACK)
        for slot in ("main", "detail")
        for object_id in ("a", "b")
        for use in ("link", "public-token")
    }
    assert len(found) == 32
    assert all(is_link_token(token) for token in found)
    assert derived_slug(key, Maker.DEVICE, "main", "Rig.1").startswith("rig-1-")
    assert len(derived_slug(key, Maker.DEVICE, "main", "x" * 64)) <= 64
