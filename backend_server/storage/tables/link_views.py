"""Views and refusals of links, added up by link and by day (UTC); fits `viewing.ports.ViewStore`."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, bindparam, case, func, insert, or_, select, update

from backend_server.primitives.chunks import chunks
from backend_server.primitives.clock import format_day
from backend_server.viewing.model import Hits

from ..engine.store import Store
from ..schema import link_views, links


class SqlViews:
    """Counts as rows; no memory depends on them, so the change number stays."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def add_views(self, hits: Mapping[str, Hits]) -> None:
        """Add to the counts of each link id, in one write; links that are gone meanwhile are left out."""
        with self._store.write(moves=False) as write:
            for part in chunks(sorted(hits)):
                existing = list(write.connection.execute(select(links.c.id).where(links.c.id.in_(part))).scalars())
                _add_to_links(write.connection, {link_id: hits[link_id] for link_id in existing})
                _add_to_days(write.connection, {link_id: hits[link_id] for link_id in existing}, write.now_ms)


def _add_to_links(connection: Connection, hits: Mapping[str, Hits]) -> None:
    rows = [
        {"of_id": link_id, "more": hit.views, "seen_at": hit.last_seen_ms} for link_id, hit in hits.items() if hit.views
    ]
    if not rows:
        return
    seen_at = bindparam("seen_at", type_=links.c.last_seen_at.type)
    is_newer = or_(links.c.last_seen_at.is_(None), links.c.last_seen_at < seen_at)
    connection.execute(
        update(links)
        .where(links.c.id == bindparam("of_id"))
        .values(
            views=links.c.views + bindparam("more", type_=links.c.views.type),
            last_seen_at=case((is_newer, seen_at), else_=links.c.last_seen_at),
            first_seen_at=func.coalesce(links.c.first_seen_at, seen_at),
        ),
        rows,
    )


def _add_to_days(connection: Connection, hits: Mapping[str, Hits], now_ms: int) -> None:
    """Read, add, write: writers queue, so nobody adds in between."""
    days = {link_id: format_day(hit.last_seen_ms or now_ms) for link_id, hit in hits.items()}
    known = {
        (row.link_id, row.day): (int(row.views), dict(row.refused))
        for row in connection.execute(
            select(link_views).where(
                link_views.c.link_id.in_(list(hits)), link_views.c.day.in_(sorted(set(days.values())))
            )
        )
    }
    new, more = [], []
    for link_id, hit in hits.items():
        day = days[link_id]
        views, refused = known.get((link_id, day), (0, {}))
        for reason, count in hit.refused.items():
            refused[reason] = int(refused.get(reason, 0)) + count
        if (link_id, day) in known:
            more.append({"of_link": link_id, "of_day": day, "all_views": views + hit.views, "all_refused": refused})
        else:
            new.append({"link_id": link_id, "day": day, "views": hit.views, "refused": refused})
    if new:
        connection.execute(insert(link_views), new)
    if more:
        connection.execute(
            update(link_views)
            .where(link_views.c.link_id == bindparam("of_link"), link_views.c.day == bindparam("of_day"))
            .values(
                views=bindparam("all_views", type_=link_views.c.views.type),
                refused=bindparam("all_refused", type_=link_views.c.refused.type),
            ),
            more,
        )
