"""One table of settings, read once at start and frozen."""

from .current import current_settings
from .grafana import OWN_GRAFANA_URL, is_beside_us
from .load import SHORTEST_SECRET_KEY, load_settings
from .table import Settings
from .words import LinkTokens, LogFormat

__all__ = [
    "OWN_GRAFANA_URL",
    "SHORTEST_SECRET_KEY",
    "LinkTokens",
    "LogFormat",
    "Settings",
    "current_settings",
    "is_beside_us",
    "load_settings",
]
