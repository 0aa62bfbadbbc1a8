"""The provider file Grafana is given: checked before a start, because without it a reload deletes every dashboard."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import yaml

from backend_server.errors import ConfigError, UpstreamError
from backend_server.primitives.ids import PACKS, PROVIDERS

PROVIDER_FILE = "dashboard.yml"
_WATCH_MODE_SECONDS = 10  # at or below, Grafana 12.3 and later watches instead of polling, and starves
_VARIABLE = re.compile(r"\$(?:\{(\w+)\}|__env\{(\w+)\}|(\w+))")


def check_providers(provisioning: Path, root: Path, *, environment: Mapping[str, str] | None = None) -> None:
    """Compare the provider file with what the folder is; raises ConfigError naming all that differs.

    Args:
        provisioning: Grafana's provisioning directory; the file is `dashboards/dashboard.yml` below it.
        root: DASHBOARDS_DIR.
        environment: what `$NAME` in a path stands for, as Grafana expands it.
    """
    file = provisioning / "dashboards" / PROVIDER_FILE
    problems = _problems(_read(file), root, environment or {})
    if problems:
        raise ConfigError(
            f"{file} is not the provider file this release ships: {'; '.join(problems)}. Put the shipped file back: "
            "with another one Grafana deletes dashboards at its next reload.",
            details={"problems": problems},
        )


def check_before_reload(provisioning: Path, root: Path) -> None:
    """The same just before Grafana is told to read it; UpstreamError says that it is not told until it is right."""
    root = root.resolve()
    try:
        check_providers(provisioning, root, environment={"DASHBOARDS_DIR": str(root)})
    except ConfigError as fault:
        raise UpstreamError(f"Grafana is not told to reload: {fault.message} `dashwright prepare` does it.") from fault


def _read(file: Path) -> object:
    try:
        return yaml.load(file.read_bytes(), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506  both safe
    except FileNotFoundError as fault:
        raise ConfigError(
            f"{file} is missing. Without it Grafana deletes every dashboard at its next reload, so nothing was "
            "started. Put the shipped file back."
        ) from fault
    except OSError as fault:
        raise ConfigError(f"{file} cannot be read: {fault.strerror}.") from fault
    except yaml.YAMLError as fault:
        raise ConfigError(f"{file} is not YAML: {' '.join(str(fault).split())}.") from fault


def _problems(content: object, root: Path, environment: Mapping[str, str]) -> list[str]:
    given = content.get("providers") if isinstance(content, dict) else None
    if not isinstance(given, list):
        return ["it has no list 'providers'"]
    found: dict[str, dict[str, object]] = {}
    problems = []
    for provider in given:
        name = str(provider.get("name")) if isinstance(provider, dict) else "?"
        if name in found:
            problems.append(f"provider {name!r} stands twice")
        elif name not in PROVIDERS:
            problems.append(f"provider {name!r} is not one of ours")
        else:
            found[name] = provider
    missing = [name for name in PROVIDERS if name not in found]
    if missing:
        problems.append(f"provider(s) {', '.join(missing)} missing")
    for name, provider in found.items():
        problems.extend(f"{name}: {problem}" for problem in _provider_problems(name, provider, root, environment))
    return problems


def _provider_problems(
    name: str, provider: Mapping[str, object], root: Path, environment: Mapping[str, str]
) -> list[str]:
    given = provider.get("options")
    options = given if isinstance(given, dict) else {}
    problems = []
    for key, value, wanted in (
        ("type", provider.get("type"), "file"),
        ("folder", provider.get("folder", ""), ""),
        ("disableDeletion", provider.get("disableDeletion"), True),
        ("allowUiUpdates", provider.get("allowUiUpdates", False), False),
        ("options.foldersFromFilesStructure", options.get("foldersFromFilesStructure", False), name == PACKS),
    ):
        if value != wanted:
            problems.append(f"{key} is {value!r}, must be {wanted!r}")
    seconds = provider.get("updateIntervalSeconds")
    if not isinstance(seconds, int) or seconds <= _WATCH_MODE_SECONDS:
        problems.append(f"updateIntervalSeconds is {seconds!r}, must be above {_WATCH_MODE_SECONDS}")
    path = _expand(str(options.get("path", "")), environment)
    if Path(path) != root / name:
        problems.append(f"options.path is {path!r}, must be {str(root / name)!r}")
    return problems


def _expand(text: str, environment: Mapping[str, str]) -> str:
    return _VARIABLE.sub(lambda found: environment.get(next(filter(None, found.groups())), ""), text)
