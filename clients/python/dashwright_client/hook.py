"""The hook: remembers what the service was told, and tells it only what changed.

`ensure` compares the device with the remembered copy and returns; everything that talks is in one background thread.
"""

from __future__ import annotations

import copy
import itertools
import logging
import os
import socket
import threading
import time
from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import Any, NamedTuple

from .transport import Refused, Transport, Unreachable

_log = logging.getLogger("dashwright_client")

_IDLE_BEATS = 3
_FIRST_DELAY_SECONDS, _LONGEST_DELAY_SECONDS = 0.25, 5.0


class Link(NamedTuple):
    """Where a device's dashboard can be seen; `embed_url` goes into an iframe as it is."""

    url: str
    embed_url: str
    token: str
    slug: str
    state: str


class _Known:
    """What the host last said of a device, and what the service answered."""

    __slots__ = ("accepted", "ask_again_at", "ask_again_delay", "device", "error", "idle_beats", "link")

    def __init__(self, device: dict[str, Any]) -> None:
        self.device = device
        self.link: Link | None = None
        self.error: str | None = None
        self.accepted = False
        self.idle_beats = 0  # heartbeats since the host last named the device
        self.ask_again_at: float | None = None
        self.ask_again_delay = 1.0


class DashboardHook:
    """Makes sure that every device has its dashboard. Safe to share between threads; close it at the end."""

    def __init__(
        self,
        url: str,
        token: str | None = None,
        *,
        client: str | None = None,
        batch_size: int = 1000,
        batch_window_seconds: float = 0.05,
        heartbeat_seconds: float = 30.0,
        timeout_seconds: float = 30.0,
        queue_limit: int = 100_000,
    ) -> None:
        """`url` is the service's address, `token` an API token, `client` this host's name in its heartbeat.

        Changes within `batch_window_seconds` share one call of at most `batch_size` devices. Raises ValueError for a
        `url`, `token` or `client` that cannot be sent.
        """
        # Found here, since the thread that would stumble over it could tell nobody.
        if token and not _is_sendable(token):
            raise ValueError(
                "token holds characters no API token has (printable ASCII only, without spaces); give the whole token "
                'as `dashwright token create` showed it, e.g. token=os.environ["API_TOKEN"]'
            )
        if client and not _is_sendable(client.replace(" ", "")):
            raise ValueError(f"client is {client!r}; it goes into a header, so use printable ASCII only")
        name = client or f"{socket.gethostname()}-{os.getpid()}"
        self._transport = Transport(url, token, timeout_seconds, {"X-Dashwright-Client": name})
        self._batch_size = self._batch_now = min(batch_size, 10_000)
        self._batch_window_seconds = batch_window_seconds
        self._heartbeat_seconds = heartbeat_seconds
        self._queue_limit = queue_limit
        self._known: dict[str, _Known] = {}
        self._waiting: dict[str, None] = {}  # ids to send, oldest first; the state is read when it is sent
        self._settling: set[str] = set()  # ids whose link the service has not proven live yet
        self._epoch: str | None = None
        self._busy = False
        self._closed = False
        self._change = threading.Condition()
        self._thread: threading.Thread | None = None

    def ensure(self, device: Mapping[str, Any]) -> Link | None:
        """Say that a device is there, with all the host knows of it; gives its link, or None while there is none yet.

        Keys as in `PUT /api/devices/{id}`, and `id`. Never waits; raises ValueError for a device without an id.
        """
        # This is the whole cost of an unchanged device: a look-up and a comparison that stops at identical objects.
        try:
            known = self._known.get(device["id"])
        except (KeyError, TypeError):
            raise _no_id(device) from None
        if known is not None and known.device == device:
            known.idle_beats = 0
            return known.link
        return self._changed(device, known)

    def ensure_many(self, devices: Iterable[Mapping[str, Any]]) -> list[Link | None]:
        """Do `ensure` for each device, in order."""
        return [self.ensure(device) for device in devices]

    @property
    def links(self) -> dict[str, Link]:
        """Every link known so far, by device id."""
        with self._change:
            return {key: known.link for key, known in self._known.items() if known.link is not None}

    @property
    def errors(self) -> dict[str, str]:
        """What the service refused, by device id; a device is sent again when it changes."""
        with self._change:
            return {key: known.error for key, known in self._known.items() if known.error is not None}

    @property
    def waiting(self) -> int:
        """How many devices are still to be handed over."""
        return len(self._waiting)

    def flush(self, timeout_seconds: float = 10.0) -> bool:
        """Wait until everything said so far was handed over; False when the time was not enough."""
        with self._change:
            return self._change.wait_for(lambda: not self._waiting and not self._busy, timeout_seconds)

    def close(self, timeout_seconds: float = 5.0) -> None:
        """Hand over what waits, for at most this long, and end the background thread."""
        if self._thread is not None and self._thread.is_alive():
            self.flush(timeout_seconds)
        with self._change:
            self._closed = True
            self._change.notify_all()
        if self._thread is not None:
            self._thread.join(timeout_seconds + self._batch_window_seconds)

    def __enter__(self) -> DashboardHook:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _changed(self, device: Mapping[str, Any], known: _Known | None) -> Link | None:
        device_id = device["id"]
        if not isinstance(device_id, str) or not device_id:
            raise _no_id(device)
        with self._change:
            if self._closed:
                raise RuntimeError("This DashboardHook is closed; make another one.")
            if device_id not in self._waiting and len(self._waiting) >= self._queue_limit:
                # Not remembered, so that the next ensure() of this device offers it again.
                return None if known is None else known.link
            # A copy of its own: a host that changes its dict in place must not change what we compare with.
            kept = copy.deepcopy(dict(device))
            if known is None:
                known = self._known.setdefault(device_id, _Known(kept))
            known.device = kept
            known.idle_beats = 0
            self._waiting[device_id] = None
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._work, name="dashwright-hook", daemon=True)
                self._thread.start()
            self._change.notify_all()
            return known.link

    def _work(self) -> None:
        delay = 0.0
        heartbeat_at = time.monotonic() + self._heartbeat_seconds
        while self._wait_for_work(delay, heartbeat_at):
            try:
                if self._epoch is None:
                    self._send_heartbeat()  # with nothing counted yet: only to learn which database this is
                if self._waiting:
                    self._send_batch()
                if time.monotonic() >= heartbeat_at:
                    self._send_heartbeat()
                    heartbeat_at = time.monotonic() + self._heartbeat_seconds
                delay = 0.0
            except (Unreachable, Refused) as fault:
                if delay == 0.0:
                    _log.warning("Dashwright cannot be told of changes, trying again: %s", fault)
                delay = min(max(delay * 2, _FIRST_DELAY_SECONDS), _LONGEST_DELAY_SECONDS)
                if isinstance(fault, Refused) and fault.retry_after is not None:
                    delay = min(max(fault.retry_after, delay), _LONGEST_DELAY_SECONDS)
                heartbeat_at = max(heartbeat_at, time.monotonic() + delay)
        self._transport.close()

    def _wait_for_work(self, delay: float, heartbeat_at: float) -> bool:
        """Sleep until there is something to do; False when the hook was closed."""
        with self._change:
            if delay:
                self._change.wait_for(lambda: self._closed, delay)
            while not self._closed:
                now = time.monotonic()
                due = heartbeat_at
                for device_id in tuple(self._settling):
                    at = self._known[device_id].ask_again_at
                    if at is None or at <= now:
                        self._settling.discard(device_id)
                        self._waiting[device_id] = None
                    else:
                        due = min(due, at)
                if self._waiting or due <= now:
                    break
                self._change.wait(due - now)
            if not self._closed and self._waiting and not delay:
                self._change.wait_for(lambda: self._closed, self._batch_window_seconds)
            return not self._closed

    def _send_batch(self) -> None:
        with self._change:
            ids = list(itertools.islice(self._waiting, self._batch_now))
            sent = {key: self._known[key].device for key in ids}
            self._busy = True
        try:
            answer = self._transport.post("/api/devices/batch", list(sent.values()))
            self._take_answer(sent, answer)
        except Refused as fault:
            self._take_refusal(ids, fault)
        finally:
            with self._change:
                self._busy = False
                self._change.notify_all()

    def _take_refusal(self, ids: list[str], fault: Refused) -> None:
        """Narrow a batch that is refused as a whole down to the device that is at fault; raise what is not about it."""
        if fault.status not in (400, 413, 422):
            raise fault
        with self._change:
            if len(ids) > 1:
                self._batch_now = max(1, len(ids) // 2)
            else:
                self._known[ids[0]].error = str(fault)
                self._waiting.pop(ids[0], None)
                self._batch_now = self._batch_size

    def _take_answer(self, sent: dict[str, dict[str, Any]], answer: Any) -> None:
        results = answer.get("results") if isinstance(answer, dict) else None
        if not isinstance(results, list) or len(results) != len(sent):
            raise Unreachable("POST /api/devices/batch: the answer does not fit what was sent")
        now = time.monotonic()
        with self._change:
            self._batch_now = min(self._batch_now * 2, self._batch_size)
            for (device_id, device), result in zip(sent.items(), results, strict=True):
                known = self._known[device_id]
                known.error = _error_of(result)
                known.accepted = known.error is None
                known.link = _link_of(result) or known.link
                if known.device is device:  # unless it changed again meanwhile
                    self._waiting.pop(device_id, None)
                if known.error is None and known.link is not None and known.link.state == "pending":
                    known.ask_again_at = now + known.ask_again_delay
                    known.ask_again_delay = min(known.ask_again_delay * 2, _LONGEST_DELAY_SECONDS)
                    self._settling.add(device_id)
                else:
                    known.ask_again_at, known.ask_again_delay = None, 1.0

    def _send_heartbeat(self) -> None:
        """Keep our devices fresh; send all of them again when the service does not know them as ours.

        That is so for a new or restored database, whose epoch is another, and for a service that started anew. A device
        that the host has not named for a few beats is no longer counted: it may turn stale.
        """
        with self._change:
            for known in self._known.values():
                known.idle_beats += 1
            ours = [key for key, known in self._known.items() if known.accepted and known.idle_beats <= _IDLE_BEATS]
        answer = self._transport.post("/api/devices/heartbeat", {"epoch": self._epoch, "count": len(ours)})
        if not isinstance(answer, dict) or not isinstance(answer.get("epoch"), str):
            raise Unreachable("POST /api/devices/heartbeat: the answer names no epoch")
        with self._change:
            if answer["epoch"] != self._epoch and self._epoch is not None:
                _log.info("Dashwright has another database; sending all %d devices again", len(ours))
            if answer.get("resend") or answer["epoch"] != self._epoch:
                self._waiting.update(dict.fromkeys(ours))
            self._epoch = answer["epoch"]


def _is_sendable(text: str) -> bool:
    return text.isascii() and text.isprintable() and " " not in text


def _no_id(device: object) -> ValueError:
    return ValueError(f"A device needs an 'id' of text; this one has none: {str(device)[:200]}")


def _link_of(result: Any) -> Link | None:
    link = result.get("link") if isinstance(result, dict) else None
    if not isinstance(link, dict):
        return None
    return Link(*(str(link.get(name) or "") for name in Link._fields))


def _error_of(result: Any) -> str | None:
    error = result.get("error") if isinstance(result, dict) else "the answer is not an object"
    if not error:
        return None
    return str(error.get("message", error)) if isinstance(error, dict) else str(error)
