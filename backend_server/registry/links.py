"""The registry of links: handing out, changing, pausing, rotating, revoking, and the switch for all of them.

Every change is one transaction with its audit row, and holds from the next request on in every process: visitors' links
are remembered only as long as the change number stands.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from backend_server.documents.status import DocumentStatus
from backend_server.errors import Conflict, InvalidInput, NotFound
from backend_server.links import life
from backend_server.links.editing import LinkEdit, audit_details, past_problems
from backend_server.links.fields import refused_where_derived
from backend_server.links.link import FoundLink, Link, LinkProfile
from backend_server.links.options import LinkOptions
from backend_server.primitives.clock import epoch_ms
from backend_server.primitives.ids import Maker, dashboard_uid, new_slug, new_token
from backend_server.primitives.passwords import hash_password

from .link_directory import LinkDirectory, get_link
from .model import RegistryOptions
from .ports import ReadTransaction, Records
from .wanted_documents import needs_publication, readable_name

# The audit's name for the switch of all links.
ALL_LINKS = "all"


class LinkRegistry:
    """What people do with links; `directory` finds them. `on_action` receives the name of each audited action."""

    def __init__(
        self,
        records: Records,
        options: RegistryOptions,
        *,
        clock_ms: Callable[[], int] = epoch_ms,
        on_action: Callable[[str], None] = lambda action: None,
    ) -> None:
        self.directory = LinkDirectory(records, clock_ms=clock_ms)
        self._records = records
        self._options = options
        self._on_action = on_action

    def create(self, options: LinkOptions, by: str) -> FoundLink:
        """Create a link; raises NotFound (device, slot, document), Conflict (retired, slug taken, derived)."""
        if self._options.secret_key is not None:
            if refused := refused_where_derived(options.wanted):
                raise InvalidInput(refused)
            raise Conflict(
                "With LINK_TOKENS=derived there is only each device's own link: a lost database could not remember "
                "further ones. Set LINK_TOKENS=stored and keep the database to hand out more.",
                details={"link_tokens": "derived"},
            )
        # Hashing takes about 20 ms and would keep all other writers waiting.
        password_hash = hash_password(options.password.reveal()) if options.password else None
        with self._records.writing() as tx:
            if past := past_problems(options.expires_at, tx.now_ms):
                raise InvalidInput(past)
            document = _document(tx, options)
            link = Link(
                id=new_token(),
                token=new_token(),
                slug=options.slug or new_slug(readable_name(document.title, document.object_id)),
                maker=document.maker,
                slot=document.slot,
                object_id=document.object_id,
                document_uid=document.uid,
                profile=options.profile or LinkProfile(),
                password_hash=password_hash,
                **options.own_fields,
                created_by=by,
                created_at=tx.now_ms,
                updated_at=tx.now_ms,
            )
            if not needs_publication(tx.links.of_documents([document.uid]), document.uid):
                tx.publications.want({document.uid: True})
                tx.documents.touch([document.uid])
            tx.links.add([link])
            tx.audit.add(by, "link.create", "link", [link.id], {"document": document.uid, "label": link.label})
            links_on = tx.state().links_on
        self._on_action("link.create")
        return FoundLink(link, document.serving_state, document.title, links_on, own_refresh=document.refresh)

    def edit(self, token: str, edit: LinkEdit, by: str) -> FoundLink:
        """Change a link; what is left out stays. Raises NotFound, Gone, InvalidInput, Conflict (over, slug taken)."""
        if self._options.secret_key is not None and (refused := refused_where_derived(edit.wanted)):
            raise InvalidInput(refused)
        password_hash = hash_password(edit.password.reveal()) if edit.password else None

        def changed(link: Link, now: int) -> Link:
            life.check_not_over(link)
            return edit.apply(link, now, password_hash)

        return self._change(token, by, "link.edit", changed)

    def pause(self, token: str, by: str) -> FoundLink:
        """Pause a link until it is resumed; repeatable. Raises NotFound, Gone, Conflict when over."""
        return self._change(token, by, "link.pause", life.paused)

    def resume(self, token: str, by: str) -> FoundLink:
        """Resume a paused link; repeatable. Raises NotFound, Gone, Conflict when over."""
        return self._change(token, by, "link.resume", life.resumed)

    def rotate(self, token: str, by: str, *, grace_seconds: int = 0) -> FoundLink:
        """Replace a link's token; the slug stays, the old token is over after the grace, and so is any before it.

        Raises NotFound, Gone (this token was rotated out before), Conflict (over, or derived tokens).
        """
        if self._options.secret_key is not None:
            raise Conflict(
                "With LINK_TOKENS=derived a token follows from SECRET_KEY and the device, so it cannot be rotated. "
                "Another SECRET_KEY gives every link a new address; with LINK_TOKENS=stored and a kept database each "
                "can be rotated.",
                details={"link_tokens": "derived"},
            )
        with self._records.writing() as tx:
            found = get_link(tx, token)
            link = life.rotated(found.link, new_token(), tx.now_ms)
            tx.links.update([link])
            tx.links.keep_old_token(link.id, found.link.token, tx.now_ms + grace_seconds * 1000)
            tx.audit.add(by, "link.rotate", "link", [link.id], {"grace_seconds": grace_seconds})
        self._on_action("link.rotate")
        return replace(found, link=link)

    def revoke(self, token: str, by: str) -> FoundLink:
        """Revoke a link for good, from the next request on; repeatable. Raises NotFound, Gone.

        With derived tokens that lasts as long as the database: still better than a link that cannot be closed at all.
        """
        with self._records.writing() as tx:
            found = get_link(tx, token)
            if found.link.revoked_at is not None:
                tx.discard()
                return found
            link = replace(found.link, revoked_at=tx.now_ms, updated_at=tx.now_ms)
            tx.links.update([link])
            others = [other for other in tx.links.of_documents([link.document_uid]) if other.id != link.id]
            if not needs_publication(others, link.document_uid):
                tx.publications.want({link.document_uid: False})
                tx.documents.touch([link.document_uid])
            tx.audit.add(by, "link.revoke", "link", [link.id], {"document": link.document_uid})
        self._on_action("link.revoke")
        return replace(found, link=link)

    def switch(self, on: bool, by: str) -> bool:
        """Turn all links off, or on again as they were; returns whether that changed anything."""
        with self._records.writing() as tx:
            if tx.state().links_on is on:
                tx.discard()
                return False
            tx.links.switch_all(on)
            tx.audit.add(by, "links.on" if on else "links.off", "links", [ALL_LINKS], {})
        self._on_action("links.on" if on else "links.off")
        return True

    def _change(self, token: str, by: str, action: str, change: Callable[[Link, int], Link]) -> FoundLink:
        with self._records.writing() as tx:
            found = get_link(tx, token)
            link = change(found.link, tx.now_ms)
            if link is found.link:
                tx.discard()
                return found
            tx.links.update([link])
            tx.audit.add(by, action, "link", [link.id], audit_details(found.link, link))
        self._on_action(action)
        return replace(found, link=link)


def _document(tx: ReadTransaction, options: LinkOptions) -> DocumentStatus:
    """Return the document a new link is for; raises NotFound, Conflict when its device is retired."""
    if options.device is not None:
        record = tx.devices.find([options.device]).get(options.device)
        if record is None:
            raise NotFound(f"There is no device {options.device!r}.", details={"device": options.device})
        if record.retired_at is not None:
            raise Conflict(f"Device {options.device!r} is retired; revive it first.", details={"state": "retired"})
        uid: str = dashboard_uid(Maker.DEVICE, options.slot, options.device)
    else:
        assert options.document is not None
        uid = options.document
    document = tx.documents.find([uid]).get(uid)
    if document is None or not document.is_wanted:
        where = f"in slot {options.slot!r} of device {options.device!r}" if options.device else f"with uid {uid!r}"
        raise NotFound(f"There is no dashboard {where}.", details={"document": uid})
    return document
