"""The sealed file: what was written is read, and nothing that was torn, changed or opened with a wrong passphrase."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from backend_server.backups import sealed_file
from backend_server.backups.sealed_file import read_sealed, write_sealed
from backend_server.errors import ConfigError, InputError
from backend_server.primitives.secret import Secret

PASSPHRASE = Secret("correct horse battery staple")
LINES = [b'{"n": %d, "x": "%s"}' % (number, os.urandom(400).hex().encode()) for number in range(3000)]


@pytest.fixture(autouse=True)
def cheap_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealed_file, "_COST", 2**10)
    monkeypatch.setattr(sealed_file, "_PART_BYTES", 100_000)


@pytest.fixture
def sealed(tmp_path: Path) -> Path:
    path = tmp_path / "backup"
    write_sealed(path, LINES, PASSPHRASE)
    return path


def test_what_was_written_is_read(sealed: Path) -> None:
    assert list(read_sealed(sealed, PASSPHRASE)) == LINES
    assert sealed.stat().st_mode & 0o777 == 0o600
    assert len(sealed.read_bytes().splitlines()) > 5
    assert [path.name for path in sealed.parent.iterdir()] == ["backup"]


def test_nothing_of_it_can_be_read_without_the_passphrase(tmp_path: Path) -> None:
    write_sealed(tmp_path / "b", [b"a secret that stands out" * 100], PASSPHRASE)
    assert b"stands out" not in (tmp_path / "b").read_bytes()
    with pytest.raises(InputError, match="passphrase does not open"):
        list(read_sealed(tmp_path / "b", Secret("wrong passphrase")))


def test_an_empty_one_is_whole_too(tmp_path: Path) -> None:
    write_sealed(tmp_path / "b", [], PASSPHRASE)
    assert list(read_sealed(tmp_path / "b", PASSPHRASE)) == []


def test_a_file_torn_at_any_place_is_refused(sealed: Path) -> None:
    whole = sealed.read_bytes()
    for kept in (0, 1, 50, 400, len(whole) // 2, len(whole) - 100, len(whole) - 2):
        sealed.write_bytes(whole[:kept])
        with pytest.raises(InputError):
            list(read_sealed(sealed, PASSPHRASE))


def test_lost_doubled_and_exchanged_parts_are_refused(sealed: Path) -> None:
    head, *parts = sealed.read_bytes().splitlines(keepends=True)
    for changed in (parts[:-1], parts[1:], [parts[1], parts[0], *parts[2:]], [*parts, parts[-1]], [parts[0], *parts]):
        sealed.write_bytes(head + b"".join(changed))
        with pytest.raises(InputError):
            list(read_sealed(sealed, PASSPHRASE))


def test_a_changed_byte_is_refused(sealed: Path) -> None:
    whole = bytearray(sealed.read_bytes())
    middle = len(whole) // 2
    whole[middle] = ord("A") if whole[middle] != ord("A") else ord("B")
    sealed.write_bytes(whole)
    with pytest.raises(InputError, match="is damaged"):
        list(read_sealed(sealed, PASSPHRASE))


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"PK\x03\x04",
        b"[]",
        b'{"dashwright": "other"}',
        b'{"dashwright": "backup", "format": 1}',
        b'{"dashwright": "backup", "format": "x"}',
        orjson.dumps(
            {
                "dashwright": "backup",
                "format": 1,
                "key": {"n": 2**40, "r": 8, "p": 1, "salt": "AAAAAAAAAAAAAAAAAAAAAA=="},
            }
        ),
        orjson.dumps({"dashwright": "backup", "format": 1, "key": {"n": 1000, "r": 8, "p": 1, "salt": "AAAA"}}),
    ],
)
def test_another_file_is_refused_and_asks_for_no_memory(tmp_path: Path, head: bytes) -> None:
    (tmp_path / "b").write_bytes(head + b"\nxyz\n")
    with pytest.raises(InputError, match="is not a backup"):
        list(read_sealed(tmp_path / "b", PASSPHRASE))


def test_a_later_format_says_so(tmp_path: Path) -> None:
    (tmp_path / "b").write_bytes(b'{"dashwright": "backup", "format": 2}\n')
    with pytest.raises(ConfigError, match="later version"):
        list(read_sealed(tmp_path / "b", PASSPHRASE))


def test_a_missing_file_and_a_short_passphrase(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        list(read_sealed(tmp_path / "b", PASSPHRASE))
    with pytest.raises(InputError, match="at least 8"):
        write_sealed(tmp_path / "b", [], Secret("short"))
    with pytest.raises(ConfigError, match="cannot be written"):
        write_sealed(tmp_path / "nowhere" / "b", [], PASSPHRASE)


def test_a_failure_in_the_middle_leaves_the_old_file(sealed: Path) -> None:
    before = sealed.read_bytes()

    def failing() -> Iterator[Any]:
        yield b"one"
        raise RuntimeError("the database went away")

    with pytest.raises(RuntimeError):
        write_sealed(sealed, failing(), PASSPHRASE)
    assert sealed.read_bytes() == before
    assert [path.name for path in sealed.parent.iterdir()] == ["backup"]
