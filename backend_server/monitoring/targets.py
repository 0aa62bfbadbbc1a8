"""What Prometheus is to scrape: the poller, and every device that has metrics of its own."""

from __future__ import annotations

from collections.abc import Callable, Collection, Container, Iterable, Mapping, Sequence
from urllib.parse import urlsplit

import structlog

from backend_server.devices.device import Device

_PORTS = {"http": 80, "https": 443}
READINGS_PATH = "/metrics/devices"
_log = structlog.stdlib.get_logger("monitoring")


class ScrapeTargets:
    """Prometheus' targets as they are now; an address that may not be reached is left out, and reported once.

    Args:
        devices: returns every device that is not retired.
        metrics_paths: of each device kind that is scraped rather than polled, the path of its metrics.
        poller: `host:port` of the poller.
        refused: returns those of some addresses that may not be reached, each with its reason.
        counted: receives how many those are.
    """

    def __init__(
        self,
        devices: Callable[[], Sequence[Device]],
        metrics_paths: Mapping[str, str],
        poller: str,
        *,
        refused: Callable[[Collection[str]], Mapping[str, str]],
        counted: Callable[[int], None],
    ) -> None:
        self._devices = devices
        self._metrics_paths = metrics_paths
        self._poller = poller
        self._refused = refused
        self._counted = counted
        self._reported: frozenset[str] = frozenset()  # addresses whose refusal is in the log already

    def list(self, kind: str | None = None, through: tuple[str, str] | None = None) -> list[dict[str, object]]:
        """Return what is to be scraped; `kind` and `through` as `scrape_targets` says."""
        devices = self._devices()
        addresses = scraped_addresses(devices, self._metrics_paths)
        refused = self._refused(addresses)
        self._counted(len(refused))
        for address in refused.keys() - self._reported:
            _log.warning("a device is not scraped", device=addresses[address], reason=refused[address])
        self._reported = frozenset(refused)
        return scrape_targets(devices, self._metrics_paths, self._poller, kind=kind, through=through, refused=refused)


def scrape_targets(
    devices: Iterable[Device],
    metrics_paths: Mapping[str, str],
    poller: str,
    *,
    kind: str | None = None,
    through: tuple[str, str] | None = None,
    refused: Container[str] = (),
) -> list[dict[str, object]]:
    """Return Prometheus' http_sd answer.

    Args:
        metrics_paths: of each device kind that is scraped rather than polled, the path of its metrics.
        poller: `host:port` of the poller, left out when `kind` asks for one kind alone.
        through: scheme and `host[:port]` of our public port, for a Prometheus on another machine: it cannot reach the
            poller, and asks there for the readings, with its token.
        refused: addresses that devices may not have asked; they are left out.
    """
    groups: list[dict[str, object]] = []
    if kind is None:
        groups.append(_readings(poller, through))
    for device in devices:
        path = metrics_paths.get(device.kind)
        if path is None or device.address is None or kind not in (None, device.kind) or device.address in refused:
            continue
        parts = urlsplit(device.address)
        target = parts.netloc if parts.port else f"{parts.netloc}:{_PORTS[parts.scheme]}"
        labels = {
            "job": "dashwright-devices",
            "instance": str(device.id),  # else it is the device's address, which a chart's legend would show
            "__scheme__": parts.scheme,
            "__metrics_path__": path,
            "device": str(device.id),
            "hostname": device.hostname,
            "kind": device.kind,
        }
        groups.append({"targets": [target], "labels": labels})
    return groups


def scraped_addresses(devices: Iterable[Device], metrics_paths: Mapping[str, str]) -> dict[str, str]:
    """Return the addresses Prometheus is to ask, each with the id of a device that has it."""
    return {
        device.address: str(device.id)
        for device in devices
        if device.address is not None and device.kind in metrics_paths
    }


def _readings(poller: str, through: tuple[str, str] | None) -> dict[str, object]:
    labels = {"job": "dashwright-poller", "instance": "poller"}
    if through is None:
        return {"targets": [poller], "labels": labels}
    scheme, place = through
    parts = urlsplit(f"//{place}")
    target = place if parts.port else f"{place}:{_PORTS[scheme]}"
    labels |= {"__scheme__": scheme, "__metrics_path__": READINGS_PATH}
    return {"targets": [target], "labels": labels}
