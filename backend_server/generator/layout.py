"""Where panels stand: wide tables first, then two columns of core, then the efficiency section under its header."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator

from backend_server.generator.draft import Draft, Source

Position = dict[str, int]
"""`gridPos`: h, w, x, y on Grafana's 24 columns."""

HEADER_TITLE = "Efficiency"
COLUMNS = 24
_HEIGHTS = {False: 8, True: 6}
# A table's title and head take three units, each row about one.
_HEAD = 3


def place(drafts: Iterable[Draft], *, dense: bool = False) -> Iterator[tuple[Draft | None, dict[str, int]]]:
    """Give each draft its `gridPos`; None stands for the header of the efficiency section."""
    everything = list(drafts)
    y = 0
    for draft in (one for one in everything if one.wide):
        height = _HEIGHTS[dense]
        if draft.source is Source.ALERTS_AGGREGATE:
            height = min(height, _HEAD + draft.alerts_count)
        elif draft.source is Source.GOVERNANCE_SUMMARY:
            height //= 2
        yield draft, {"h": height, "w": COLUMNS, "x": 0, "y": y}
        y += height
    y = yield from _columns([one for one in everything if not one.wide and not one.efficiency], y, dense=dense)
    efficiency = [one for one in everything if one.efficiency and not one.wide]
    if efficiency:
        yield None, {"h": 1, "w": COLUMNS, "x": 0, "y": y}
        yield from _columns(efficiency, y + 1, dense=dense)


def _columns(drafts: list[Draft], y: int, *, dense: bool) -> Generator[tuple[Draft | None, dict[str, int]], None, int]:
    height, width = _HEIGHTS[dense], COLUMNS // 2
    for index, draft in enumerate(drafts):
        left = index % 2 == 0
        alone = left and index == len(drafts) - 1
        yield draft, {"h": height, "w": COLUMNS if alone else width, "x": 0 if left else width, "y": y}
        if not left or alone:
            y += height
    return y
