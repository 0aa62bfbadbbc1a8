"""Files are swapped whole, unchanged ones are not touched, and foreign ones are left alone."""

from __future__ import annotations

import json
import os
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from backend_server.errors import InvalidInput, ProvisioningError
from backend_server.primitives.canonical_json import canonical_bytes, content_hash
from backend_server.primitives.ids import PROVIDERS, device_file, shard_of, shared_file
from backend_server.provisioning import DashboardFolder, FileRefused
from backend_server.provisioning.survey import verified


def document(uid: str, title: str = "Rig", size: int = 0) -> bytes:
    """Make a stamped document as the renderer does."""
    value = {"uid": uid, "title": title, "pad": "x" * size, "dashwright": {"content": "", "maker": "dev"}}
    value["dashwright"]["content"] = content_hash(canonical_bytes(value))
    return canonical_bytes(value)


@pytest.fixture
def folder(tmp_path: Path) -> DashboardFolder:
    folder = DashboardFolder(tmp_path / "dashboards")
    folder.prepare()
    return folder


def test_shards_are_a_pure_function_of_the_device_id() -> None:
    assert shard_of("rig-1") == int.from_bytes(__import__("hashlib").sha256(b"rig-1").digest()[:4], "big") % 32
    assert device_file("rig-1", "dev-rig-1-x") == f"shard-{shard_of('rig-1'):02d}/dev-rig-1-x.json"
    assert {shard_of(f"rig-{number}") for number in range(1000)} == set(range(32))


@pytest.mark.parametrize("name", ["", "a/b", ".hidden"])
def test_a_folder_name_grafana_would_not_read_is_refused(name: str) -> None:
    with pytest.raises(InvalidInput, match="cannot be a folder"):
        shared_file(name, "flt-x")


def test_prepare_makes_all_directories_readable_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        folder = DashboardFolder(tmp_path / "d")
        folder.prepare()
        folder.swap("shard-00/dev-a.json", document("dev-a"))
    finally:
        os.umask(before)
    assert len(PROVIDERS) == 33
    for provider in PROVIDERS:
        assert (tmp_path / "d" / provider).stat().st_mode & 0o777 == 0o755
    assert (tmp_path / "d" / "shard-00/dev-a.json").stat().st_mode & 0o777 == 0o644


def test_unchanged_bytes_are_never_written(folder: DashboardFolder) -> None:
    assert folder.swap("shard-03/dev-a.json", document("dev-a")) is True
    before = (folder.root / "shard-03/dev-a.json").stat()
    flushes = folder.flusher.flushes

    assert folder.swap("shard-03/dev-a.json", document("dev-a")) is False

    after = (folder.root / "shard-03/dev-a.json").stat()
    assert (before.st_mtime_ns, before.st_ino) == (after.st_mtime_ns, after.st_ino)
    assert folder.flusher.flushes == flushes


@pytest.mark.parametrize("count", [1, 2, 200])
def test_a_batch_is_flushed_twice_however_large_it_is(folder: DashboardFolder, count: int) -> None:
    bodies = {f"shard-{number % 32:02d}/dev-{number}.json": document(f"dev-{number}") for number in range(count)}
    report = folder.swap_all(bodies)
    assert report.written == set(bodies)
    assert folder.flusher.flushes == 2


def test_without_syncfs_each_file_and_each_directory_is_flushed_once(folder: DashboardFolder) -> None:
    folder.flusher._syncfs = None
    folder.swap_all({f"shard-{number % 2:02d}/dev-{number}.json": document(f"dev-{number}") for number in range(6)})
    assert folder.flusher.flushes == 6 + 2


