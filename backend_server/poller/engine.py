"""Polls every device on its interval, all in one thread; a dead or slow device takes nothing from the others."""

from __future__ import annotations

import asyncio
import ipaddress
import ssl
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from urllib.parse import urlsplit

import orjson

from backend_server.devices.device import Device
from backend_server.errors import DashwrightError
from backend_server.outbound.guard import PermittedAddress

from .connection import DeviceConnection, Failure
from .kinds import DeviceKind
from .metrics import PollerMetrics
from .readings import readings_of, texts_of
from .rhythm import ScrapeRhythm
from .schedule import TICK_SECONDS, Wheel, phase

# A device that is away is asked more rarely, but not so rarely that its return goes unnoticed.
_LONGEST_BACK_OFF_SECONDS = 15.0
# Connecting costs several polls, and dead devices do it every time: a few at once, so that no answer waits for many.
_CONNECTS_AT_ONCE = 8
_BETWEEN_CONNECTS_SECONDS = 0.002


# Raises DashwrightError for an address that may not be reached; may block on DNS.
Check = Callable[[str], PermittedAddress]


class _Polled:
    """One device: its kind, its connection, and the poll that is under way."""

    __slots__ = (
        "answer_seconds",
        "connection",
        "device",
        "failures",
        "gone",
        "has_name",
        "kind",
        "number",
        "place",
        "queued",
        "request",
        "started",
        "task",
        "texts",
    )

    def __init__(self, device: Device, kind: DeviceKind) -> None:
        self.device, self.kind = device, kind
        self.request = request_for(device.address or "", kind.path)
        self.has_name = not _is_address(urlsplit(device.address or "").hostname or "")
        self.connection: DeviceConnection | None = None
        self.task: asyncio.Task[None] | None = None
        self.number = 0  # of polls begun; a deadline of an earlier one is then known to be over
        self.started: float | None = None
        self.queued = False  # for a connection
        self.failures = 0
        self.answer_seconds = 0.0  # what the last good poll took
        self.place = phase(device.id, 1.0)  # its own among the others, so that they are not all asked at once
        self.gone = False
        self.texts: dict[str, str] = {}  # what the device last said of itself

    def abort(self) -> None:
        """Cancel the poll under way, and close the connection."""
        if self.task is not None and not self.task.done():
            self.task.cancel()
        if self.connection is not None:
            self.connection.close()
            self.connection = None

    def stop(self) -> None:
        """Stop polling the device."""
        self.gone = True
        self.abort()


