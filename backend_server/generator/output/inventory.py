"""The inventory of generated panels, and the differences between two inventories."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields

import orjson

from backend_server.documents.panels import Panel, all_panels
from backend_server.errors import InvalidInput, Problem


@dataclass(frozen=True, slots=True)
class Entry:
    """One panel; the fields are the columns of an export, in order."""

    slug: str
    title: str
    metric: str
    source: str
    panel_uuid: str


COLUMNS = tuple(field.name for field in fields(Entry))
FORMATS = ("csv", "jsonl")
MOST_ROWS = 50_000
_COLUMN_SET = set(COLUMNS)
# Spreadsheets run what begins so. Apostrophes before it count too, so that the one put before is known again.
_FORMULA = re.compile(r"'*[=+\-@\t\r]")


@dataclass(frozen=True, slots=True)
class Renamed:
    """A panel under a new title; `inferred` when no key proved that it is the same."""

    panel_uuid: str
    old_title: str
    new_title: str
    slug: str
    inferred: bool = False


@dataclass(frozen=True, slots=True)
class InventoryDiff:
    """What a later inventory has more, less, or under another title."""

    added: tuple[Entry, ...]
    removed: tuple[Entry, ...]
    renamed: tuple[Renamed, ...]

    @property
    def empty(self) -> bool:
        """Whether the two inventories are equal."""
        return not (self.added or self.removed or self.renamed)

    def as_json(self) -> dict[str, list[dict[str, object]]]:
        """Return the diff as `{"added": […], "removed": […], "renamed": […]}`."""
        renamed = [asdict(entry) for entry in self.renamed]
        for entry in renamed:
            if not entry["inferred"]:
                del entry["inferred"]
        return {
            "added": [asdict(entry) for entry in self.added],
            "removed": [asdict(entry) for entry in self.removed],
            "renamed": renamed,
        }


def take_inventory(dashboards: Mapping[str, Panel], *, sources: frozenset[str] = frozenset()) -> tuple[Entry, ...]:
    """List the generated panels of dashboards by slug, in their order; `sources` keeps only those."""
    found = []
    for slug in sorted(dashboards):
        for panel in all_panels(dashboards[slug]):
            meta = panel.get("g6_meta")
            if not isinstance(meta, dict) or meta.get("group_header") or not meta.get("panel_uuid"):
                continue
            entry = Entry(
                slug,
                str(panel.get("title") or ""),
                str(meta.get("metric") or ""),
                str(meta.get("source") or ""),
                str(meta["panel_uuid"]),
            )
            if not sources or entry.source in sources:
                found.append(entry)
    return tuple(found)


def write_inventory(entries: Iterable[Entry], form: str) -> str:
    """Write an inventory as `csv` or `jsonl`; commas, quotes and newlines in titles survive."""
    if form == "jsonl":
        return "".join(orjson.dumps(asdict(entry)).decode() + "\n" for entry in entries)
    rows = ([getattr(entry, column) for column in COLUMNS] for entry in entries)
    return "".join(",".join(map(_csv_field, row)) + "\n" for row in (COLUMNS, *rows))


def _csv_field(text: str) -> str:
    """Quote a field where RFC 4180 requires it; the library's writer leaves a lone carriage return bare.

    What a spreadsheet would take for a formula has an apostrophe before it, which says that it is text.
    """
    if _FORMULA.match(text):
        text = "'" + text
    if not text.strip() or any(character in text for character in ',"\r\n'):
        return '"' + text.replace('"', '""') + '"' if text else ""
    return text


def _csv_rows(text: str, what: str) -> list[tuple[int, object]]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: list[tuple[int, object]] = []
    whole = 0  # lines up to the end of the last whole row
    try:
        # The first line may be broken as any other.
        if tuple(next(reader, ())) != COLUMNS:
            raise InvalidInput([Problem("", f"must begin with the line {','.join(COLUMNS)}", 1, 1)], what=what)
        whole = reader.line_num
        for row in reader:
            whole = reader.line_num
            if row:
                named = {column: _unguarded(field) for column, field in zip(COLUMNS, row, strict=False)}
                rows.append((whole, named if len(row) == len(COLUMNS) else row))
    except csv.Error as fault:
        # The line where the broken row begins.
        raise InvalidInput([Problem("", f"is not CSV: {fault}", whole + 1, 1)], what=what) from fault
    return rows


def _unguarded(field: str) -> str:
    return field[1:] if field.startswith("'") and _FORMULA.match(field) else field


def read_inventory(text: str, *, what: str) -> tuple[Entry, ...]:
    """Read either format back, also with the mark that spreadsheets put first; raises InvalidInput with the line."""
    text = text.removeprefix("\ufeff")
    if text.lstrip().startswith("{"):
        rows: list[tuple[int, object]] = []
        for number, line in enumerate(text.split("\n"), 1):
            if line.strip():
                try:
                    rows.append((number, orjson.loads(line)))
                except orjson.JSONDecodeError as fault:
                    raise InvalidInput(
                        [Problem("", f"is not JSON: {fault.msg}", number, fault.colno)], what=what
                    ) from fault
    else:
        rows = _csv_rows(text, what)
    entries = []
    if len(rows) > MOST_ROWS:
        message = f"has {len(rows)} rows; at most {MOST_ROWS}. Ask for one source at a time"
        raise InvalidInput([Problem("", message, 1, 1)], what=what)
    for number, row in rows:
        if not isinstance(row, dict) or row.keys() != _COLUMN_SET or not all(isinstance(v, str) for v in row.values()):
            raise InvalidInput([Problem("", f"must have exactly {', '.join(COLUMNS)}, as text", number, 1)], what=what)
        entries.append(Entry(**row))
    return tuple(entries)


def diff_inventory(previous: Iterable[Entry], current: Iterable[Entry]) -> InventoryDiff:
    """Compare by `panel_uuid`; a removed and an added panel alone with slug, metric and source count as renamed.

    A uuid that a dashboard has twice (a panel copied by hand) is compared row by row, so that no row is lost. Equal
    titles are no rename: such a panel has changed in something else, and stays one removed and one added.
    """
    before, after = _by_identity(previous), _by_identity(current)
    renamed: list[Renamed] = []
    added: list[Entry] = []
    removed: list[Entry] = []
    for key, now in after.items():
        gone, come = _unequal(before.get(key, []), now), _unequal(now, before.get(key, []))
        pairs = min(len(gone), len(come))
        renamed += [
            Renamed(new.panel_uuid, old.title, new.title, new.slug) for old, new in zip(gone, come, strict=False)
        ]
        removed += gone[pairs:]
        added += come[pairs:]
    removed += [entry for key, entries in before.items() if key not in after for entry in entries]
    lost: dict[tuple[str, str, str], list[Entry]] = defaultdict(list)
    for entry in removed:
        lost[(entry.slug, entry.metric, entry.source)].append(entry)
    won = Counter((entry.slug, entry.metric, entry.source) for entry in added)
    paired: set[int] = set()
    for entry in added:
        place = (entry.slug, entry.metric, entry.source)
        if entry.metric and won[place] == 1 and len(lost[place]) == 1 and lost[place][0].title != entry.title:
            (old,) = lost[place]
            renamed.append(Renamed(entry.panel_uuid, old.title, entry.title, entry.slug, inferred=True))
            paired |= {id(entry), id(old)}
    left = [tuple(entry for entry in entries if id(entry) not in paired) for entries in (added, removed)]
    return InventoryDiff(left[0], left[1], tuple(renamed))


def _by_identity(entries: Iterable[Entry]) -> dict[tuple[str, str], list[Entry]]:
    found: dict[tuple[str, str], list[Entry]] = defaultdict(list)
    for entry in entries:
        found[(entry.slug, entry.panel_uuid)].append(entry)
    return found


def _unequal(entries: list[Entry], others: list[Entry]) -> list[Entry]:
    """Return the entries that have no partner of the same title among the others."""
    if not others:
        return list(entries)
    titles = Counter(entry.title for entry in others)
    found = []
    for entry in entries:
        titles[entry.title] -= 1
        if titles[entry.title] < 0:
            found.append(entry)
    return found
