"""The layout of panels: wide tables first, then two columns of core, then the efficiency section under its header."""

from __future__ import annotations

from collections.abc import Iterable

from ..spec.spec import PanelType
from .draft import Draft, Source

Position = tuple[int, int, int, int]
"""`gridPos` on Grafana's 24 columns: h, w, x, y."""

HEADER_TITLE = "Efficiency"
COLUMNS = 24
_CROSS_METRIC, _ALERTS, _SHARE = Source.CROSS_METRIC, Source.ALERTS_AGGREGATE, Source.GOVERNANCE_SUMMARY
_TABLE = PanelType.TABLE
_HEIGHTS = {False: 8, True: 6}
# A table's title and head take three units, each row about one.
_HEAD = 3


def place(drafts: Iterable[Draft], *, dense: bool = False) -> list[tuple[Draft | None, Position]]:
    """Return each draft with its place; None stands for the header of the efficiency section."""
    wide: list[Draft] = []
    core: list[Draft] = []
    efficiency: list[Draft] = []
    for draft in drafts:
        source = draft.source
        if source is _CROSS_METRIC:
            efficiency.append(draft)
        elif draft.type is _TABLE or source is _ALERTS or source is _SHARE:
            wide.append(draft)
        else:
            core.append(draft)
    placed: list[tuple[Draft | None, Position]] = []
    y = 0
    for draft in wide:
        height = _HEIGHTS[dense]
        if draft.source is _ALERTS:
            height = min(height, _HEAD + draft.origin.alerts_count)
        elif draft.source is _SHARE:
            height //= 2
        placed.append((draft, (height, COLUMNS, 0, y)))
        y += height
    y = _columns(core, y, _HEIGHTS[dense], placed)
    if efficiency:
        placed.append((None, (1, COLUMNS, 0, y)))
        _columns(efficiency, y + 1, _HEIGHTS[dense], placed)
    return placed


def _columns(drafts: list[Draft], y: int, height: int, placed: list[tuple[Draft | None, Position]]) -> int:
    width = COLUMNS // 2
    last = len(drafts) - 1
    for index, draft in enumerate(drafts):
        if index % 2:
            placed.append((draft, (height, width, width, y)))
            y += height
        elif index == last:
            placed.append((draft, (height, COLUMNS, 0, y)))
            y += height
        else:
            placed.append((draft, (height, width, 0, y)))
    return y
