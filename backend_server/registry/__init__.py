"""The registry: which devices and links there are. Registers, finds, retires; remembers what it may."""

from .devices import DeviceRegistry, Page, Registered
from .links import LinkRegistry
from .options import RegistryOptions
from .ports import Records, SlotsOf
from .seen import HeartbeatAnswer
from .views import DeviceView, link_json

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
