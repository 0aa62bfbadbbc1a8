"""Links as rows, with what hangs on them: tokens they had before, views by day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, bindparam, delete, exc, insert, select, update

from backend_server.documents.status import DocumentState
from backend_server.errors import Conflict
from backend_server.links.link import FoundLink, Link
from backend_server.links.profile import LinkProfile, parse_profile
from backend_server.primitives.ids import DashboardUid, LinkToken, Maker, Slug

from ..engine.store import Write
from ..schema import documents, links, old_link_tokens, store
from .documents import document_state

_PLAIN = tuple(column.name for column in links.c if column.name not in ("profile", "frame_ancestors", "change"))


def links_of_devices(connection: Connection, ids: Sequence[str]) -> dict[str, list[Link]]:
    """Return all links to devices' documents by device id, the oldest first."""
    found: dict[str, list[Link]] = defaultdict(list)
    rows = connection.execute(
        select(links)
        .where(links.c.object_id.in_(ids), links.c.maker == Maker.DEVICE.value)
        .order_by(links.c.created_at, links.c.id)
    )
    for row in rows.mappings():
        found[row["object_id"]].append(_link(row))
    return found


def links_to(connection: Connection, document_uid: str) -> list[Link]:
    """Return all links to one document, the oldest first."""
    rows = connection.execute(
        select(links).where(links.c.document_uid == document_uid).order_by(links.c.created_at, links.c.id)
    )
    return [_link(row) for row in rows.mappings()]


def find_by_token(connection: Connection, token: str, *, with_grafana: bool) -> FoundLink | None:
    """Find a link by its token, or by one it had before a rotation."""
    found = found_links(with_grafana=with_grafana)
    row = connection.execute(found.where(links.c.token == token)).mappings().one_or_none()
    if row is not None:
        return found_of(row, None)
    old = connection.execute(select(old_link_tokens).where(old_link_tokens.c.token == token)).mappings().one_or_none()
    if old is None:
        return None
    row = connection.execute(found.where(links.c.id == old["link_id"])).mappings().one()
    return found_of(row, int(old["good_until"]))


def find_by_slug(connection: Connection, slug: str, *, with_grafana: bool) -> FoundLink | None:
    """Find a link by its slug."""
    found = found_links(with_grafana=with_grafana).where(links.c.slug == slug)
    row = connection.execute(found).mappings().one_or_none()
    return None if row is None else found_of(row, None)


def add_links(write: Write, new: Sequence[Link]) -> None:
    """Insert links; raises Conflict when a slug is taken."""
    if not new:
        return
    try:
        write.connection.execute(insert(links), [_values(link, write.change) for link in new])
    except exc.IntegrityError as fault:
        raise _slug_taken(new[0]) from fault


def update_links(write: Write, changed: Sequence[Link]) -> None:
    """Write links that exist; views and last seen are counted elsewhere. Raises Conflict when a slug is taken."""
    if changed:
        apart = {"id", "maker", "slot", "object_id", "document_uid", "created_by", "created_at"}
        apart |= {"first_seen_at", "last_seen_at", "views"}
        written = [column for column in links.c if column.name not in apart]
        statement = (
            update(links)
            .where(links.c.id == bindparam("of_id"))
            .values({column.name: bindparam(column.name, type_=column.type) for column in written})
        )
        rows = [{"of_id": link.id, **_values(link, write.change)} for link in changed]
        kept = {"of_id", *(column.name for column in written)}
        try:
            write.connection.execute(statement, [{k: v for k, v in row.items() if k in kept} for row in rows])
        except exc.IntegrityError as fault:
            raise _slug_taken(changed[0]) from fault


def keep_old_token(write: Write, link_id: str, token: str, good_until: int) -> None:
    """Keep a token that was rotated out; those rotated out earlier do not outlive it."""
    older = (old_link_tokens.c.link_id == link_id) & (old_link_tokens.c.good_until > good_until)
    write.connection.execute(update(old_link_tokens).where(older).values(good_until=good_until))
    write.connection.execute(
        insert(old_link_tokens).values(token=token, link_id=link_id, good_until=good_until, rotated_at=write.now_ms)
    )


def delete_links_of(connection: Connection, device_ids: Sequence[str]) -> None:
    """Remove all links to devices' documents, and with them old tokens and views."""
    connection.execute(delete(links).where(links.c.object_id.in_(device_ids), links.c.maker == Maker.DEVICE.value))


def _slug_taken(link: Link) -> Conflict:
    return Conflict(
        f"The slug {link.slug!r} is taken by another link; choose another, or leave it out to have one made.",
        details={"slug": link.slug},
    )


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


def found_links(*, with_grafana: bool) -> Select[Any]:
    """Links, each with the state of its document and of the switch for all links, in one query."""
    return select(
        links,
        document_state(with_grafana=with_grafana).label("document_state"),
        documents.c.title.label("document_title"),
        documents.c.refresh.label("document_refresh"),
        select(store.c.links_on).scalar_subquery().label("links_on"),
    ).outerjoin(documents, documents.c.uid == links.c.document_uid)


def found_of(row: RowMapping, rotated_out_at: int | None = None) -> FoundLink:
    """Make a found link of a row of `found_links()`."""
    return FoundLink(
        _link(row),
        DocumentState(row["document_state"]) if row["document_state"] else None,
        row["document_title"] or "",
        bool(row["links_on"]),
        rotated_out_at,
        row["document_refresh"],
    )
