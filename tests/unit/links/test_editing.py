"""What may be set on a link and changed of it, and until when a state holds."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from backend_server.documents.status import DocumentState
from backend_server.errors import Conflict, InvalidInput
from backend_server.links import FoundLink, Link, LinkProfile, LinkState, Theme, life
from backend_server.links.editing import audit_details
from backend_server.links.fields import MAX_ANCESTORS, MAX_NOTE, refused_where_derived
from backend_server.primitives.ids import DashboardUid, LinkToken, Slug
from tests.support.fleet import link_edit, new_link

LINK = Link("id", LinkToken("a" * 32), Slug("rig-x"), "dev", "main", "rig-1", DashboardUid("dev-rig-1-x"))
NOW = 1_800_000_000_000


def problems(raw: dict[str, Any]) -> dict[str, str]:
    with pytest.raises(InvalidInput) as caught:
        new_link({"device": "a", **raw})
    return {problem.path: problem.message for problem in caught.value.problems}


def test_every_field_of_a_new_link_is_read() -> None:
    options = new_link(
        {
            "device": "rig-1",
            "not_before": "2027-01-31T12:00:00+01:00",
            "expires_at": "2027-02-01T00:00:00.5Z",
            "password": "correct horse",
            "frame_ancestors": ["https://App.Example.com:443", "http://localhost:3000", "https://*.example.org"],
        }
    )
    assert options.not_before == 1_801_393_200_000
    assert options.expires_at == 1_801_440_000_500
    assert options.password.reveal() == "correct horse"
    assert options.frame_ancestors == ("https://app.example.com", "http://localhost:3000", "https://*.example.org")
    assert "correct horse" not in repr(options)


@pytest.mark.parametrize(
    ("raw", "path"),
    [
        ({"expires_at": "tomorrow"}, "expires_at"),
        ({"expires_at": "2027-01-31T12:00:00"}, "expires_at"),
        ({"expires_at": 5}, "expires_at"),
        ({"expires_at": "0001-01-01T00:00:00+23:00"}, "expires_at"),
        ({"not_before": "1969-01-01T00:00:00Z"}, "not_before"),
        ({"not_before": "2027-01-02T00:00:00Z", "expires_at": "2027-01-02T00:00:00Z"}, "expires_at"),
        ({"note": "x" * (MAX_NOTE + 1)}, "note"),
        ({"note": 5}, "note"),
        *(({"note": f"a{letter}b"}, "note") for letter in "\x00\x07\x0b\r\x1b\x7f\x9b\ud800"),
        ({"password": "short"}, "password"),
        ({"password": "x" * 257}, "password"),
        ({"password": 12345678}, "password"),
        ({"frame_ancestors": "https://a.example"}, "frame_ancestors"),
        ({"frame_ancestors": ["https://a.example"] * (MAX_ANCESTORS + 1)}, "frame_ancestors"),
        *(
            ({"frame_ancestors": ["https://ok.example", bad]}, "frame_ancestors[1]")
            for bad in (
                "https://a.example/",
                "https://a.example/path",
                "a.example",
                "ftp://a.example",
                "https://*",
                "https://*.",
                "*",
                "'self'",
                "https://a.example;script-src *",
                "https://a.example https://b.example",
                "https://a.example\n",
                "https://user@a.example",
                "https://münchen.example",
                "https://a.example:0",
                "https://a.example:65536",
                "https://-a.example",
                "https://a*.example",
                "",
                None,
                5,
            )
        ),
    ],
)
def test_each_mistake_is_named_with_its_place(raw: Any, path: Any) -> None:
    assert list(problems(raw)) == [path]


def test_derived_mode_names_each_field_it_cannot_keep_and_lets_them_be_taken_away() -> None:
    raw = {"expires_at": "2030-01-01T00:00:00Z", "not_before": "2029-01-01T00:00:00Z", "password": "long enough"}
    raw |= {"slug": "front-door", "frame_ancestors": ["https://app.example.com"]}
    found = refused_where_derived(new_link({"device": "a", **raw}).wanted)
    assert {problem.path for problem in found} == raw.keys()
    assert all("LINK_TOKENS=derived" in problem.message for problem in found)
    assert [one.path for one in refused_where_derived(link_edit({"password": "long enough"}).wanted)] == ["password"]
    assert refused_where_derived(link_edit(dict.fromkeys(raw.keys() - {"slug"})).wanted) == []
    assert refused_where_derived(link_edit({"frame_ancestors": []}).wanted) == []


def test_an_edit_changes_what_is_named_and_nothing_else() -> None:
    edit = link_edit({"label": "Lobby", "profile": {"theme": "dark"}, "password": "long enough"})
    before = replace(LINK, profile=LinkProfile(time_from="now-6h"), expires_at=NOW + 1)
    after = edit.apply(before, NOW, "hash")
    assert after == replace(
        before,
        label="Lobby",
        profile=LinkProfile(theme=Theme.DARK, time_from="now-6h"),
        password_hash="hash",
        updated_at=NOW,
    )
    assert audit_details(before, after) == {
        "label": ["", "Lobby"],
        "profile": [{"theme": "auto"}, {"theme": "dark"}],
        "password": "set",
    }
    assert edit.apply(after, NOW + 5, "hash") is after, "the same again is no change"


def test_a_note_is_free_text_in_lines_and_its_change_is_in_the_audit() -> None:
    note = "Hangs in the hall.\n\tAsk \U0001f600 </script> {{ 7 }} & co."
    assert new_link({"device": "a", "note": note}).note == note
    after = link_edit({"note": note}).apply(LINK, NOW, None)
    assert (after.note, audit_details(LINK, after)) == (note, {"note": ["", note]})
    assert link_edit({"note": ""}).apply(after, NOW, None).note == ""


def test_null_takes_a_field_back() -> None:
    full = replace(
        LINK,
        label="x",
        note="y",
        not_before=1,
        expires_at=NOW + 9,
        password_hash="h",
        frame_ancestors=("https://a.example",),
        profile=LinkProfile(theme=Theme.DARK),
    )
    names = ("label", "note", "not_before", "expires_at", "password", "frame_ancestors", "profile")
    after = link_edit(dict.fromkeys(names)).apply(full, NOW, None)
    assert replace(after, updated_at=0) == LINK
    assert audit_details(full, after)["password"] == "removed"
    with pytest.raises(InvalidInput, match="slug: cannot be taken away"):
        link_edit({"slug": None})


def test_an_edit_is_checked_against_what_the_link_has_already() -> None:
    later = replace(LINK, not_before=NOW + 100)
    with pytest.raises(InvalidInput, match="later than not_before"):
        link_edit({"expires_at": "2027-01-15T08:00:00.050Z"}).apply(later, NOW, None)
    with pytest.raises(InvalidInput, match="lies in the past; give a later time, or pause or revoke"):
        link_edit({"expires_at": "2020-01-01T00:00:00Z"}).apply(LINK, NOW, None)
    expired = replace(LINK, expires_at=NOW - 1)
    assert link_edit({"label": "x"}).apply(expired, NOW, None).label == "x"


@pytest.mark.parametrize("raw", [[], "x", {"device": "a"}, {"token": "x"}])
def test_what_is_no_edit(raw: list[Any] | str | dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        link_edit(raw)


@pytest.mark.parametrize("over", [{"revoked_at": 1}, {"suspended_at": 1}])
def test_what_is_over_takes_no_deed(over: dict[str, Any]) -> None:
    link = replace(LINK, **over)
    for deed in (life.paused, life.resumed, lambda one, now: life.rotated(one, LinkToken("b" * 32), now)):
        with pytest.raises(Conflict):
            deed(link, NOW)


def test_pausing_twice_is_pausing_once() -> None:
    held = life.paused(LINK, NOW)
    assert (held.paused_at, life.paused(held, NOW + 1) is held) == (NOW, True)
    assert life.resumed(held, NOW + 1).paused_at is None
    assert life.resumed(LINK, NOW) is LINK


@pytest.mark.parametrize("raw", [-1, 1.5, True, "60", 2_592_001, [], {}])
def test_a_grace_that_is_none(raw: Any) -> None:
    with pytest.raises(InvalidInput, match="grace_seconds"):
        life.parse_grace(raw)


@pytest.mark.parametrize(
    ("changes", "rotated_out_at", "state", "until"),
    [
        ({}, None, LinkState.LIVE, None),
        ({"expires_at": NOW + 9}, None, LinkState.LIVE, NOW + 9),
        ({"expires_at": NOW + 9}, NOW + 5, LinkState.LIVE, NOW + 5),
        ({"not_before": NOW + 2, "expires_at": NOW + 9}, None, LinkState.NOT_YET, NOW + 2),
        ({"not_before": NOW + 2}, NOW + 1, LinkState.NOT_YET, NOW + 1),
        ({"paused_at": 1, "expires_at": NOW + 9}, None, LinkState.PAUSED, NOW + 9),
        ({"paused_at": 1}, None, LinkState.PAUSED, None),
        ({"expires_at": NOW}, None, LinkState.EXPIRED, None),
        ({"expires_at": NOW + 9}, NOW, LinkState.ROTATED, None),
        ({"revoked_at": 1, "expires_at": NOW + 9}, None, LinkState.REVOKED, None),
    ],
)
def test_until_when_a_state_holds_by_itself(
    changes: dict[str, Any], rotated_out_at: Any, state: Any, until: int | None
) -> None:
    found = FoundLink(replace(LINK, **changes), DocumentState.LIVE, "x", rotated_out_at=rotated_out_at)
    assert (found.state(NOW), found.until(NOW)) == (state, until)
    if until is not None:
        assert found.state(until - 1) is state
        assert found.state(until) is not state
