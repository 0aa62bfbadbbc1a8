"""Devices in the API's words: the hook's answer, what `GET` answers, and how an answer is cut for the hook's cache."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import orjson

from backend_server.devices.device import DeviceState
from backend_server.documents.status import DocumentState
from backend_server.links import FoundLink, embed_url, link_url
from backend_server.primitives.clock import format_ms
from backend_server.registry import DeviceView

from ..links.present import link_json

# Stands for the base address in a serialised answer; no value can contain it, since JSON escapes control characters.
_BASE = "\x00base\x00"
_BASE_IN_JSON = orjson.dumps(_BASE)[1:-1]


def hook_json(view: DeviceView, base: str, now_ms: int) -> dict[str, object]:
    """Return the hook's answer; nothing in it changes unless the device, a document or a link does."""
    link = view.link
    return {
        "device": _device_json(view),
        "dashboards": dashboards_json(view),
        "link": _short_link_json(view.found(link), base, now_ms) if link else None,
    }


def full_json(view: DeviceView, base: str, now_ms: int) -> dict[str, object]:
    """Return the answer of `GET`: the hook's keys, what an operator set, and when the device was last seen."""
    answer = hook_json(view, base, now_ms)
    answer["device"] = {
        **_device_json(view),
        "last_seen_at": format_ms(view.last_seen_at),
        "set_by_operator": dict(view.record.set_by_operator),
        "retired_at": format_ms(view.record.retired_at),
        "retired_by": view.record.retired_by,
    }
    return answer


def links_json(view: DeviceView, base: str, now_ms: int) -> list[dict[str, object]]:
    """Return every link to a device, its own first."""
    ordered = sorted(view.links, key=lambda link: (link is not view.link, not link.is_default, link.created_at))
    return [link_json(view.found(link), base, now_ms) for link in ordered]


def dashboards_json(view: DeviceView) -> list[dict[str, object]]:
    """Return the dashboards: slot, uid, title, state, and the reason of a failed one."""
    shown: list[dict[str, object]] = []
    for document in view.documents:
        if document.is_wanted or view.state is DeviceState.RETIRED:
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


def answer_parts(view: DeviceView, now_ms: int) -> tuple[bytes, ...]:
    """Serialise the hook's answer as it stands in a batch, cut where the base address belongs: `base.join(parts)`."""
    answer: Mapping[str, object] = {"id": view.device.id, "status": 200, **hook_json(view, _BASE, now_ms)}
    return tuple(orjson.dumps(answer).split(_BASE_IN_JSON))


@lru_cache(maxsize=64)
def base_in_json(base: str) -> bytes:
    """Return a base address as it stands inside a JSON text."""
    return orjson.dumps(base)[1:-1]


def _device_json(view: DeviceView) -> dict[str, object]:
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


def _short_link_json(found: FoundLink, base: str, now_ms: int) -> dict[str, object]:
    """Return a link as the hook's answer holds it."""
    link = found.link
    return {
        "url": link_url(base, link.token),
        "embed_url": embed_url(base, link, found.own_refresh),
        "token": link.token,
        "slug": link.slug,
        "state": found.state(now_ms).value,
    }