class PollEngine:
    """Holds the devices to poll. All methods are called in the event loop's thread."""

    def __init__(
        self,
        kinds: Mapping[str, DeviceKind],
        metrics: PollerMetrics,
        check: Check,
        *,
        forget_after_seconds: float = 90.0,
        rhythm: ScrapeRhythm | None = None,
    ) -> None:
        self._kinds, self._metrics, self._check = kinds, metrics, check
        self._rhythm = rhythm or ScrapeRhythm()
        self._forget_after_seconds = forget_after_seconds
        self._polled: dict[str, _Polled] = {}
        self._due: Wheel[_Polled] = Wheel()
        self._deadlines: Wheel[tuple[_Polled, int]] = Wheel()
        self._unconnected: deque[_Polled] = deque()
        # Made for the first device that needs it: it reads every root certificate.
        self._tls: ssl.SSLContext | None = None

    def follow(self, devices: Iterable[Device]) -> None:
        """Poll exactly these from now on; a device that is unchanged keeps its connection and rhythm."""
        wanted = {device.id: device for device in devices if self._kind_of(device) is not None}
        for device_id in [key for key in self._polled if key not in wanted]:
            self._polled.pop(device_id).stop()
            self._metrics.drop(device_id)
        now = time.monotonic()
        for device in wanted.values():
            kind = self._kind_of(device)
            assert kind is not None
            known = self._polled.get(device.id)
            if known is not None and (known.device.address, known.kind) == (device.address, kind):
                if known.device != device:
                    known.device = device
                    self._metrics.describe(device, known.texts)
                continue
            if known is not None:
                known.stop()
            polled = self._polled[device.id] = _Polled(device, kind)
            self._metrics.describe(device, {})
            self._due.put(polled, now + polled.place * min(kind.interval_seconds, 1.0))
        self._metrics.devices = len(self._polled)

    async def run(self, stop: asyncio.Event) -> None:
        """Poll until told to stop, then close every connection."""
        connecting = asyncio.create_task(self._connect_in_turn())
        try:
            while not stop.is_set():
                self.tick(time.monotonic())
                await asyncio.sleep(TICK_SECONDS)
        finally:
            connecting.cancel()
            for polled in self._polled.values():
                polled.stop()
            tasks = [polled.task for polled in self._polled.values() if polled.task is not None]
            await asyncio.gather(*tasks, return_exceptions=True)

    def tick(self, now: float) -> None:
        """Start every poll that is due and cancel every one whose time is over."""
        for polled, number in self._deadlines.due(now):
            if polled.number == number and polled.started is not None:
                polled.abort()
                self._failed(polled, Failure.TIMEOUT)
        for polled in self._due.due(now):
            if not polled.gone:
                self._begin(polled, now)

    def _kind_of(self, device: Device) -> DeviceKind | None:
        kind = self._kinds.get(device.kind) or self._kinds.get("generic")
        return None if kind is None or kind.scrape or not device.address or device.retired_at is not None else kind

    def _begin(self, polled: _Polled, now: float) -> None:
        wait = polled.kind.interval_seconds
        if polled.failures > 2:
            wait = max(wait, min(wait * 2 ** (polled.failures - 2), _LONGEST_BACK_OFF_SECONDS))
        due = self._rhythm.before_scrape(now, wait, polled.place, len(self._polled), polled.answer_seconds)
        self._due.put(polled, due - TICK_SECONDS)
        if polled.started is not None or polled.queued:
            return  # the last one is not over: a tick came late, or very many wait for a connection
        connection = polled.connection
        if connection is not None and connection.usable:
            self._start_clock(polled, now)
            connection.ask()
        else:
            polled.queued = True
            self._unconnected.append(polled)

    def _start_clock(self, polled: _Polled, now: float) -> None:
        polled.number += 1
        polled.started = now
        self._deadlines.put((polled, polled.number), now + polled.kind.timeout_seconds)

    async def _connect_in_turn(self) -> None:
        while True:
            for _ in range(min(_CONNECTS_AT_ONCE, len(self._unconnected))):
                polled = self._unconnected.popleft()
                polled.queued = False
                if not polled.gone:
                    self._start_clock(polled, time.monotonic())
                    polled.task = asyncio.create_task(self._connect_and_ask(polled))
            await asyncio.sleep(_BETWEEN_CONNECTS_SECONDS if self._unconnected else TICK_SECONDS)

    async def _connect_and_ask(self, polled: _Polled) -> None:
        loop = asyncio.get_running_loop()
        url = polled.device.address or ""
        try:
            if polled.has_name:
                checked = await loop.run_in_executor(None, self._check, url)  # resolves, which blocks
            else:
                checked = self._check(url)
        except DashwrightError:
            self._failed(polled, Failure.REFUSED_ADDRESS)
            return

        def made() -> DeviceConnection:
            return DeviceConnection(
                polled.request,
                polled.kind.max_bytes,
                lambda status, body: self._answered(polled, status, body),
                lambda reason: self._failed(polled, reason),
            )

        if checked.scheme == "https" and self._tls is None:
            self._tls = ssl.create_default_context()
        tls = self._tls if checked.scheme == "https" else None
        try:
            _, polled.connection = await loop.create_connection(
                made,
                checked.addresses[0] if checked.addresses else checked.host,
                checked.port,
                ssl=tls,
                server_hostname=checked.host if tls else None,
            )
        except OSError:  # ssl.SSLError is one
            self._failed(polled, Failure.UNREACHABLE)
            return
        polled.connection.ask()

    def _answered(self, polled: _Polled, status: int, body: bytes) -> None:
        if polled.started is None or polled.gone:
            return
        seconds = time.monotonic() - polled.started
        document: object = None
        if polled.kind.readings or polled.kind.info:
            if status != 200:
                self._failed(polled, Failure.STATUS)
                return
            try:
                document = orjson.loads(body)
            except orjson.JSONDecodeError:
                self._failed(polled, Failure.NOT_JSON)
                return
        polled.started = None
        polled.failures = 0
        polled.answer_seconds = seconds
        self._metrics.answered(polled.device.id, seconds, readings_of(polled.kind, document))
        if polled.kind.info and (texts := texts_of(polled.kind, document)) != polled.texts:
            polled.texts = texts
            self._metrics.describe(polled.device, texts)

    def _failed(self, polled: _Polled, reason: Failure) -> None:
        if polled.started is None or polled.gone:
            return
        polled.started = None
        polled.failures += 1
        self._metrics.failed(polled.device.id, reason)
        age = self._metrics.age(polled.device.id)
        if age is not None and age > self._forget_after_seconds:
            self._metrics.forget_readings(polled.device.id)


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def request_for(address: str, path: str) -> bytes:
    """Write the one request a device is ever sent."""
    host = urlsplit(address).netloc.rpartition("@")[2]
    return (
        f"GET {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: dashwright-poller\r\n"
        "Accept: application/json\r\nAccept-Encoding: identity\r\nConnection: keep-alive\r\n\r\n"
    ).encode("ascii", "replace")
