"""`dashwright user` on this machine's database."""

from __future__ import annotations

import io
import json

import pytest

from tests.unit.cli.conftest import Run


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("a good password\nanother good one\n"))


def test_people_are_added_changed_and_removed(prepared: Run, typed: None) -> None:
    code, out, err = prepared("user", "add", "ann", "--role", "editor")
    assert (code, out) == (0, "ann may sign in as editor.\n"), err
    assert prepared("user", "passwd", "ann")[0] == 0
    assert prepared("user", "role", "ann", "viewer")[1] == "ann: viewer, active\n"
    assert prepared("user", "disable", "ann")[1] == "ann: viewer, disabled\n"
    assert "ann\tviewer\tdisabled" in prepared("user", "list")[1]
    assert prepared("user", "enable", "ann")[1] == "ann: viewer, active\n"
    assert prepared("user", "remove", "ann")[1] == "The user is removed.\n"
    assert [one["name"] for one in json.loads(prepared("user", "list", "--json")[1])] == ["admin"]


def test_what_cannot_be_done_is_said(prepared: Run, typed: None) -> None:
    code, _, err = prepared("user", "remove", "admin")
    assert code == 5, err
    assert "last administrator" in err
    assert prepared("user", "disable", "nobody")[0] == 4


def test_a_removed_first_administrator_is_not_made_again(prepared: Run, typed: None) -> None:
    assert prepared("user", "add", "ann", "--role", "admin")[0] == 0
    assert prepared("user", "remove", "admin")[0] == 0
    assert prepared("prepare")[0] == 0
    assert [one["name"] for one in json.loads(prepared("user", "list", "--json")[1])] == ["ann"]
