"""One table of settings, read once at start and frozen."""

from backend_server.settings.load import load_settings
from backend_server.settings.table import LinkTokens, LogFormat, Settings

__all__ = ["LinkTokens", "LogFormat", "Settings", "load_settings"]
