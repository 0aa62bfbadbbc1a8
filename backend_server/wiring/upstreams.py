"""Who is asked over HTTP: the default Prometheus, and Grafana where there is one."""

from __future__ import annotations

from dataclasses import dataclass

from backend_server.datasources import PrometheusClient
from backend_server.grafana.client import GrafanaClient
from backend_server.primitives.limits import ConcurrencyLimit, FetchLimits, RateLimit
from backend_server.settings import Settings
from backend_server.settings.capacity import VISITORS


@dataclass(frozen=True, slots=True)
class Upstreams:
    """The clients of one process; `fetches` bounds how much visitors cause, beyond what is remembered."""

    prometheus: PrometheusClient
    grafana: GrafanaClient | None
    fetches: FetchLimits


def build_upstreams(settings: Settings) -> Upstreams:
    """Build the clients; nothing is asked yet."""
    rate = RateLimit(settings.limit_client, burst=5 * settings.limit_client)
    fetches = FetchLimits(ConcurrencyLimit(VISITORS.threads), VISITORS.limit(), rate)
    return Upstreams(build_prometheus(settings), _grafana(settings), fetches)


def build_prometheus(settings: Settings, *, timeout_seconds: float | None = None) -> PrometheusClient:
    """Build the client of the default Prometheus."""
    return PrometheusClient(settings.prometheus_url, timeout_seconds=timeout_seconds or settings.prometheus_timeout)


def _grafana(settings: Settings) -> GrafanaClient | None:
    if settings.grafana_url is None:
        return None
    token = settings.grafana_token.reveal() if settings.grafana_token else None
    return GrafanaClient(
        settings.grafana_url,
        settings.grafana_origin,
        user=None if token else settings.proxy_user,
        token=token,
        timeout_seconds=settings.grafana_timeout,
    )
