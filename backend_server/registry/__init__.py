"""The registry: which devices and links there are. Registers, finds, retires; remembers what it may."""

from .devices import DeviceRegistry, Page
from .guard import Guard
from .links import LinkRegistry
from .options import RegistryOptions
from .ports import AnswerCache, Records, SlotsOf
from .seen import HeartbeatAnswer
from .settling import Accepted
from .views import DeviceView

__all__ = [
    "Accepted",
    "AnswerCache",
    "DeviceRegistry",
    "DeviceView",
    "Guard",
    "HeartbeatAnswer",
    "LinkRegistry",
    "Page",
    "Records",
    "RegistryOptions",
    "SlotsOf",
]
