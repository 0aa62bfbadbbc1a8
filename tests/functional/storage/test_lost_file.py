"""A database file that is emptied, removed or replaced is noticed: at the start, by every write, and by health."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from backend_server.cli.main import call
from backend_server.errors import ConfigError
from backend_server.runtime.prepare import prepare_all
from backend_server.settings import Settings, load_settings
from tests.support.app import running_app
from tests.support.processes import environment_for


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """A deployment that was prepared once and has a device's dashboard on the disk."""
    found = environment_for(tmp_path, EDGE="false", BACKUP_PASSPHRASE="a passphrase for tests")
    for name, value in found.items():
        monkeypatch.setenv(name, value)
    prepare_all(load_settings(found))
    return found


def database_of(environment: dict[str, str]) -> Path:
    return Path(environment["DATA_DIR"]) / "dashwright.db"


def remove(database: Path) -> None:
    for file in database.parent.glob(f"{database.name}*"):
        file.unlink()


def settings_of(environment: dict[str, str]) -> Settings:
    return load_settings(environment)


def test_an_emptied_file_is_refused_and_left_alone(environment: dict[str, str]) -> None:
    database = database_of(environment)
    database.write_bytes(b"")
    with pytest.raises(ConfigError, match=r"has been emptied.*dashwright restore"):
        prepare_all(settings_of(environment))
    assert database.read_bytes() == b""


def test_a_missing_file_is_refused_where_its_secrets_are_left(
    environment: dict[str, str], capfd: pytest.CaptureFixture[str]
) -> None:
    database = database_of(environment)
    remove(database)
    with pytest.raises(ConfigError, match=r"the secrets of one lie in .*dashwright prepare --new"):
        prepare_all(settings_of(environment))
    assert not database.exists()

    assert call(["prepare"]) == 2
    assert "There is no database in" in capfd.readouterr().err
    assert call(["prepare", "--new"]) == 0
    assert call(["prepare"]) == 0, "the new one is there now"


def test_a_missing_file_is_refused_where_dashboards_of_ours_are_left(
    environment: dict[str, str], tmp_path: Path
) -> None:
    with running_app(tmp_path / "app") as app:
        assert app.call("PUT", "/api/devices/rig-1?wait=10s", {"hostname": "Rig 1"}).status == 201
        file = next(app.settings.dashboards_dir.rglob("*.json"))
        left = Path(environment["DASHBOARDS_DIR"]) / file.relative_to(app.settings.dashboards_dir)
        left.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, left)
    shutil.rmtree(environment["DATA_DIR"])
    with pytest.raises(ConfigError, match=r"dashboard\(s\) of one lie in"):
        prepare_all(settings_of(environment))
    assert left.exists()


def test_a_disk_that_vanished_whole_is_a_first_start(environment: dict[str, str]) -> None:
    for name in ("DATA_DIR", "DASHBOARDS_DIR"):
        shutil.rmtree(environment[name])
    prepare_all(settings_of(environment))
    assert database_of(environment).exists()


def test_a_backup_is_restored_where_the_file_is_missing(environment: dict[str, str], tmp_path: Path) -> None:
    backup = tmp_path / "state.backup"
    assert call(["backup", str(backup)]) == 0
    remove(database_of(environment))
    assert call(["prepare"]) == 2
    assert call(["restore", str(backup)]) == 0
    assert call(["prepare"]) == 0


@pytest.mark.parametrize("fault", ["removed", "emptied", "replaced"])
def test_nothing_is_acknowledged_that_would_be_lost(tmp_path: Path, fault: str) -> None:
    with running_app(tmp_path) as app:
        database = app.settings.data_dir / "dashwright.db"
        assert app.call("PUT", "/api/devices/rig-1", {"hostname": "Rig 1"}).status == 201
        with app.passes.hold():
            if fault == "emptied":
                with database.open("r+b") as file:
                    file.truncate()
            else:
                aside = database.rename(database.with_name("aside"))
                if fault == "replaced":
                    shutil.copy(aside, database)

            refused = app.call("PUT", "/api/devices/rig-2", {"hostname": "Rig 2"})
            health = app.call("GET", "/server/health")

            assert refused.status in ((503,) if fault != "emptied" else (502, 503)), "SQLite may see it first"
            assert "Nothing was changed" in refused.json()["error"]["message"]
            assert health.status == 503
            part = health.json()["components"]["database"]
            assert part["status"] == "down"
            if fault == "emptied":
                return
            assert refused.json()["error"]["code"] == "unavailable"
            assert refused.headers["Retry-After"] == "60"
            assert "removed or replaced" in part["message"]
            assert app.call("GET", "/api/devices/rig-1").status == 200, "what is read from memory goes on"

            aside.replace(database)
            assert app.call("PUT", "/api/devices/rig-2", {"hostname": "Rig 2"}).status == 201, "it was put back"
            assert app.call("GET", "/server/health").json()["components"]["database"]["status"] == "ok"
