"""Links as rows, with what hangs on them: tokens they had before, views by day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    Select,
    and_,
    bindparam,
    delete,
    exc,
    func,
    insert,
    or_,
    select,
    update,
)

from backend_server.documents.status import DocumentState
from backend_server.errors import Conflict
from backend_server.links.link import FoundLink, Link, LinkProfile, LinkState
from backend_server.links.profile import parse_profile
from backend_server.primitives.ids import DashboardUid, LinkToken, Maker, Slug
from backend_server.registry.model import LinkQuery

from ..engine.store import Write
from ..schema import documents, links, old_link_tokens, store
from .states import document_state, link_state

_PLAIN = tuple(column.name for column in links.c if column.name not in ("profile", "frame_ancestors", "change"))
_FIXED = frozenset({"id", "maker", "slot", "object_id", "document_uid", "created_by", "created_at"})
_COUNTED = frozenset({"first_seen_at", "last_seen_at", "views"})
_WRITTEN = tuple(column.name for column in links.c if column.name not in _FIXED | _COUNTED)


class LinkRows:
    """The links of one snapshot; fits `registry.ports.ReadLinks`.

    `with_grafana`: what visitors see waits for its public dashboard.
    """

    def __init__(self, connection: Connection, *, with_grafana: bool) -> None:
        self._connection = connection
        self._with_grafana = with_grafana

    def find(self, token: str) -> FoundLink | None:
        """Find a link by its token, or by one it had before a rotation."""
        row = self._connection.execute(self._found().where(links.c.token == token)).mappings().one_or_none()
        if row is not None:
            return _found_link(row)
        was = select(old_link_tokens).where(old_link_tokens.c.token == token)
        old = self._connection.execute(was).mappings().one_or_none()
        if old is None:
            return None
        row = self._connection.execute(self._found().where(links.c.id == old["link_id"])).mappings().one()
        return _found_link(row, int(old["good_until"]))

    def find_slug(self, slug: str) -> FoundLink | None:
        """Find a link by its slug."""
        row = self._connection.execute(self._found().where(links.c.slug == slug)).mappings().one_or_none()
        return None if row is None else _found_link(row)

    def of_devices(self, ids: Sequence[str]) -> dict[str, list[Link]]:
        """Return all links to devices' documents by device id, the oldest first."""
        found: dict[str, list[Link]] = defaultdict(list)
        wanted = select(links).where(links.c.object_id.in_(ids), links.c.maker == Maker.DEVICE.value)
        for row in self._connection.execute(wanted.order_by(links.c.created_at, links.c.id)).mappings():
            found[row["object_id"]].append(_link(row))
        return found

    def of_documents(self, uids: Sequence[str]) -> list[Link]:
        """Return all links to some documents, the oldest first."""
        wanted = select(links).where(links.c.document_uid.in_(uids)).order_by(links.c.created_at, links.c.id)
        return [_link(row) for row in self._connection.execute(wanted).mappings()]

    def page(self, query: LinkQuery) -> tuple[list[FoundLink], int]:
        """Return the links of one page, the newest first, and how many there are in all; in two queries."""
        conditions = list(_conditions(query, link_state(query.now_ms, with_grafana=self._with_grafana)))
        total = self._connection.execute(_with_documents(func.count()).where(*conditions)).scalar_one()
        wanted = (
            self._found()
            .where(*conditions)
            .order_by(links.c.created_at.desc(), links.c.id.desc())
            .limit(query.per_page)
            .offset((query.page - 1) * query.per_page)
        )
        return [_found_link(row) for row in self._connection.execute(wanted).mappings()], int(total)

    def count(self, now_ms: int) -> dict[str, int]:
        """Count links by state."""
        state = link_state(now_ms, with_grafana=self._with_grafana).label("state")
        rows = self._connection.execute(_with_documents(state, func.count()).group_by(state))
        return {str(name): int(count) for name, count in rows}

    def _found(self) -> Select[Any]:
        """Links, each with the state of its document and of the switch for all links, in one query."""
        return _with_documents(
            links,
            document_state(with_grafana=self._with_grafana).label("document_state"),
            documents.c.title.label("document_title"),
            documents.c.refresh.label("document_refresh"),
            select(store.c.links_on).scalar_subquery().label("links_on"),
        )


