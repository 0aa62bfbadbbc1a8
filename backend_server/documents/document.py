"""A dashboard document: canonical bytes that carry their own content hash, to compare with what Grafana holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from backend_server.primitives.canonical_json import canonical_bytes, content_hash
from backend_server.primitives.ids import DashboardUid, Maker

STAMP_KEY = "dashwright"


@dataclass(frozen=True, slots=True)
class Document:
    """A finished dashboard: `body` is canonical JSON with the stamp inside, `content` the hash the stamp names."""

    uid: DashboardUid
    title: str
    body: bytes
    content: str
    maker: Maker
    slot: str
    object_id: str


def stamp(dashboard: Mapping[str, object], maker: Maker, slot: str, object_id: str) -> Document:
    """Return the document of a dashboard that has its `uid` and `title`.

    The stamp is the top-level key `dashwright`: `{"content", "maker", "object", "slot"}`, with `content` the hash of
    the canonical bytes in which `content` is empty. Grafana keeps unknown top-level keys, so reading a dashboard back
    and comparing `content_of` proves what it has loaded.
    """
    marked = {**dashboard, STAMP_KEY: {"content": "", "maker": maker.value, "object": object_id, "slot": slot}}
    content = content_hash(canonical_bytes(marked))
    marked[STAMP_KEY] = {"content": content, "maker": maker.value, "object": object_id, "slot": slot}
    return Document(
        uid=DashboardUid(str(dashboard["uid"])),
        title=str(dashboard["title"]),
        body=canonical_bytes(marked),
        content=content,
        maker=maker,
        slot=slot,
        object_id=object_id,
    )


def content_of(dashboard: Mapping[str, object]) -> str | None:
    """Read the content hash a dashboard carries; None for one that is not ours."""
    found = dashboard.get(STAMP_KEY)
    content = found.get("content") if isinstance(found, Mapping) else None
    return content if isinstance(content, str) else None


def is_intact(dashboard: Mapping[str, object]) -> bool:
    """Whether a stamped dashboard still is what its stamp says: nothing was changed since it was made."""
    found = dashboard.get(STAMP_KEY)
    if not isinstance(found, Mapping):
        return False
    emptied = {**dashboard, STAMP_KEY: {**found, "content": ""}}
    return content_hash(canonical_bytes(emptied)) == found.get("content")
