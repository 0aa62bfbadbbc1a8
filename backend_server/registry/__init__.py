"""The registry: which devices and links there are, and which documents are wanted, whoever made them."""

from .devices import DevicePage, DeviceRegistry
from .fleet_documents import FleetDocuments
from .link_directory import LinkDirectory
from .links import LinkRegistry
from .model import (
    HeartbeatAnswer,
    LinkPage,
    LinkQuery,
    MakerSlot,
    PublishOutcome,
    RegistryOptions,
)
from .static_documents import StaticDocuments
from .upsert import AcceptedDevice, DeviceUpserter, DeviceView

__all__ = [
    "AcceptedDevice",
    "DevicePage",
    "DeviceRegistry",
    "DeviceUpserter",
    "DeviceView",
    "FleetDocuments",
    "HeartbeatAnswer",
    "LinkDirectory",
    "LinkPage",
    "LinkQuery",
    "LinkRegistry",
    "MakerSlot",
    "PublishOutcome",
    "RegistryOptions",
    "StaticDocuments",
]
