"""`dashwright backup` and `restore` on a real database in this process."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(autouse=True)
def passphrase(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BACKUP_PASSPHRASE", "correct horse battery staple")


def test_a_lost_state_comes_back_with_the_same_addresses(
    prepared: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = json.loads(prepared("device", "add", "rig-1", "--json")[1])
    code, out, err = prepared("backup", "state.backup", "--json")
    assert code == 0, err
    assert json.loads(out)["rows"]["devices"] == 1
    assert json.loads(out)["secrets"] >= 2
    key = json.loads((tmp_path / "data" / "secrets.json").read_text())["secret_key"]

    monkeypatch.setenv("DATA_DIR", str(tmp_path / "elsewhere"))
    code, out, err = prepared("restore", "state.backup")
    assert code == 0, err
    assert "Restored 1 devices and 1 links" in out
    again = json.loads(prepared("device", "show", "rig-1", "--json")[1])
    assert first["link"]["token"] in json.dumps(again)
    assert json.loads((tmp_path / "elsewhere" / "secrets.json").read_text())["secret_key"] == key
    assert prepared("restore", "state.backup")[0] == 5
    assert prepared("restore", "state.backup", "--replace")[0] == 0


def test_a_wrong_passphrase_and_a_torn_file_are_told(
    prepared: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepared("device", "add", "rig-1")
    prepared("backup", "state.backup")
    path = tmp_path / "state.backup"
    before = prepared("device", "list")[1]
    monkeypatch.setenv("BACKUP_PASSPHRASE", "another passphrase")
    code, _, err = prepared("restore", "state.backup", "--replace")
    assert code == 8
    assert "The passphrase does not open" in err
    monkeypatch.setenv("BACKUP_PASSPHRASE", "correct horse battery staple")
    path.write_bytes(path.read_bytes()[:-40])
    assert prepared("restore", "state.backup", "--replace")[0] == 8
    assert prepared("device", "list")[1] == before


def test_the_passphrase_is_needed_and_may_come_from_a_file(
    prepared: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("BACKUP_PASSPHRASE")
    code, _, err = prepared("backup", "b")
    assert code == 2
    assert "BACKUP_PASSPHRASE" in err
    assert not (tmp_path / "b").exists()
    (tmp_path / "phrase").write_text("a phrase out of a file\n")
    assert prepared("backup", "b", "--passphrase-file", "phrase")[0] == 0
    monkeypatch.setenv("BACKUP_PASSPHRASE_FILE", str(tmp_path / "phrase"))
    assert prepared("restore", "b")[0] == 0
