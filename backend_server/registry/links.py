"""The registry of links: handing out, finding for a visitor, revoking."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from backend_server.documents.status import DocumentStatus
from backend_server.errors import Conflict, NotFound
from backend_server.links.link import FoundLink, Link
from backend_server.links.options import LinkOptions
from backend_server.links.profile import LinkProfile
from backend_server.links.state import LinkState
from backend_server.primitives.ids import Maker, dashboard_uid, is_link_token, new_slug, new_token

from .devices import now_ms
from .guard import Guard
from .options import RegistryOptions
from .plan import needs_publication
from .ports import LinkQuery, Reading, Records

_MOST_REMEMBERED = 100_000


class LinkRegistry:
    """Links by token and slug. What a visitor is met with is right as of the request, whoever changed it."""

    def __init__(self, records: Records, options: RegistryOptions, *, clock_ms: Callable[[], int] = now_ms) -> None:
        self._records = records
        self._options = options
        self._clock_ms = clock_ms
        self._by_token: dict[str, FoundLink] = {}
        self._by_slug: dict[str, FoundLink] = {}
        self._keys: dict[tuple[str, str], set[tuple[str, str]]] = {}
        self._guard = Guard(records, self._forget, self._forget_all)

    def find(self, token: str) -> FoundLink | None:
        """Find the link of a visitor's token, usually from memory; `found.state(now)` says what it is worth."""
        if not is_link_token(token):
            return None
        self._guard.check()
        found = self._by_token.get(token)
        return found or self._load(lambda reading: reading.find_link(token), token, "")

    def find_slug(self, slug: str) -> FoundLink | None:
        """Find the link of a slug, usually from memory."""
        if not 0 < len(slug) <= 64:
            return None
        self._guard.check()
        found = self._by_slug.get(slug)
        return found or self._load(lambda reading: reading.find_slug(slug), "", slug)

    def get(self, token: str) -> FoundLink:
        """Give a link with its counts, as the database has it; raises NotFound."""
        with self._records.reading() as reading:
            found = reading.find_link(token) if is_link_token(token) else None
        if found is None or found.rotated_out_at is not None:
            raise _unknown()
        return found

    def list(
        self,
        *,
        device: str | None = None,
        document: str | None = None,
        state: LinkState | None = None,
        unused_days: int | None = None,
    ) -> Sequence[FoundLink]:
        """Give links, the oldest first; `unused_days` keeps those that no visitor has used for so many days."""
        now = self._clock_ms()
        since = None if unused_days is None else now - unused_days * 86_400_000
        with self._records.reading() as reading:
            found = reading.find_links(LinkQuery(device, document, since))
        return [one for one in found if state is None or one.state(now) is state]

    def create(self, options: LinkOptions, by: str) -> FoundLink:
        """Hand out a new link; raises NotFound (device, slot, document), Conflict (retired, slug taken)."""
        with self._records.writing() as write:
            document = self._document(write, options)
            link = Link(
                id=new_token(),
                token=new_token(),
                slug=options.slug or new_slug(_readable(write, document)),
                maker=document.maker,
                slot=document.slot,
                object_id=document.object_id,
                document_uid=document.uid,
                label=options.label,
                profile=options.profile or LinkProfile(),
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
        return FoundLink(link, document.serving_state, document.title, links_on)

    def revoke(self, token: str, by: str) -> FoundLink:
        """End a link for good, from the next request on; once more changes nothing. Raises NotFound."""
        with self._records.writing() as write:
            found = write.find_link(token) if is_link_token(token) else None
            if found is None or found.rotated_out_at is not None:
                raise _unknown()
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
        if document is None or document.wanted != "present":
            where = f"in slot {options.slot!r} of device {options.device!r}" if options.device else f"with uid {uid!r}"
            raise NotFound(f"There is no dashboard {where}.", details={"document": uid})
        return document

    def _load(self, ask: Callable[[Reading], FoundLink | None], token: str, slug: str) -> FoundLink | None:
        with self._records.reading() as reading:
            found, snapshot = ask(reading), reading.state().change
        if found is None:
            return None
        with self._guard.lock:
            if self._guard.may_keep(snapshot):
                if len(self._by_token) + len(self._by_slug) >= _MOST_REMEMBERED:
                    self._forget_all()
                if token:
                    self._by_token[token] = found
                else:
                    self._by_slug[slug] = found
                self._keys.setdefault((found.link.maker, found.link.object_id), set()).add((token, slug))
        return found

    def _forget(self, changed: Sequence[tuple[str, str]]) -> None:
        for key in changed:
            for token, slug in self._keys.pop(key, ()):
                self._by_token.pop(token, None)
                self._by_slug.pop(slug, None)

    def _forget_all(self) -> None:
        self._by_token, self._by_slug, self._keys = {}, {}, {}


def _unknown() -> NotFound:
    # The token is not repeated: it may be a good one with a typing error, and answers are logged.
    return NotFound("There is no link with this token.")


def _readable(reading: Reading, document: DocumentStatus) -> str:
    return document.title.removesuffix(f" ({document.object_id})")
