"""The registry: which devices and links there are. Registers, finds, retires; remembers what it may."""

from backend_server.registry.devices import DeviceRegistry, Page, Registered
from backend_server.registry.links import LinkRegistry
from backend_server.registry.options import RegistryOptions
from backend_server.registry.ports import Records, SlotsOf
from backend_server.registry.seen import HeartbeatAnswer
from backend_server.registry.views import DeviceView, link_json

__all__ = [
    "DeviceRegistry",
    "DeviceView",
    "HeartbeatAnswer",
    "LinkRegistry",
    "Page",
    "Records",
    "Registered",
    "RegistryOptions",
    "SlotsOf",
    "link_json",
]