def test_no_temporary_name_ends_in_json_and_none_is_left(
    folder: DashboardFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []
    replace = os.replace

    def recorded(source: Any, target: Any) -> None:
        seen.append(str(source))
        replace(source, target)

    monkeypatch.setattr(os, "replace", recorded)
    folder.swap_all({"shard-00/dev-a.json": document("dev-a"), "shard-01/dev-b.json": document("dev-b")})
    assert len(seen) == 2
    assert not any(name.endswith(".json") for name in seen)
    assert [path.name for path in folder.root.rglob("*.tmp")] == []


def test_a_failed_rename_leaves_the_old_bytes_and_no_temporary(
    folder: DashboardFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.swap("shard-00/dev-a.json", document("dev-a", "old"))

    def refuse(source: Any, target: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(FileRefused, match=r"shard-00/dev-a.json cannot be written: No space left on device"):
        folder.swap("shard-00/dev-a.json", document("dev-a", "new"))
    assert folder.content("shard-00/dev-a.json") == document("dev-a", "old")
    assert list(folder.root.rglob("*.tmp")) == []


def test_one_file_the_disk_refuses_does_not_stop_the_others(folder: DashboardFolder) -> None:
    (folder.root / "shard-05").rmdir()
    (folder.root / "shard-05").write_text("a file where a directory should be")
    report = folder.swap_all({f"shard-0{number}/dev-{number}.json": document(f"dev-{number}") for number in (4, 5, 6)})
    assert report.written == {"shard-04/dev-4.json", "shard-06/dev-6.json"}
    assert list(report.refused) == ["shard-05/dev-5.json"]


def test_a_missing_directory_is_made_again(folder: DashboardFolder) -> None:
    (folder.root / "shard-07").rmdir()
    assert folder.swap("shard-07/dev-a.json", document("dev-a")) is True


def test_a_foreign_file_is_left_alone_and_reported(folder: DashboardFolder) -> None:
    foreign = folder.root / "shard-02" / "dev-mine.json"
    foreign.write_text('{"uid": "dev-mine", "title": "by hand"}')
    (folder.root / "packs" / "team.json").write_text("{}")

    with pytest.raises(FileRefused, match="not one of ours; it was left alone"):
        folder.swap("shard-02/dev-mine.json", document("dev-mine"))
    with pytest.raises(FileRefused, match="not one of ours"):
        folder.remove_all(["shard-02/dev-mine.json"])

    assert json.loads(foreign.read_text())["title"] == "by hand"
    assert folder.survey().foreign == ("packs/team.json", "shard-02/dev-mine.json")


def test_a_damaged_file_our_record_names_is_written_over(folder: DashboardFolder) -> None:
    (folder.root / "shard-02" / "dev-a.json").write_bytes(document("dev-a")[:30])
    assert folder.swap("shard-02/dev-a.json", document("dev-a"), known=True) is True


@pytest.mark.parametrize("file", ["../x/dev-a.json", "shard-32/dev-a.json", "shard-01/a.json", "packs/../dev-a.json"])
def test_a_name_that_is_not_ours_is_refused(folder: DashboardFolder, file: str) -> None:
    with pytest.raises(FileRefused, match="is not the name of a file of ours"):
        folder.swap(file, b"{}")


def test_beyond_the_bound_a_provider_refuses_with_the_remedy(tmp_path: Path) -> None:
    folder = DashboardFolder(tmp_path, most_per_provider=2)
    folder.prepare()
    report = folder.swap_all({f"shard-00/dev-{number}.json": document(f"dev-{number}") for number in range(3)})
    assert len(report.written) == 2
    (refusal,) = report.refused.values()
    assert "shard-00 holds 2 dashboards and Grafana reads at most 2" in str(refusal)
    assert "Retire devices" in str(refusal)
    assert folder.swap("shard-00/dev-0.json", document("dev-0", "changed")) is True
    assert folder.swap("shard-01/dev-9.json", document("dev-9")) is True


def test_the_bound_is_900_and_absent_where_no_grafana_reads(tmp_path: Path) -> None:
    bodies = {f"shard-00/dev-{number}.json": document(f"dev-{number}") for number in range(901)}
    bounded = DashboardFolder(tmp_path / "a")
    bounded.prepare()
    assert len(bounded.swap_all(bodies).refused) == 1
    free = DashboardFolder(tmp_path / "b", most_per_provider=None)
    free.prepare()
    assert free.swap_all(bodies).refused == {}


def test_the_survey_tells_whole_from_damaged_and_reads_only_what_moved(
    folder: DashboardFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.swap("shard-00/dev-a.json", document("dev-a"))
    folder.swap("shard-00/dev-b.json", document("dev-b"))
    (folder.root / "shard-00/dev-b.json").write_bytes(document("dev-b").replace(b"Rig", b"Hex"))
    found = folder.survey()
    assert found.owned == {"shard-00/dev-a.json": verified(document("dev-a")), "shard-00/dev-b.json": ""}

    reads = []

    def counted(path: Path) -> bytes:
        reads.append(path)
        return b""

    monkeypatch.setattr("pathlib.Path.read_bytes", counted)
    assert folder.survey() == found
    assert reads == []


def test_what_a_killed_process_left_behind_is_swept_after_a_minute(folder: DashboardFolder) -> None:
    for name, age in ((".dev-a.json.1.tmp", 3600), (".dev-b.json.2.tmp", 0)):
        (folder.root / "shard-00" / name).write_bytes(b"{")
        moment = time.time() - age
        os.utime(folder.root / "shard-00" / name, (moment, moment))
    folder.prepare()
    assert [path.name for path in folder.root.rglob("*.tmp")] == [".dev-b.json.2.tmp"]


def test_a_reader_never_sees_a_part(folder: DashboardFolder) -> None:
    bodies = [document("dev-a", "old", 200_000), document("dev-a", "new", 400_000)]
    folder.swap("shard-00/dev-a.json", bodies[0])
    stop = threading.Event()
    torn = []

    def read() -> None:
        while not stop.is_set():
            if folder.content("shard-00/dev-a.json") not in bodies:
                torn.append(1)

    reader = threading.Thread(target=read)
    reader.start()
    try:
        for turn in range(60):
            folder.swap("shard-00/dev-a.json", bodies[turn % 2])
    finally:
        stop.set()
        reader.join()
    assert torn == []


def test_an_unwritable_root_is_told_with_its_path(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(ProvisioningError, match="must be a directory this service owns"):
        DashboardFolder(tmp_path / "file" / "d").prepare()
