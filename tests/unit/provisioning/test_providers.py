"""Nothing starts with a provider file that would make Grafana delete dashboards."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from backend_server.errors import ConfigError
from backend_server.primitives.ids import PACKS, PROVIDERS
from backend_server.provisioning import check_providers

ROOT = Path("/var/lib/grafana/dashboards")


def shipped_shape() -> dict[str, Any]:
    return {
        "apiVersion": 1,
        "providers": [
            {
                "name": name,
                "orgId": 1,
                "type": "file",
                "folder": "",
                "disableDeletion": True,
                "allowUiUpdates": False,
                "updateIntervalSeconds": 15,
                "options": {"path": f"{ROOT}/{name}", "foldersFromFilesStructure": name == PACKS},
            }
            for name in PROVIDERS
        ],
    }


@pytest.fixture
def written(tmp_path: Path) -> Any:
    def write(content: Any) -> Path:
        (tmp_path / "dashboards").mkdir(exist_ok=True)
        text = content if isinstance(content, str) else yaml.safe_dump(content)
        (tmp_path / "dashboards" / "dashboard.yml").write_text(text)
        return tmp_path

    return write


def test_the_shipped_shape_passes(written: Any) -> None:
    check_providers(written(shipped_shape()), ROOT)


def test_a_variable_in_a_path_is_read_as_grafana_reads_it(written: Any) -> None:
    content = yaml.safe_dump(shipped_shape()).replace(str(ROOT), "${DASHBOARDS_DIR}")
    check_providers(written(content), ROOT, environment={"DASHBOARDS_DIR": str(ROOT)})
    with pytest.raises(ConfigError, match=r"options.path is '/shard-00'"):
        check_providers(written(content), ROOT)


def test_a_missing_file_says_what_would_happen(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"is missing. Without it Grafana deletes every dashboard"):
        check_providers(tmp_path, ROOT)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda p: p.pop(3), r"provider\(s\) shard-03 missing"),
        (lambda p: p.append({"name": "team", "type": "file"}), "provider 'team' is not one of ours"),
        (lambda p: p.append(dict(p[0])), "provider 'shard-00' stands twice"),
        (lambda p: p[0].update(name="devices"), "provider 'devices' is not one of ours"),
        (lambda p: p[1].update(disableDeletion=False), "shard-01: disableDeletion is False, must be True"),
        (lambda p: p[1].update(updateIntervalSeconds=10), "updateIntervalSeconds is 10, must be above 10"),
        (lambda p: p[1].update(folder="Devices"), "folder is 'Devices', must be ''"),
        (lambda p: p[1].update(allowUiUpdates=True), "allowUiUpdates is True"),
        (lambda p: p[1]["options"].update(path="/tmp"), "options.path is '/tmp'"),
        (
            lambda p: p[32]["options"].update(foldersFromFilesStructure=False),
            "packs: options.foldersFromFilesStructure",
        ),
    ],
)
def test_each_change_is_named(written: Any, change: Callable[..., Any], words: str) -> None:
    content = shipped_shape()
    change(content["providers"])
    with pytest.raises(ConfigError, match=words):
        check_providers(written(content), ROOT)


@pytest.mark.parametrize(
    ("text", "words"),
    [("providers: [", "is not YAML"), ("[]", "no list"), ("", "no list"), ("providers: 3", "no list")],
)
def test_a_broken_file_is_refused(written: Any, text: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        check_providers(written(text), ROOT)
