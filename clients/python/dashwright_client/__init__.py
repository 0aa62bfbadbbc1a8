"""The Dashwright hook for a Python host: `DashboardHook.ensure(device)` in the polling loop, nothing else to do."""

from .hook import DashboardHook, Link

__all__ = ["DashboardHook", "Link"]
