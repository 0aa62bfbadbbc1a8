"""The files Grafana reads: swapped whole, never moved, never touched unless they are ours."""

from .folder import DashboardFolder, FileRefused
from .providers import check_providers

__all__ = ["DashboardFolder", "FileRefused", "check_providers"]
