"""The settings table: every variable with its meaning, default and secrecy; `docs/settings.md` is written from it."""

from __future__ import annotations

from .access import AccessSettings
from .devices import DeviceSettings
from .grafana import GrafanaSettings
from .logs import LogSettings
from .prometheus import PrometheusSettings
from .public import PublicSettings
from .runtime import VARIABLES, RuntimeSettings
from .state import StateSettings


# Pydantic collects fields from the last base to the first.
class Settings(
    RuntimeSettings,
    LogSettings,
    DeviceSettings,
    PrometheusSettings,
    GrafanaSettings,
    AccessSettings,
    StateSettings,
    PublicSettings,
):
    """All settings, each in the module of its group."""

    @property
    def own_host(self) -> str:
        """The address at which this machine itself reaches the public port, as it stands in a URL."""
        every = {"0.0.0.0": "127.0.0.1", "::": "127.0.0.1", "localhost": "127.0.0.1"}
        host = every.get(self.listen_host, self.listen_host)
        return f"[{host}]" if ":" in host else host

    @property
    def own_base(self) -> str:
        """Where this machine itself asks the service."""
        return f"http://{self.own_host}:{self.port}"


def documented_fields() -> list[str]:
    """Return the names of the settings that people set, in the order of the documentation."""
    return [name for name in Settings.model_fields if name not in VARIABLES]


def variable_of(field: str) -> str:
    """Return the environment variable of a field."""
    return VARIABLES.get(field, field.upper())
