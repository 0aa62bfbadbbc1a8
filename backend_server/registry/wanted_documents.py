"""What has to change so that exactly the wanted documents are there, with their links and publications.

One plan for every maker: the documents of a device, of the fleet, generated ones, packs. Pure: rows in, rows out;
`write_changes` writes them, and the worker finds the rows by their change number.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from backend_server.documents.status import ENDED_STATES, DocumentState, DocumentStatus, NewDocument, Wanted
from backend_server.links.derived import derived_slug, derived_token
from backend_server.links.link import Link, LinkProfile
from backend_server.links.publication import NewPublication
from backend_server.primitives.ids import LinkToken, Maker, Slug, new_slug, new_token
from backend_server.primitives.secret import Secret

from .ports import WriteTransaction


@dataclass(frozen=True, slots=True)
class WantedDocument:
    """A document that is to be there. `profile` is that of its default link, None when it is not shared by itself.

    `profile_before` is what it was until now: only another one is laid over what a person changed.
    """

    row: NewDocument
    profile: LinkProfile | None = None
    profile_before: LinkProfile | None = None


@dataclass(frozen=True, slots=True)
class DocumentSet:
    """Documents that have a row, with all links to them."""

    documents: Sequence[DocumentStatus] = ()
    links: Sequence[Link] = ()


@dataclass(frozen=True, slots=True)
class Occasion:
    """When and by whom something is planned; with a `secret_key` the ids of new rows are derived from it."""

    now_ms: int
    by: str
    secret_key: Secret | None = None


@dataclass(frozen=True, slots=True)
class WantedChanges:
    """The rows as they will be (`after`), and of them those to insert and those to update."""

    after: DocumentSet
    new_documents: Sequence[NewDocument]
    documents: Sequence[DocumentStatus]
    new_publications: Sequence[NewPublication]
    publications: Mapping[str, bool]
    new_links: Sequence[Link]
    links: Sequence[Link]


def plan_wanted(existing: DocumentSet, wanted: Sequence[WantedDocument], occasion: Occasion) -> WantedChanges:
    """Plan the changes after which exactly the wanted documents are there: add, refresh, or take down.

    Every link ends with its document and comes back with it, the same one.
    """
    by_uid = {document.row.uid: document for document in wanted}
    known = {document.uid for document in existing.documents}
    new_documents = [document.row for document in wanted if document.row.uid not in known]
    planned = [_planned(document, by_uid.get(document.uid)) for document in existing.documents]
    links = [_followed(link, by_uid.get(link.document_uid), occasion.now_ms) for link in existing.links]
    linked = {link.document_uid for link in links if link.is_default}
    new_links = [
        _default_link(document.row, document.profile, occasion)
        for document in wanted
        if document.profile is not None and document.row.uid not in linked
    ]
    after = DocumentSet(
        sorted([*planned, *(new.status() for new in new_documents)], key=lambda document: document.slot),
        [*links, *new_links],
    )
    public = {
        document.uid: document.is_wanted and needs_publication(after.links, document.uid)
        for document in after.documents
    }
    return WantedChanges(
        after=after,
        new_documents=new_documents,
        documents=[row for row, before in zip(planned, existing.documents, strict=True) if row is not before],
        new_publications=[_new_publication(new, public[new.uid], occasion) for new in new_documents],
        publications={uid: is_public for uid, is_public in public.items() if uid in known},
        new_links=new_links,
        links=[link for link, before in zip(links, existing.links, strict=True) if link is not before],
    )


def write_changes(tx: WriteTransaction, plans: Iterable[WantedChanges]) -> None:
    """Write planned changes, each kind of row in one statement."""
    plans = list(plans)
    tx.documents.add([row for plan in plans for row in plan.new_documents])
    tx.documents.update([row for plan in plans for row in plan.documents])
    tx.publications.add([row for plan in plans for row in plan.new_publications])
    tx.publications.want({uid: public for plan in plans for uid, public in plan.publications.items()})
    tx.links.add([row for plan in plans for row in plan.new_links])
    tx.links.update([row for plan in plans for row in plan.links])


def needs_publication(links: Iterable[Link], document_uid: str) -> bool:
    """Whether a document must be public: some link to it may still be used."""
    return any(
        link.document_uid == document_uid and link.revoked_at is None and link.suspended_at is None for link in links
    )


def _planned(document: DocumentStatus, wanted: WantedDocument | None) -> DocumentStatus:
    if wanted is None:
        if not document.is_wanted:
            return document
        return replace(document, wanted=Wanted.ABSENT, state=document.state.removed, reason=None, dirty=True)
    title = wanted.row.title
    if document.is_wanted and document.state not in ENDED_STATES:
        return replace(document, title=title, dirty=True)
    return replace(
        document,
        title=title,
        wanted=Wanted.PRESENT,
        state=DocumentState.PENDING,
        reason=None,
        dirty=True,
        # What was taken down is not proven any more; what failed is still served as it was before.
        proven=document.proven and document.is_wanted,
    )


def _followed(link: Link, wanted: WantedDocument | None, now_ms: int) -> Link:
    """Return the link brought in line with its document; a default link follows the document's own sharing too.

    A link that a person made is shared as long as that person wants it.
    """
    profile = wanted.profile if wanted is not None and link.is_default else link.profile
    if wanted is None or profile is None:
        after = replace(link, suspended_at=link.suspended_at or now_ms)
    else:
        is_as_before = profile == wanted.profile_before
        after = replace(link, suspended_at=None, profile=link.profile if is_as_before else profile)
    return link if after == link else replace(after, updated_at=now_ms)


def readable_name(title: str, object_id: str) -> str:
    """Return what a link's slug begins with: the title without the id that makes it unique."""
    return title.removesuffix(f" ({object_id})")


def _default_link(document: NewDocument, profile: LinkProfile, occasion: Occasion) -> Link:
    return Link(
        id=new_token(),
        token=_token(document, "link", occasion.secret_key),
        slug=_slug(document, occasion.secret_key),
        maker=document.maker,
        slot=document.slot,
        object_id=document.object_id,
        document_uid=document.uid,
        is_default=True,
        profile=profile,
        created_by=occasion.by,
        created_at=occasion.now_ms,
        updated_at=occasion.now_ms,
    )


def _new_publication(document: NewDocument, wanted: bool, occasion: Occasion) -> NewPublication:
    key = occasion.secret_key
    return NewPublication(
        document.uid, _token(document, "public-uid", key), _token(document, "public-token", key), wanted
    )


def _token(document: NewDocument, use: str, secret_key: Secret | None) -> LinkToken:
    if secret_key is None:
        return new_token()
    return derived_token(secret_key, Maker(document.maker), document.slot, document.object_id, use=use)


def _slug(document: NewDocument, secret_key: Secret | None) -> Slug:
    if secret_key is None:
        return new_slug(readable_name(document.title, document.object_id))
    return derived_slug(secret_key, Maker(document.maker), document.slot, document.object_id)
