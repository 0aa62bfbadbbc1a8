"""Rules of documents and links repeated in SQL, for lists and counts; tests compare each with its Python."""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, case, exists, or_, select
from sqlalchemy import false as sql_false

from backend_server.documents.status import PROVEN_STATES, DocumentState, Wanted
from backend_server.links.link import LinkState
from backend_server.links.publication import PublicationState

from ..schema import documents, links, publications, store

is_public = exists().where(
    publications.c.document_uid == documents.c.uid, publications.c.state == PublicationState.LIVE
)


def document_state(*, with_grafana: bool) -> ColumnElement[str]:
    """Return `DocumentStatus.serving_state`."""
    proven = or_(documents.c.loaded_hash.is_not(None), documents.c.state == DocumentState.LIVE)
    served = and_(documents.c.wanted == Wanted.PRESENT, proven)
    live, pending = DocumentState.LIVE.value, DocumentState.PENDING.value
    if with_grafana:
        return case((and_(served, is_public), live), (served, pending), else_=documents.c.state)
    return case((served, live), else_=documents.c.state)


def link_state(now_ms: int, *, with_grafana: bool) -> ColumnElement[str]:
    """Return `FoundLink.state`, rotation apart."""
    off = select(store.c.links_on).scalar_subquery() == sql_false()
    return case(
        (or_(links.c.revoked_at.is_not(None), links.c.suspended_at.is_not(None)), LinkState.REVOKED.value),
        (links.c.expires_at <= now_ms, LinkState.EXPIRED.value),
        (links.c.not_before > now_ms, LinkState.NOT_YET.value),
        (or_(links.c.paused_at.is_not(None), off), LinkState.PAUSED.value),
        (document_state(with_grafana=with_grafana).in_(sorted(PROVEN_STATES)), LinkState.LIVE.value),
        else_=LinkState.PENDING.value,
    )
