"""One table of settings, read once at start and frozen."""

from backend_server.settings.load import SHORTEST_SECRET_KEY, load_settings
from backend_server.settings.table import OWN_GRAFANA_URL, LinkTokens, LogFormat, Settings, is_beside_us

__all__ = [
    "OWN_GRAFANA_URL",
    "SHORTEST_SECRET_KEY",
    "LinkTokens",
    "LogFormat",
    "Settings",
    "is_beside_us",
    "load_settings",
]
