"""Lists of links, page by page and counted by state, in two queries however many links there are."""

from __future__ import annotations

from typing import Protocol

from sqlalchemy import ColumnElement, Connection, and_, case, func, or_, select
from sqlalchemy import false as sql_false

from backend_server.documents.status import PROVEN_STATES, Wanted
from backend_server.links.link import FoundLink
from backend_server.links.state import LinkState
from backend_server.primitives.ids import Maker

from ..schema import documents, links, store
from .documents import document_state
from .links import found_links, found_of


class LinkQuery(Protocol):
    """What `registry.ports.LinkQuery` says."""

    @property
    def device(self) -> str | None: ...
    @property
    def document(self) -> str | None: ...
    @property
    def state(self) -> str | None: ...
    @property
    def search(self) -> str | None: ...
    @property
    def unseen_since(self) -> int | None: ...
    @property
    def page(self) -> int: ...
    @property
    def per_page(self) -> int: ...
    @property
    def now_ms(self) -> int: ...


def link_page(connection: Connection, query: LinkQuery, *, with_grafana: bool) -> tuple[list[FoundLink], int]:
    """Return the links of one page, the newest first, and how many there are in all."""
    conditions = _conditions(query, link_state_column(query.now_ms, with_grafana=with_grafana))
    counted = select(func.count()).select_from(links)
    counted = counted.outerjoin(documents, documents.c.uid == links.c.document_uid).where(*conditions)
    total = int(connection.execute(counted).scalar_one())
    wanted = (
        found_links(with_grafana=with_grafana)
        .where(*conditions)
        .order_by(links.c.created_at.desc(), links.c.id.desc())
        .limit(query.per_page)
        .offset((query.page - 1) * query.per_page)
    )
    return [found_of(row) for row in connection.execute(wanted).mappings()], total


def other_documents(connection: Connection, most: int) -> list[tuple[str, str]]:
    """Return `(uid, title)` of the first wanted documents that are no device's, by title."""
    wanted = (
        select(documents.c.uid, documents.c.title)
        .where(documents.c.maker != Maker.DEVICE.value, documents.c.wanted == Wanted.PRESENT)
        .order_by(documents.c.title, documents.c.uid)
        .limit(most)
    )
    return [(str(uid), str(title)) for uid, title in connection.execute(wanted)]


def count_links(connection: Connection, now_ms: int, *, with_grafana: bool) -> dict[str, int]:
    """Count links by state."""
    state = link_state_column(now_ms, with_grafana=with_grafana).label("state")
    counted = select(state, func.count()).select_from(links)
    counted = counted.outerjoin(documents, documents.c.uid == links.c.document_uid).group_by(state)
    return {str(found): int(count) for found, count in connection.execute(counted)}


def link_state_column(now_ms: int, *, with_grafana: bool) -> ColumnElement[str]:
    """Say `links.link.link_state` in SQL; a test holds the two together."""
    off = select(store.c.links_on).scalar_subquery() == sql_false()
    return case(
        (or_(links.c.revoked_at.is_not(None), links.c.suspended_at.is_not(None)), LinkState.REVOKED.value),
        (links.c.expires_at <= now_ms, LinkState.EXPIRED.value),
        (links.c.not_before > now_ms, LinkState.NOT_YET.value),
        (or_(links.c.paused_at.is_not(None), off), LinkState.PAUSED.value),
        (document_state(with_grafana=with_grafana).in_(sorted(PROVEN_STATES)), LinkState.LIVE.value),
        else_=LinkState.PENDING.value,
    )


def _conditions(query: LinkQuery, state: ColumnElement[str]) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if query.device is not None:
        found.append(and_(links.c.object_id == query.device, links.c.maker == Maker.DEVICE.value))
    if query.document is not None:
        found.append(links.c.document_uid == query.document)
    if query.state is not None:
        found.append(state == query.state)
    if query.search:
        looked_in = (links.c.label, links.c.slug, links.c.object_id, documents.c.title)
        found.append(or_(*(column.icontains(query.search, autoescape=True) for column in looked_in)))
    if query.unseen_since is not None:
        found.append(or_(links.c.last_seen_at.is_(None), links.c.last_seen_at < query.unseen_since))
        found.append(links.c.created_at < query.unseen_since)
        if query.state is None:
            found.append(state.not_in((LinkState.REVOKED, LinkState.EXPIRED)))
    return found
