"""Provider and datasource YAML as Grafana reads it: `$VAR` in values, several files, one identity per name."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml


class BrokenYaml(Exception):
    """Provisioning YAML that stops a start and fails a reload."""


@dataclass
class Provider:
    """One provider and what its last walk saw."""

    name: str
    path: Path
    folder: str = ""
    folder_uid: str = ""
    disable_deletion: bool = False
    allow_ui_updates: bool = False
    interval_seconds: int = 10
    from_structure: bool = False
    restricted: bool = False
    uids: Counter[str] = field(default_factory=Counter)
    titles: Counter[tuple[str, str]] = field(default_factory=Counter)
    due_at: float = 0.0

    @property
    def watches(self) -> bool:
        """Intervals up to 10 seconds mean file events instead of a ticker."""
        return self.interval_seconds <= 10


@dataclass(frozen=True)
class Datasource:
    """A datasource of the org."""

    name: str
    uid: str
    type: str = "prometheus"
    url: str = ""
    user: str = ""
    access: str = "proxy"
    is_default: bool = False
    json_data: Mapping[str, Any] = field(default_factory=dict)


_VARIABLE = re.compile(r"\$\$|\$__env\{(\w+)\}|\$__file\{([^}]+)\}|\$\{(\w+)\}|\$(\w+)")


def expand(text: str, environment: Mapping[str, str]) -> str:
    """Expand the forms that Grafana expands in values; the braced ones are expanded a second time."""

    def one(found: re.Match[str]) -> str:
        if found[0] == "$$":
            return "$"
        if found[2]:
            return expand(Path(found[2]).read_text(encoding="utf-8").strip(), environment)
        if found[4]:
            return environment.get(found[4], "")
        return expand(environment.get(found[1] or found[3], ""), environment)

    return _VARIABLE.sub(one, text)


def _expand_all(value: Any, environment: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return expand(value, environment)
    if isinstance(value, list):
        return [_expand_all(one, environment) for one in value]
    if isinstance(value, dict):
        return {name: _expand_all(one, environment) for name, one in value.items()}
    return value


def _read(folder: Path, environment: Mapping[str, str]) -> list[dict[str, Any]]:
    """Read every YAML file of a folder; a missing folder is only logged by Grafana and counts as empty."""
    if not folder.is_dir():
        return []
    found = []
    for file in sorted(folder.iterdir()):
        if file.suffix in (".yml", ".yaml"):
            try:
                content = yaml.safe_load(file.read_text(encoding="utf-8"))
            except (yaml.YAMLError, UnicodeDecodeError) as fault:
                raise BrokenYaml(f"{file.name}: {fault}") from fault
            if content is not None and not isinstance(content, dict):
                raise BrokenYaml(f"{file.name}: not a mapping")
            found.append(_expand_all(content or {}, environment))
    return found


def read_providers(provisioning: Path, environment: Mapping[str, str]) -> list[Provider]:
    """Read `dashboards/*.yml`; raises BrokenYaml for broken YAML, an unknown type or org, or two of one name."""
    found: list[Provider] = []
    for content in _read(provisioning / "dashboards", environment):
        for given in content.get("providers") or []:
            options = given.get("options") or {}
            path = options.get("path") or options.get("folder")
            if given.get("type", "file") != "file" or not path or given.get("orgId", 1) not in (0, 1):
                raise BrokenYaml(f"provider {given.get('name')!r} has an unknown type or org, or no path")
            found.append(
                Provider(
                    name=str(given.get("name", "")),
                    path=Path(path),
                    folder=given.get("folder") or "",
                    folder_uid=given.get("folderUid") or "",
                    disable_deletion=given.get("disableDeletion") is True,
                    allow_ui_updates=given.get("allowUiUpdates") is True,
                    interval_seconds=int(given.get("updateIntervalSeconds") or 10),
                    from_structure=options.get("foldersFromFilesStructure") is True,
                )
            )
    names = Counter(one.name for one in found)
    if any(count > 1 for count in names.values()):
        raise BrokenYaml("dashboards provisioning: two providers have one name")
    for one in found:
        if one.from_structure and (one.folder or one.folder_uid):
            raise BrokenYaml(f"provider {one.name!r}: folder must be empty with foldersFromFilesStructure")
    return found


def read_datasources(provisioning: Path, environment: Mapping[str, str]) -> list[Datasource]:
    """Read `datasources/*.yml`; raises BrokenYaml, also for two defaults."""
    found: list[Datasource] = []
    for content in _read(provisioning / "datasources", environment):
        found += [
            Datasource(
                name=given["name"],
                uid=given.get("uid") or "P" + given["name"].upper(),
                type=given.get("type", "prometheus"),
                url=given.get("url") or "",
                user=given.get("user") or "",
                access=given.get("access") or "proxy",
                is_default=given.get("isDefault") is True,
                json_data=given.get("jsonData") or {},
            )
            for given in content.get("datasources") or []
        ]
    if sum(one.is_default for one in found) > 1:
        raise BrokenYaml("datasources: only one datasource per organization can be marked as default")
    return found
