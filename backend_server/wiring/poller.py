"""The poller over the devices of one database, put together."""

from __future__ import annotations

from backend_server.outbound import OutboundGuard, Purpose
from backend_server.poller.kinds import DeviceKind, load_kinds
from backend_server.poller.process import run_poller
from backend_server.primitives.memory import Guarded
from backend_server.primitives.shipped import shipped
from backend_server.settings import Settings
from backend_server.storage.engine.topics import Topic
from backend_server.storage.tables.device_list import DeviceList

from .store import open_store


def device_kinds(settings: Settings) -> dict[str, DeviceKind]:
    """Read the device kinds: `DEVICE_KINDS_DIR`, else the shipped ones; raises ConfigError."""
    return load_kinds(
        settings.device_kinds_dir or shipped("config", "device_kinds"), default_interval_seconds=settings.poll_interval
    )


def poll(settings: Settings) -> None:
    """Poll every device until SIGTERM or SIGINT; raises ConfigError when something is missing or the port is taken."""
    kinds, guard = device_kinds(settings), OutboundGuard(settings.outbound_allow)
    store = open_store(settings)
    try:
        store.check()
        devices = DeviceList(store, share_default=settings.share_default)
        run_poller(
            Guarded(devices.everything, store.number_of(Topic.DEVICES)),
            kinds,
            lambda url: guard.check(url, Purpose.DEVICE),
            port=settings.poller_port,
            forget_after_seconds=settings.stale_after,
        )
    finally:
        store.close()
