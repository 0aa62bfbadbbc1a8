"""Documents of one title in one folder: Grafana would save neither, so the later one waits until the title is free."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from pathlib import PurePosixPath

from backend_server.documents.status import LOOK_AGAIN
from backend_server.primitives.ids import PACKS, Maker

from ..model import DocumentRow, RowUpdate
from ..ports import DocumentRecord, Titles
from .fill import Filled, last_good

_BEGIN = "Another dashboard, "
_HOLDER = re.compile(re.escape(_BEGIN) + r"([A-Za-z0-9_-]+), has its title ")


def taken_words(holder: str, title: str) -> str:
    """Return why a document waits: `holder` is the uid of the one that has its title."""
    return f"{_BEGIN}{holder}, has its title {title!r}; Grafana would save neither."


def without_duplicates(
    titles: Titles, by_uid: Mapping[str, DocumentRow], filled: Mapping[str, Filled]
) -> dict[str, Filled]:
    """Quarantine a document whose title another one bears in its folder: Grafana would stop writing both."""
    fresh = {
        uid: document.wanted
        for uid, document in filled.items()
        if document.wanted is not None and document.document is not None
    }
    bearers: dict[tuple[str, str], dict[str, str]] = {}
    for title, places in titles.bearers({wanted.title for wanted in fresh.values()}).items():
        for uid, file, object_id in places:
            if uid not in fresh or fresh[uid].title == title:
                bearers.setdefault((folder_of(file), title), {})[uid] = object_id
    result = dict(filled)
    for uid in sorted(fresh):
        wanted = fresh[uid]
        place = bearers.setdefault((folder_of(wanted.file), wanted.title), {})
        mine = by_uid[uid].object_id if by_uid[uid].maker == Maker.DEVICE.value else ""
        # The slots of one device have titles of their own by the template's rules; the record may lag behind.
        others = [other for other, whose in place.items() if other != uid and (not mine or whose != mine)]
        if others:
            result[uid] = last_good(by_uid[uid], taken_words(min(others), wanted.title))
            place.pop(uid, None)
        else:
            place[uid] = mine
    return result


def wake_waiting(
    documents: DocumentRecord,
    titles: Titles,
    filled: Mapping[str, Filled],
    *,
    written: Collection[str],
    gone: Collection[str],
) -> None:
    """Mark documents whose title may be free now: the one that had it was written under another, or went.

    A second pass over the same writes nothing: whoever still has the title keeps the others waiting.
    """
    freed = {*written, *gone}
    if not freed:
        return
    updates = []
    for row in titles.failed_because(_BEGIN):
        found = _HOLDER.match(row.reason or "")
        holder = found[1] if found else ""
        wanted = filled[holder].wanted if holder in written else None
        if holder in freed and (wanted is None or row.reason != taken_words(holder, wanted.title)):
            updates.append(RowUpdate(row.uid, row.change, {}, LOOK_AGAIN))
    documents.update(updates)


def folder_of(file: str) -> str:
    """Name the Grafana folder a file's dashboard lies in; all shards share the root."""
    path = PurePosixPath(file)
    return path.parent.name if path.parts[0] == PACKS else ""
