"""Preflight: everything Grafana would refuse or choke on, found before a byte is written. All problems at once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from backend_server.errors import InvalidInput, Problem, shown
from backend_server.primitives.canonical_json import canonical_bytes
from backend_server.primitives.durations import parse_duration_ms

from .panels import Panel, PlacedPanel, placed_panels
from .reading import MAX_BYTES, MAX_DEPTH, depth_of

MAX_TAG = 50
MAX_TITLE = 300  # unified storage takes 300 characters; a longer title hangs the page (CVE-2025-1088)
MIN_REFRESH_MS = 5000  # Grafana's `[dashboards] min_refresh_interval`; a shorter one is stored as 5s
MAX_SCHEMA_VERSION = 42
COLUMNS = 24

_UID = re.compile(r"[a-zA-Z0-9_-]{1,40}")


def preflight(dashboard: Mapping[str, Any]) -> list[Problem]:
    """Return what Grafana would refuse or choke on, each problem with its path; empty when the document is good.

    The rules are those a running Grafana 12.4 was seen to apply to provisioned files.
    """
    problems = [*_identity(dashboard), *_tags(dashboard), *_settings(dashboard), *_lists(dashboard)]
    problems += _panels(dashboard)
    return problems + _size(dashboard)


def _identity(dashboard: Panel) -> list[Problem]:
    problems = []
    title = dashboard.get("title")
    if not isinstance(title, str) or not title.strip():
        problems.append(Problem("title", "is missing or empty; Grafana refuses a dashboard without one"))
    elif len(title) > MAX_TITLE:
        problems.append(Problem("title", f"is {len(title)} characters long; at most {MAX_TITLE}"))
    uid = dashboard.get("uid")
    if not isinstance(uid, str) or not _UID.fullmatch(uid):
        problems.append(Problem("uid", f"is {shown(uid)}; it must be 1 to 40 of a-z, A-Z, 0-9, '_' and '-'"))
    if "apiVersion" in dashboard:
        problems.append(Problem("apiVersion", "makes Grafana read the file as a Kubernetes-style resource; remove it"))
    return problems


def _tags(dashboard: Panel) -> list[Problem]:
    tags = dashboard.get("tags")
    if tags is None:
        return []
    if not isinstance(tags, list):
        return [Problem("tags", "must be a list of texts")]
    problems = []
    for index, tag in enumerate(tags):
        if not isinstance(tag, str):
            problems.append(Problem(f"tags[{index}]", "must be a text"))
        elif len(tag) > MAX_TAG:
            problems.append(Problem(f"tags[{index}]", f"is {len(tag)} characters long; Grafana takes {MAX_TAG}"))
    return problems


def _settings(dashboard: Panel) -> list[Problem]:
    problems = []
    version = dashboard.get("schemaVersion")
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        problems.append(Problem("schemaVersion", "must be a whole number, e.g. 41"))
    elif version > MAX_SCHEMA_VERSION:
        problems.append(Problem("schemaVersion", f"is {version}; known are versions up to {MAX_SCHEMA_VERSION}"))
    if "timepicker" in dashboard and not isinstance(dashboard["timepicker"], Mapping):
        problems.append(Problem("timepicker", "must be an object; write {} for the defaults"))
    refresh = dashboard.get("refresh")
    if refresh not in (None, "", False):
        problems += _refresh(refresh)
    time = dashboard.get("time")
    if time is not None and not (isinstance(time, Mapping) and {"from", "to"} <= time.keys()):
        problems.append(Problem("time", 'must be an object with from and to, e.g. {"from": "now-1h", "to": "now"}'))
    return problems


def _refresh(refresh: object) -> list[Problem]:
    try:
        refresh_ms = parse_duration_ms(refresh if isinstance(refresh, str) else "")
    except InvalidInput:
        return [Problem("refresh", f'is {shown(refresh)}; write a duration such as 5s or 1m, or "" for none')]
    if refresh_ms < MIN_REFRESH_MS:
        return [Problem("refresh", f"is {shown(refresh)}; Grafana's shortest is 5s")]
    return []


def _lists(dashboard: Panel) -> list[Problem]:
    problems = []
    if not isinstance(dashboard.get("links", []), list | None):
        problems.append(Problem("links", "must be a list"))
    for holder in ("templating", "annotations"):
        found = dashboard.get(holder)
        if found is None:
            continue
        entries = found.get("list", []) if isinstance(found, Mapping) else None
        if not isinstance(entries, list):
            problems.append(Problem(holder, 'must be an object with a list, e.g. {"list": []}'))
            continue
        names: set[object] = set()
        for index, entry in enumerate(entries):
            path = f"{holder}.list[{index}]"
            name = entry.get("name") if isinstance(entry, Mapping) else None
            if not isinstance(name, str) or not name:
                problems.append(Problem(path, "must be an object with a name"))
                continue
            if holder == "templating" and name in names:
                problems.append(Problem(f"{path}.name", f"{shown(name)} is already the name of another variable"))
            names.add(name)
    return problems


def _panels(dashboard: Panel) -> list[Problem]:
    if not isinstance(dashboard.get("panels", []), list):
        return [Problem("panels", "must be a list")]
    problems: list[Problem] = []
    known: dict[int, str] = {}
    for placed in placed_panels(dashboard):
        problems += _panel_id(placed, known)
        problems += _panel(placed)
    return problems


def _panel_id(placed: PlacedPanel, known: dict[int, str]) -> list[Problem]:
    found = placed.panel.get("id")
    path = f"{placed.path}.id"
    if not isinstance(found, int) or isinstance(found, bool) or found < 1:
        needed = "each panel needs a whole number above 0, or its queries cannot be asked"
        return [Problem(path, f"is {shown(found)}; {needed}")]
    if found in known:
        return [Problem(path, f"{found} is already the id of {known[found]}; ids are unique in a dashboard")]
    known[found] = placed.path
    return []


def _panel(placed: PlacedPanel) -> list[Problem]:
    panel, path = placed.panel, placed.path
    problems = []
    if (not isinstance(panel.get("type"), str) or not panel["type"]) and "libraryPanel" not in panel:
        problems.append(Problem(f"{path}.type", "is missing; e.g. timeseries, stat or table"))
    old = "span" in panel or "rows[" in path
    problems += _grid(panel.get("gridPos"), f"{path}.gridPos", old=old)
    problems += _datasource(panel.get("datasource"), f"{path}.datasource")
    targets = panel.get("targets", [])
    if not isinstance(targets, list):
        return [*problems, Problem(f"{path}.targets", "must be a list")]
    names: set[object] = set()
    for index, target in enumerate(targets):
        where = f"{path}.targets[{index}]"
        if not isinstance(target, Mapping):
            problems.append(Problem(where, "must be an object"))
            continue
        problems += _datasource(target.get("datasource"), f"{where}.datasource")
        name = target.get("refId") or "A"  # as Grafana reads a query without a name
        if not isinstance(name, str):
            problems.append(Problem(f"{where}.refId", "must be a text, such as A"))
            continue
        if name in names:
            message = f"{shown(name)} is already the name of another query of this panel"
            problems.append(Problem(f"{where}.refId", message))
        names.add(name)
    return problems


def _grid(found: object, path: str, *, old: bool) -> list[Problem]:
    if found is None and old:
        return []  # schemas before 16 place panels by span
    if not isinstance(found, Mapping):
        return [Problem(path, 'is missing; e.g. {"x": 0, "y": 0, "w": 12, "h": 8}')]
    problems = []
    for key, least, most in (("w", 1, COLUMNS), ("h", 1, 1000), ("x", 0, COLUMNS - 1), ("y", 0, 1_000_000)):
        value = found.get(key)
        if not isinstance(value, int | float) or isinstance(value, bool) or not least <= value <= most:
            problems.append(Problem(f"{path}.{key}", f"is {shown(value)}; a number from {least} to {most}"))
    if not problems and found["x"] + found["w"] > COLUMNS:
        problems.append(Problem(path, f"reaches beyond column {COLUMNS}: x {found['x']} and w {found['w']}"))
    return problems


def _datasource(found: object, path: str) -> list[Problem]:
    if found is None or isinstance(found, Mapping):
        return []
    return [Problem(path, f"is {shown(found)}; Grafana answers 500 to it, write an object with type and uid")]


def _size(dashboard: Panel) -> list[Problem]:
    depth = depth_of(dict(dashboard))
    if depth > MAX_DEPTH:
        return [Problem("", f"is nested {depth} levels deep; at most {MAX_DEPTH}")]
    size = len(canonical_bytes(dashboard))
    return [Problem("", f"is {size} bytes; Grafana takes {MAX_BYTES}")] if size > MAX_BYTES else []
