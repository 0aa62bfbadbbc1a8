"""One table of settings, read once at start and frozen."""

from .load import SHORTEST_SECRET_KEY, load_settings
from .table import OWN_GRAFANA_URL, LinkTokens, LogFormat, Settings, is_beside_us

__all__ = [
    "OWN_GRAFANA_URL",
    "SHORTEST_SECRET_KEY",
    "LinkTokens",
    "LogFormat",
    "Settings",
    "is_beside_us",
    "load_settings",
]
