"""The files Grafana reads: swapped whole, never moved, never touched unless they are ours."""

from .folder import DashboardFolder, Refused, Survey, SwapReport
from .providers import check_providers

__all__ = ["DashboardFolder", "Refused", "Survey", "SwapReport", "check_providers"]
