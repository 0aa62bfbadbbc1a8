"""The poller's program: devices from the store, polls, and the metrics page, until SIGTERM."""

from __future__ import annotations

import asyncio
import resource
import signal
import time
from collections.abc import Callable, Mapping, Sequence

import structlog

from backend_server.devices.device import Device
from backend_server.errors import ConfigError, DashwrightError
from backend_server.primitives.ports import port_refused

from .engine import Check, PollEngine
from .kinds import DeviceKind
from .metrics import PollerMetrics
from .rhythm import ScrapeRhythm
from .server import MetricsServer

_LOOK_SECONDS = 0.5
_MOST_OPEN_FILES = 65_536
_log = structlog.stdlib.get_logger("poller")


# Returns every device, retired ones too: the same list as long as none changed. May block, and raise DashwrightError.
DeviceSource = Callable[[], Sequence[Device]]


def run_poller(
    source: DeviceSource,
    kinds: Mapping[str, DeviceKind],
    check: Check,
    *,
    port: int,
    forget_after_seconds: float,
    ready: Callable[[int], None] | None = None,
) -> None:
    """Poll until SIGTERM or SIGINT. Call it from the main thread; `ready` receives the port once it listens.

    Raises ConfigError when the port cannot be had.
    """
    _raise_file_limit()
    asyncio.run(_run(source, kinds, check, port=port, forget_after_seconds=forget_after_seconds, ready=ready))


async def _run(
    source: DeviceSource,
    kinds: Mapping[str, DeviceKind],
    check: Check,
    *,
    port: int,
    forget_after_seconds: float,
    ready: Callable[[int], None] | None,
) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    metrics = PollerMetrics(kinds.values())
    rhythm = ScrapeRhythm()
    engine = PollEngine(kinds, metrics, check, forget_after_seconds=forget_after_seconds, rhythm=rhythm)

    def scraped() -> bytes:
        rhythm.came(time.monotonic())
        return metrics.render()

    server = MetricsServer(scraped)
    try:
        listening = await server.listen(port)
    except OSError as fault:
        raise ConfigError(port_refused(port, "POLLER_PORT", "the poller", fault)) from fault
    _log.info("the poller serves readings", port=listening, kinds=sorted(kinds))
    if ready is not None:
        ready(listening)
    following = asyncio.create_task(_follow(source, engine, stop))
    try:
        await engine.run(stop)
    finally:
        await following
        await server.close()
    _log.info("the poller has ended")


async def _follow(source: DeviceSource, engine: PollEngine, stop: asyncio.Event) -> None:
    """Keep the engine's list in step with the store; an unreachable store leaves the list as it was."""
    known: Sequence[Device] | None = None
    away = False
    while not stop.is_set():
        try:
            devices = await asyncio.to_thread(source)
            if devices is not known:
                engine.follow(devices)
                known = devices
                _log.debug("the list of devices was read", devices=len(devices))
            away = False
        except DashwrightError as fault:
            if not away:
                _log.warning("the list of devices cannot be read; going on with the last one", error=fault.message)
            away = True
        try:
            await asyncio.wait_for(stop.wait(), _LOOK_SECONDS)
        except TimeoutError:
            continue


def _raise_file_limit() -> None:
    """Allow every device to keep its connection: the usual limit of 1,024 open files would end that."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _MOST_OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, _MOST_OPEN_FILES)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