class LinkTable(LinkRows):
    """The links in a write; fits `registry.ports.WriteLinks`."""

    def __init__(self, write: Write, *, with_grafana: bool) -> None:
        super().__init__(write.connection, with_grafana=with_grafana)
        self._write = write

    def add(self, new: Sequence[Link]) -> None:
        """Insert links; raises Conflict when a slug is taken."""
        if new:
            with _slug_taken(new[0]):
                self._connection.execute(insert(links), [_values(link, self._write.change) for link in new])

    def update(self, changed: Sequence[Link]) -> None:
        """Write links that exist; views and last seen are counted elsewhere. Raises Conflict when a slug is taken."""
        if not changed:
            return
        statement = (
            update(links)
            .where(links.c.id == bindparam("of_id"))
            .values({name: bindparam(name, type_=links.c[name].type) for name in _WRITTEN})
        )
        values = [(link.id, _values(link, self._write.change)) for link in changed]
        rows = [{"of_id": link_id, **{name: row[name] for name in _WRITTEN}} for link_id, row in values]
        with _slug_taken(changed[0]):
            self._connection.execute(statement, rows)

    def keep_old_token(self, link_id: str, token: str, good_until: int) -> None:
        """Keep a token that was rotated out; those rotated out earlier do not outlive it."""
        older = (old_link_tokens.c.link_id == link_id) & (old_link_tokens.c.good_until > good_until)
        self._connection.execute(update(old_link_tokens).where(older).values(good_until=good_until))
        self._connection.execute(
            insert(old_link_tokens).values(
                token=token, link_id=link_id, good_until=good_until, rotated_at=self._write.now_ms
            )
        )

    def switch_all(self, on: bool) -> None:
        """Turn all links on or off."""
        self._connection.execute(update(store).values(links_on=on))


def delete_links_of(connection: Connection, device_ids: Sequence[str]) -> None:
    """Remove all links to devices' documents, and with them old tokens and views."""
    connection.execute(delete(links).where(links.c.object_id.in_(device_ids), links.c.maker == Maker.DEVICE.value))


@contextmanager
def _slug_taken(link: Link) -> Iterator[None]:
    try:
        yield
    except exc.IntegrityError as fault:
        raise Conflict(
            f"The slug {link.slug!r} is taken by another link; choose another, or leave it out to have one made.",
            details={"slug": link.slug},
        ) from fault


def _with_documents(*columns: Any) -> Select[Any]:
    return select(*columns).select_from(links.outerjoin(documents, documents.c.uid == links.c.document_uid))


def _conditions(query: LinkQuery, state: ColumnElement[str]) -> Iterator[ColumnElement[bool]]:
    if query.device is not None:
        yield and_(links.c.object_id == query.device, links.c.maker == Maker.DEVICE.value)
    if query.document is not None:
        yield links.c.document_uid == query.document
    if query.state is not None:
        yield state == query.state
    if query.search:
        looked_in = (links.c.label, links.c.note, links.c.slug, links.c.object_id, documents.c.title)
        yield or_(*(column.icontains(query.search, autoescape=True) for column in looked_in))
    if query.unseen_since is not None:
        yield or_(links.c.last_seen_at.is_(None), links.c.last_seen_at < query.unseen_since)
        yield links.c.created_at < query.unseen_since
        if query.state is None:
            yield state.not_in((LinkState.REVOKED, LinkState.EXPIRED))


def _values(link: Link, change: int) -> dict[str, object]:
    return {
        **{name: getattr(link, name) for name in _PLAIN},
        "profile": link.profile.as_json(),
        "frame_ancestors": list(link.frame_ancestors),
        "change": change,
    }


def _link(row: RowMapping) -> Link:
    values = {name: row[name] for name in _PLAIN}
    values["token"], values["slug"] = LinkToken(row["token"]), Slug(row["slug"])
    values["document_uid"] = DashboardUid(row["document_uid"])
    profile: LinkProfile = parse_profile(row["profile"])
    return Link(**values, profile=profile, frame_ancestors=tuple(row["frame_ancestors"]))


def _found_link(row: RowMapping, rotated_out_at: int | None = None) -> FoundLink:
    return FoundLink(
        _link(row),
        DocumentState(row["document_state"]) if row["document_state"] else None,
        row["document_title"] or "",
        bool(row["links_on"]),
        rotated_out_at,
        row["document_refresh"],
    )
