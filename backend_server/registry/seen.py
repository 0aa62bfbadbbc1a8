"""Who was seen when: kept in memory, written in one statement a minute, and freshened by heartbeats.

A client that has nothing to say sends a heartbeat instead of a PUT per device. It carries the client's id, the epoch of
the database it knows, and how many devices it holds acknowledged. We remember in memory which devices a client put. If
we know all of them, the heartbeat counts as having seen each. If not (we restarted, or another process took its
PUTs), we answer `resend`: the client sends its devices again in batches, which is nearly free, and we know them.
"""

from __future__ import annotations

import threading
from collections.abc import Collection
from dataclasses import dataclass

from backend_server.errors import DashwrightError

from .model import HeartbeatAnswer
from .ports import Records

# A client that has not been heard of for this long is forgotten; its devices turn stale by themselves.
_FORGET_CLIENT_MS = 600_000
_MOST_CLIENTS = 1000


@dataclass(slots=True)
class _Client:
    epoch: str
    devices: set[str]
    heard_at: int


class Seen:
    """When devices were last seen, as far as it is not written yet, and which client put which device."""

    def __init__(self, records: Records) -> None:
        self._records = records
        self._unwritten: dict[str, int] = {}
        self._written: dict[str, int] = {}
        self._clients: dict[str, _Client] = {}
        self._lock = threading.Lock()

    def mark_all(self, device_ids: Collection[str], now_ms: int) -> None:
        """Record that many devices were seen."""
        self._unwritten.update(dict.fromkeys(device_ids, now_ms))

    def at(self, device_id: str) -> int:
        """Return when a device was last seen in this process; 0 when it was not."""
        return self._unwritten.get(device_id) or self._written.get(device_id, 0)

    def belongs(self, client: str, device_ids: Collection[str], epoch: str, now_ms: int) -> None:
        """Record which client put devices that were accepted."""
        with self._lock:
            known = self._clients.get(client)
            if known is None or known.epoch != epoch:
                self._forget_silent(now_ms)
                known = self._clients[client] = _Client(epoch, set(), now_ms)
            known.devices.update(device_ids)
            known.heard_at = now_ms

    def heartbeat(
        self, client: str, client_epoch: str | None, count: int, epoch: str, *, now_ms: int
    ) -> HeartbeatAnswer:
        """Count all devices of a client as seen, or ask it to send them again."""
        with self._lock:
            known = self._clients.get(client)
            if known is not None and known.epoch == epoch:
                known.heard_at = now_ms
                self._unwritten.update(dict.fromkeys(known.devices, now_ms))
                # More than it counts: it dropped some, which then should not be kept fresh by it.
                if len(known.devices) > count:
                    known.devices.clear()
                complete = len(known.devices) == count
            else:
                complete = count == 0
        return HeartbeatAnswer(epoch, resend=client_epoch != epoch or not complete)

    def flush(self) -> int:
        """Write when devices were last seen, in one statement; returns their number."""
        taken, self._unwritten = self._unwritten, {}
        self._written = taken
        if taken:
            try:
                self._records.flush_seen(taken)
            except DashwrightError:
                # Kept for the next time; what was seen meanwhile is newer.
                self._unwritten = {**taken, **self._unwritten}
                raise
        return len(taken)

    def _forget_silent(self, now_ms: int) -> None:
        silent = [name for name, client in self._clients.items() if now_ms - client.heard_at > _FORGET_CLIENT_MS]
        if len(self._clients) - len(silent) >= _MOST_CLIENTS:
            silent.append(min(self._clients, key=lambda name: self._clients[name].heard_at))
        for name in silent:
            self._clients.pop(name, None)
