"""The registry of links: handing out, changing, pausing, rotating, revoking, and the switch for all of them.

Every deed is one transaction with its audit row, and holds from the next request on in every process: visitors' links
are remembered only as long as the change number stands.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from backend_server.accounts.passwords import hash_password
from backend_server.documents.status import DocumentStatus
from backend_server.errors import Conflict, Gone, InvalidInput, NotFound
from backend_server.links import life
from backend_server.links.editing import LinkEdit, audit_details, past_problems
from backend_server.links.fields import refused_where_derived
from backend_server.links.link import FoundLink, Link
from backend_server.links.options import LinkOptions
from backend_server.links.profile import LinkProfile
from backend_server.links.state import LinkState
from backend_server.primitives.ids import Maker, dashboard_uid, is_link_token, new_slug, new_token

from .devices import now_ms
from .link_memory import LinkMemory
from .options import RegistryOptions
from .plan import needs_publication
from .ports import LinkQuery, Reading, Records, Writing

_DAY_MS = 86_400_000
# The audit's name for the switch of all links.
ALL_LINKS = "all"


@dataclass(frozen=True, slots=True)
class LinkPage:
    """One page of a list, and how many there are in all."""

    items: Sequence[FoundLink]
    total: int


class LinkRegistry:
    """Links by token and slug. What a visitor is met with is right as of the request, whoever changed it."""

    def __init__(
        self,
        records: Records,
        options: RegistryOptions,
        *,
        clock_ms: Callable[[], int] = now_ms,
        on_deed: Callable[[str], None] = lambda deed: None,
    ) -> None:
        self._records = records
        self._options = options
        self._clock_ms = clock_ms
        self._on_deed = on_deed
        self._memory = LinkMemory(records)

    # Reading

    def find(self, token: str) -> FoundLink | None:
        """Find the link of a visitor's token, usually from memory; `found.state(now)` says what it is worth."""
        return self._memory.find(token)

    def find_slug(self, slug: str) -> FoundLink | None:
        """Find the link of a slug, usually from memory."""
        return self._memory.find_slug(slug)

    def get(self, token: str) -> FoundLink:
        """Return a link with its counts, as the database has it; raises NotFound, or Gone for a token rotated out."""
        with self._records.reading() as reading:
            return _present(reading, token)

    def page(
        self,
        *,
        device: str | None = None,
        document: str | None = None,
        state: LinkState | None = None,
        search: str | None = None,
        unused_days: int | None = None,
        page: int = 1,
        per_page: int = 100,
    ) -> LinkPage:
        """Return one page of links, the newest first.

        `unused_days` keeps those that are not over and that no visitor has used for so many days; `search` looks in
        label, slug, device and title.
        """
        now = self._clock_ms()
        query = LinkQuery(
            device=device,
            document=document,
            state=None if state is None else state.value,
            search=search,
            unseen_since=None if unused_days is None else now - unused_days * _DAY_MS,
            page=page,
            per_page=per_page,
            now_ms=now,
        )
        with self._records.reading() as reading:
            return LinkPage(*reading.link_page(query))

    def standing(self) -> tuple[Mapping[str, int], bool]:
        """Return links counted by state, and whether they are on as a whole, in one snapshot."""
        with self._records.reading() as reading:
            return reading.count_links(self._clock_ms()), reading.state().links_on

    def other_documents(self, most: int) -> Sequence[tuple[str, str]]:
        """Return `(uid, title)` of the first documents besides devices' that a link may be made for, by title."""
        with self._records.reading() as reading:
            return reading.other_documents(most)

    # Deeds

    def create(self, options: LinkOptions, by: str) -> FoundLink:
        """Hand out a new link; raises NotFound (device, slot, document), Conflict (retired, slug taken, derived)."""
        if self._options.derives_tokens:
            if refused := refused_where_derived(options.wanted):
                raise InvalidInput(refused)
            raise Conflict(
                "With LINK_TOKENS=derived there is only each device's own link: a lost database could not remember "
                "further ones. Set LINK_TOKENS=stored and keep the database to hand out more.",
                details={"link_tokens": "derived"},
            )
        # Hashing takes about 20 ms and would keep all other writers waiting.
        password_hash = hash_password(options.password.reveal()) if options.password else None
        with self._records.writing() as write:
            if past := past_problems(options.expires_at, write.now_ms):
                raise InvalidInput(past)
            document = self._document(write, options)
            link = Link(
                id=new_token(),
                token=new_token(),
                slug=options.slug or new_slug(_readable(document)),
                maker=document.maker,
                slot=document.slot,
                object_id=document.object_id,
                document_uid=document.uid,
                profile=options.profile or LinkProfile(),
                password_hash=password_hash,
                **options.own_fields,
                created_by=by,
                created_at=write.now_ms,
                updated_at=write.now_ms,
            )
            if not needs_publication(write.links_to(document.uid), document.uid):
                write.set_publications({document.uid: True})
                write.touch_documents([document.uid])
            write.add_links([link])
            write.note(by, "link.create", "link", [link.id], {"document": document.uid, "label": link.label})
            links_on = write.state().links_on
        self._on_deed("link.create")
        return FoundLink(link, document.serving_state, document.title, links_on, own_refresh=document.refresh)

    def edit(self, token: str, edit: LinkEdit, by: str) -> FoundLink:
        """Change a link; what is left out stays. Raises NotFound, Gone, InvalidInput, Conflict (over, slug taken)."""
        if self._options.derives_tokens and (refused := refused_where_derived(edit.wanted)):
            raise InvalidInput(refused)
        password_hash = hash_password(edit.password.reveal()) if edit.password else None

        def changed(link: Link, now: int) -> Link:
            life.check_not_over(link)
            return edit.apply(link, now, password_hash)

        return self._deed(token, by, "link.edit", changed)

    def pause(self, token: str, by: str) -> FoundLink:
        """Hold a link until it is resumed; once more changes nothing. Raises NotFound, Gone, Conflict when over."""
        return self._deed(token, by, "link.pause", life.paused)

    def resume(self, token: str, by: str) -> FoundLink:
        """Let a paused link go on; once more changes nothing. Raises NotFound, Gone, Conflict when over."""
        return self._deed(token, by, "link.resume", life.resumed)

    def rotate(self, token: str, by: str, *, grace_seconds: int = 0) -> FoundLink:
        """Return a link a new token; the slug stays, the old token is over after the grace, and so is any before it.

        Raises NotFound, Gone (this token was rotated out before), Conflict (over, or derived tokens).
        """
        if self._options.derives_tokens:
            raise Conflict(
                "With LINK_TOKENS=derived a token follows from SECRET_KEY and the device, so it cannot be rotated. "
                "Another SECRET_KEY gives every link a new address; with LINK_TOKENS=stored and a kept database each "
                "can be rotated.",
                details={"link_tokens": "derived"},
            )
        with self._records.writing() as write:
            found = _present(write, token)
            link = life.rotated(found.link, new_token(), write.now_ms)
            write.update_links([link])
            write.keep_old_token(link.id, found.link.token, write.now_ms + grace_seconds * 1000)
            write.note(by, "link.rotate", "link", [link.id], {"grace_seconds": grace_seconds})
        self._on_deed("link.rotate")
        return replace(found, link=link)

    def revoke(self, token: str, by: str) -> FoundLink:
        """End a link for good, from the next request on; once more changes nothing. Raises NotFound, Gone.

        With derived tokens that lasts as long as the database: still better than a link that cannot be closed at all.
        """
        with self._records.writing() as write:
            found = _present(write, token)
            if found.link.revoked_at is not None:
                write.discard()
                return found
            link = replace(found.link, revoked_at=write.now_ms, updated_at=write.now_ms)
            write.update_links([link])
            others = [one for one in write.links_to(link.document_uid) if one.id != link.id]
            if not needs_publication(others, link.document_uid):
                write.set_publications({link.document_uid: False})
                write.touch_documents([link.document_uid])
            write.note(by, "link.revoke", "link", [link.id], {"document": link.document_uid})
        self._on_deed("link.revoke")
        return replace(found, link=link)

    def switch(self, on: bool, by: str) -> bool:
        """Turn all links off, or on again as they were; gives whether that changed anything."""
        with self._records.writing() as write:
            if write.state().links_on is on:
                write.discard()
                return False
            write.switch_links(on)
            write.note(by, "links.on" if on else "links.off", "links", [ALL_LINKS], {})
        self._on_deed("links.on" if on else "links.off")
        return True

    def _deed(self, token: str, by: str, action: str, change: Callable[[Link, int], Link]) -> FoundLink:
        with self._records.writing() as write:
            found = _present(write, token)
            link = change(found.link, write.now_ms)
            if link is found.link:
                write.discard()
                return found
            write.update_links([link])
            write.note(by, action, "link", [link.id], audit_details(found.link, link))
        self._on_deed(action)
        return replace(found, link=link)

    def _document(self, reading: Reading, options: LinkOptions) -> DocumentStatus:
        if options.device is not None:
            record = reading.devices([options.device]).get(options.device)
            if record is None:
                raise NotFound(f"There is no device {options.device!r}.", details={"device": options.device})
            if record.retired_at is not None:
                raise Conflict(f"Device {options.device!r} is retired; revive it first.", details={"state": "retired"})
            uid = dashboard_uid(Maker.DEVICE, options.slot, options.device)
        else:
            assert options.document is not None
            uid = options.document
        document = reading.document(uid)
        if document is None or not document.is_wanted:
            where = f"in slot {options.slot!r} of device {options.device!r}" if options.device else f"with uid {uid!r}"
            raise NotFound(f"There is no dashboard {where}.", details={"document": uid})
        return document


def _present(reading: Reading | Writing, token: str) -> FoundLink:
    found = reading.find_link(token) if is_link_token(token) else None
    if found is None:
        # The token is not repeated: it may be a good one with a typing error, and answers are logged.
        raise NotFound("There is no link with this token.")
    if found.rotated_out_at is not None:
        raise Gone(
            "This token was replaced by a rotation; the link goes on under another one. Find it by its slug.",
            details={"slug": found.link.slug},
        )
    return found


def _readable(document: DocumentStatus) -> str:
    return document.title.removesuffix(f" ({document.object_id})")
