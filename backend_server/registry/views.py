"""A device with its dashboards and links, and how answers show it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import orjson

from backend_server.devices.device import Device, DeviceState
from backend_server.devices.record import DeviceRecord
from backend_server.documents.status import DocumentState, DocumentStatus
from backend_server.links.link import FoundLink, Link
from backend_server.links.urls import embed_url, link_url, slug_url
from backend_server.primitives.clock import format_time

MAIN_SLOT = "main"
# Stands for the base address in a serialised answer; no value can contain it, since JSON escapes control characters.
_BASE = "\x00base\x00"
_BASE_IN_JSON = orjson.dumps(_BASE)[1:-1]


@dataclass(frozen=True, slots=True)
class DeviceView:
    """A device as it stands: the merged device, its record, its documents and all its links."""

    device: Device
    record: DeviceRecord
    state: DeviceState
    documents: tuple[DocumentStatus, ...]
    links: tuple[Link, ...]
    last_seen_at: int
    links_on: bool = True

    @property
    def link(self) -> Link | None:
        """The device's own link: the default one of slot `main`, unless that is not shared."""
        link = next((link for link in self.links if link.is_default and link.slot == MAIN_SLOT), None)
        if link is None or link.suspended_at is None:
            return link
        # With its device a link is suspended as well, and then told as what it is: over.
        return link if self.state is DeviceState.RETIRED and self.device.share != "false" else None

    def moves_by_itself(self, now_ms: int) -> bool:
        """Whether the hook's answer changes at some moment without anybody writing anything."""
        return self.link is not None and self.found(self.link).until(now_ms) is not None

    def found(self, link: Link) -> FoundLink:
        """Return one of the links with the state of its document."""
        document = next((one for one in self.documents if one.uid == link.document_uid), None)
        return FoundLink(
            link,
            document.serving_state if document else None,
            document.title if document else self.device.title,
            self.links_on,
            own_refresh=document.refresh if document else None,
        )

    def hook_json(self, base: str, now_ms: int) -> dict[str, object]:
        """Return the hook's answer; nothing in it changes unless the device, a document or a link does."""
        link = self.link
        return {
            "device": device_json(self),
            "dashboards": self.dashboards_json(),
            "link": short_link_json(self.found(link), base, now_ms) if link else None,
        }

    def full_json(self, base: str, now_ms: int) -> dict[str, object]:
        """Return the answer of `GET`: the hook's keys, what an operator set, when it was last seen, and every link."""
        answer = self.hook_json(base, now_ms)
        answer["device"] = {
            **device_json(self),
            "last_seen_at": format_ms(self.last_seen_at),
            "set_by_operator": dict(self.record.set_by_operator),
            "retired_at": None if self.record.retired_at is None else format_ms(self.record.retired_at),
            "retired_by": self.record.retired_by,
        }
        return answer

    def links_json(self, base: str, now_ms: int) -> list[dict[str, object]]:
        """Return every link, the device's own first."""
        ordered = sorted(self.links, key=lambda link: (link is not self.link, not link.is_default, link.created_at))
        return [link_json(self.found(link), base, now_ms) for link in ordered]

    def dashboards_json(self) -> list[dict[str, object]]:
        """Return the dashboards: slot, uid, title, state, and the reason of a failed one."""
        shown: list[dict[str, object]] = []
        for document in self.documents:
            if document.is_wanted or self.state is DeviceState.RETIRED:
                entry: dict[str, object] = {
                    "slot": document.slot,
                    "uid": document.uid,
                    "title": document.title,
                    "state": document.shown_state,
                }
                if document.state is DocumentState.FAILED:
                    entry["reason"] = document.reason
                shown.append(entry)
        return shown


def device_json(view: DeviceView) -> dict[str, object]:
    """Return the device itself; `share` is true, false or a profile's name."""
    device = view.device
    return {
        "id": device.id,
        "hostname": device.hostname,
        "kind": device.kind,
        "labels": dict(device.labels),
        "address": device.address,
        "share": {"true": True, "false": False}.get(device.share, device.share),
        "state": view.state.value,
        "created_at": format_ms(view.record.created_at),
        "updated_at": format_ms(view.record.updated_at),
    }


def short_link_json(found: FoundLink, base: str, now_ms: int) -> dict[str, object]:
    """Return a link as the hook's answer holds it."""
    link = found.link
    return {
        "url": link_url(base, link.token),
        "embed_url": embed_url(base, link, found.own_refresh),
        "token": link.token,
        "slug": link.slug,
        "state": found.state(now_ms).value,
    }


def link_json(found: FoundLink, base: str, now_ms: int) -> dict[str, object]:
    """Return a link as the links' routes answer it."""
    link = found.link
    return {
        "token": link.token,
        "slug": link.slug,
        "label": link.label,
        "url": link_url(base, link.token),
        "embed_url": embed_url(base, link, found.own_refresh),
        "slug_url": slug_url(base, link.slug),
        "state": found.state(now_ms).value,
        **link.points_at,
        "slot": link.slot,
        "document_uid": link.document_uid,
        "is_default": link.is_default,
        "profile": link.profile.as_json(),
        "not_before": _format(link.not_before),
        "expires_at": _format(link.expires_at),
        "has_password": link.password_hash is not None,
        "frame_ancestors": list(link.frame_ancestors),
        "created_by": link.created_by,
        "created_at": format_ms(link.created_at),
        "updated_at": format_ms(link.updated_at),
        "first_seen_at": _format(link.first_seen_at),
        "last_seen_at": _format(link.last_seen_at),
        "views": link.views,
    }


def answer_parts(view: DeviceView, now_ms: int) -> tuple[bytes, ...]:
    """Serialise the hook's answer as it stands in a batch, cut where the base address belongs: `base.join(parts)`."""
    answer: Mapping[str, object] = {"id": view.device.id, "status": 200, **view.hook_json(_BASE, now_ms)}
    return tuple(orjson.dumps(answer).split(_BASE_IN_JSON))


def base_in_json(base: str) -> bytes:
    """Return a base address as it stands inside a JSON text."""
    return orjson.dumps(base)[1:-1]


def format_ms(moment_ms: int) -> str:
    """Write epoch milliseconds as RFC 3339 in UTC."""
    return format_time(datetime.fromtimestamp(moment_ms / 1000, UTC))


def _format(moment_ms: int | None) -> str | None:
    return None if moment_ms is None else format_ms(moment_ms)
