"""Writing out repeated panels and rows: one copy per value, laid out as Grafana lays them out."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from backend_server.errors import InvalidInput, Problem

from .panels import all_panels
from .variables import Chosen

COLUMNS = 24
DEFAULT_PER_ROW = 4
_REPEAT_KEYS = (
    "repeat",
    "repeatDirection",
    "maxPerRow",
    "repeatIteration",
    "repeatPanelId",
    "repeatByRow",
    "scopedVars",
)

_DEFAULT_PLACE = {"x": 0, "y": 0, "w": COLUMNS // 2, "h": 8}
MOST_WRITTEN = 5_000

Scope = Mapping[str, Chosen]
"""What each variable holds at one place."""


@dataclass(frozen=True, slots=True)
class Written:
    """A panel that is written out, what the variables hold in it, and for a collapsed row the panels inside."""

    panel: dict[str, Any]
    scope: Scope
    inside: tuple[Written, ...] = ()


def written_out(panels: list[dict[str, Any]], chosen: Scope) -> list[Written]:
    """Return copies of the panels with every repeat written out; the first copy of a panel keeps its id.

    Copies that a dashboard of old was saved with are dropped. A repeat over an unknown set of values (an all-value)
    stays one panel, which shows them all.
    """
    ids = _Ids(panels)
    result: list[Written] = []
    down = 0  # how far the panels that follow have moved down
    for row, block in _blocks(panels):
        holders = ([row] if row else []) + block
        height = max((_bottom(panel) for panel in holders), default=0) - min(
            (_place(holder)["y"] for holder in holders), default=0
        )
        for number, scope in enumerate(_split(row, chosen) if row else [chosen]):
            if number:
                down += height
            if row:
                inside = [panel for panel in row.get("panels") or [] if isinstance(panel, dict)]
                nested, _ = _block_written(inside, scope, ids, fresh=number > 0)
                result.append(Written(_copy(row, ids, fresh=number > 0, down=down), scope, tuple(nested)))
            copies, grown = _block_written(block, scope, ids, fresh=number > 0)
            for written in copies:
                _move(written.panel, down)
            result += copies
            down += grown
    return result


class _Ids:
    def __init__(self, panels: list[dict[str, Any]]) -> None:
        known = [panel.get("id") for panel in all_panels({"panels": panels})]
        self._last = max((panel_id for panel_id in known if isinstance(panel_id, int)), default=0)
        self._written = 0

    def count(self) -> None:
        """Count a panel that is written; repeats in repeats could otherwise fill the memory."""
        self._written += 1
        if self._written > MOST_WRITTEN:
            message = f"repeat for so many values that they give more than {MOST_WRITTEN} panels; choose fewer values"
            raise InvalidInput([Problem("panels", message)], what="The dashboard")

    def new(self) -> int:
        self._last += 1
        return self._last


def _blocks(panels: list[dict[str, Any]]) -> list[tuple[dict[str, Any] | None, list[dict[str, Any]]]]:
    """Group the panels under the row before them."""
    blocks: list[tuple[dict[str, Any] | None, list[dict[str, Any]]]] = [(None, [])]
    for panel in panels:
        if panel.get("repeatPanelId"):
            continue
        if panel.get("type") == "row":
            blocks.append((panel, []))
        else:
            blocks[-1][1].append(panel)
    return [(row, block) for row, block in blocks if row or block]


def _block_written(block: list[dict[str, Any]], scope: Scope, ids: _Ids, *, fresh: bool) -> tuple[list[Written], int]:
    """Write out the panels of one row; also returns by how much they grew downwards."""
    result: list[Written] = []
    shifts: list[tuple[int, int]] = []  # panels that began at this height or below it move down by this much
    for panel in sorted(block, key=lambda placed: (_place(placed)["y"], _place(placed)["x"])):
        place = _place(panel)
        down = sum(amount for begin, amount in shifts if place["y"] >= begin)
        scopes = _split(panel, scope)
        per_row = _per_row(panel, len(scopes))
        for number, inner in enumerate(scopes):
            made = _copy(panel, ids, fresh=fresh or number > 0, down=down)
            if len(scopes) > 1:
                _move(made, number // per_row * place["h"])
                if per_row > 1:
                    made["gridPos"].update(w=COLUMNS // per_row, x=number % per_row * (COLUMNS // per_row))
            result.append(Written(made, inner))
        lines = -(-len(scopes) // per_row)
        if lines > 1:
            shifts.append((place["y"] + place["h"], (lines - 1) * place["h"]))
    return result, sum(amount for _, amount in shifts)


def _per_row(panel: Mapping[str, Any], count: int) -> int:
    if panel.get("repeatDirection", "h") == "v":
        return 1
    most = panel.get("maxPerRow")
    return min(count, most if isinstance(most, int) and 0 < most <= COLUMNS else DEFAULT_PER_ROW)


def _split(panel: Mapping[str, Any], scope: Scope) -> list[Scope]:
    name = panel.get("repeat")
    chosen = scope.get(name) if isinstance(name, str) else None
    if chosen is None or chosen.raw or len(chosen.values) < 2:
        return [scope]
    pairs = zip(chosen.values, chosen.texts, strict=True)
    return [{**scope, chosen.name: replace(chosen, values=(value,), texts=(text,))} for value, text in pairs]


def _copy(panel: dict[str, Any], ids: _Ids, *, fresh: bool, down: int) -> dict[str, Any]:
    """Copy a panel without its repeat and the panels inside it, moved down; `fresh` gives it an id of its own."""
    ids.count()
    made = {key: copy.deepcopy(value) for key, value in panel.items() if key not in _REPEAT_KEYS and key != "panels"}
    if fresh:
        made["id"] = ids.new()
    found = panel.get("gridPos")
    # What is no number stays as it is, for the preflight to name it.
    made["gridPos"] = {**_DEFAULT_PLACE, **(found if isinstance(found, Mapping) else {})}
    _move(made, down)
    return made


def _move(panel: dict[str, Any], down: float) -> None:
    if _is_number(panel["gridPos"]["y"]):
        panel["gridPos"]["y"] += down


def _place(panel: Mapping[str, Any]) -> dict[str, Any]:
    """Return where a panel stands, in numbers throughout."""
    found = panel.get("gridPos")
    found = found if isinstance(found, Mapping) else {}
    return {key: found[key] if _is_number(found.get(key)) else value for key, value in _DEFAULT_PLACE.items()}


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _bottom(panel: Mapping[str, Any]) -> int:
    place = _place(panel)
    return int(place["y"] + place["h"])
