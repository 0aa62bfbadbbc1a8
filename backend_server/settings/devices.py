"""Devices, and the passes that bring their dashboards to what is wanted."""

from __future__ import annotations

from pydantic import Field

from .words import Group, Seconds, ShareWord


class DeviceSettings(Group):
    """Devices and passes."""

    share_default: ShareWord = Field(
        "true", description="`share` of a device that does not say: true, false or a profile's name."
    )
    stale_after: Seconds = Field(90.0, description="A device not seen for this long is `stale`.")
    retired_keep: Seconds = Field(
        30 * 86400.0, description="How long a retired device can be revived before it is purged."
    )
    deletion_breaker: float = Field(
        0.3, ge=0, le=1, description="Share of all documents one pass may remove before a person must confirm."
    )
    deletion_breaker_floor: int = Field(
        10, ge=0, description="Removals that are always allowed, so that a small fleet is not held up."
    )
    pass_interval: Seconds = Field(0.2, description="How often the worker looks for changes.")
    audit_interval: Seconds = Field(
        300.0, description="How often the worker compares everything with Grafana and the disk."
    )
    reload_window: Seconds = Field(0.3, description="Changes within this time share one reload of Grafana.")
    poll_interval: Seconds = Field(5.0, description="How often a device is asked, unless its kind says otherwise.")
