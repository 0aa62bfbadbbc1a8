"""`dashwright link`: the whole life of a link from the command line, on a real database."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def made(prepared: Run, tmp_path: Path) -> dict[str, Any]:
    password = tmp_path / "password"
    password.write_text("correct horse\n")
    prepared("device", "add", "rig-1")
    code, out, err = prepared(
        *("link", "create", "rig-1", "--label", "Lobby", "--slug", "lobby", "--theme", "dark", "--picker"),
        *("--expires", "2099-01-01T00:00:00Z", "--site", "https://a.example", "--site", "https://b.example"),
        *("--password-file", str(password), "--json"),
    )
    assert code == 0, err
    found: dict[str, Any] = json.loads(out)
    return found


def show(run: Run, token: str, *more: str) -> Any:
    code, out, err = run("link", "show", token, "--json", *more)
    assert code == 0, err
    return json.loads(out)


def test_every_field_can_be_set(made: dict[str, Any]) -> None:
    assert (made["label"], made["slug"], made["has_password"]) == ("Lobby", "lobby", True)
    assert made["expires_at"] == "2099-01-01T00:00:00.000Z"
    assert made["frame_ancestors"] == ["https://a.example", "https://b.example"]
    assert (made["profile"]["theme"], made["profile"]["picker"]) == ("dark", True)


def test_a_link_is_changed_field_by_field(prepared: Run, made: dict[str, Any]) -> None:
    token = made["token"]
    code, _, err = prepared("link", "edit", token, "--label", "Hall", "--no-picker", "--no-password", "--any-site")
    assert code == 0, err
    after = show(prepared, token)
    assert (after["label"], after["has_password"], after["frame_ancestors"]) == ("Hall", False, [])
    assert (after["profile"]["theme"], after["profile"]["picker"]) == ("dark", False)
    assert after["expires_at"] == made["expires_at"]
    prepared("link", "edit", token, "--no-expiry", "--no-not-before")
    assert show(prepared, token)["expires_at"] is None
    code, _, err = prepared("link", "edit", token)
    assert code != 0
    assert "names nothing to change" in err
    code, _, err = prepared("link", "edit", token, "--site", "a.example")
    assert code != 0
    assert "frame_ancestors[0]" in err


def test_a_note_is_written_shown_found_and_taken_away(prepared: Run, made: dict[str, Any]) -> None:
    token = made["token"]
    assert made["note"] == ""
    code, _, err = prepared("link", "edit", token, "--note", "Left of the door\nabove the lamp")
    assert code == 0, err
    assert "  note: Left of the door\n    above the lamp\n" in prepared("link", "show", token)[1]
    assert json.loads(prepared("link", "list", "--search", "the lamp", "--json")[1])[0]["token"] == token
    prepared("link", "edit", token, "--note", "")
    assert show(prepared, token)["note"] == ""
    assert "note:" not in prepared("link", "show", token)[1]
    code, out, err = prepared("link", "create", "rig-1", "--note", "second", "--json")
    assert (code, json.loads(out)["note"]) == (0, "second"), err


def test_pause_resume_rotate_and_the_switch(prepared: Run, made: dict[str, Any]) -> None:
    token = made["token"]
    assert prepared("link", "pause", token)[1] == "paused\n"
    assert json.loads(prepared("link", "resume", token, "--json")[1])["state"] == "pending"
    assert prepared("link", "off")[1] == "All links are off.\n"
    assert show(prepared, token)["state"] == "paused"
    assert prepared("link", "on")[1] == "Links are on.\n"
    new = json.loads(prepared("link", "rotate", token, "--grace", "60", "--json")[1])
    assert (new["slug"], new["token"] != token) == ("lobby", True)
    code, _, err = prepared("link", "show", token)
    assert code != 0
    assert "replaced by a rotation" in err
    assert prepared("link", "rotate", new["token"])[1].startswith("http")


def test_a_link_is_told_with_what_happened_on_it(prepared: Run, made: dict[str, Any]) -> None:
    prepared("link", "pause", made["token"])
    ledger = show(prepared, made["token"], "--days", "7")["ledger"]
    assert [one["action"] for one in ledger["changes"]] == ["link.pause", "link.create"]
    text = prepared("link", "show", made["token"], "--days", "7")[1]
    for part in (
        "paused  Lobby",
        "expires: 2099",
        "sites: https://a.example",
        "0 views, last seen never",
        "link.pause",
    ):
        assert part in text
    assert json.loads(prepared("link", "list", "--search", "lobb", "--json")[1])[0]["token"] == made["token"]
    assert prepared("link", "list", "--unused-days", "1")[1] == ""


def test_what_is_no_token_is_refused_before_any_database_is_opened(run: Run) -> None:
    code, _, err = run("link", "show", "no-token")
    assert (code, "is not a link's token" in err) == (8, True), err
