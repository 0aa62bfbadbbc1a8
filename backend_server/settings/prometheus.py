"""Where metrics come from."""

from __future__ import annotations

from pydantic import Field

from .words import Group, Seconds


class PrometheusSettings(Group):
    """The default Prometheus, and the one we run."""

    prometheus_url: str = Field(
        "http://127.0.0.1:9090", description="Default Prometheus (datasource uid `prometheus`)."
    )
    own_prometheus: bool = Field(
        False, description="Supervisor runs a Prometheus of our own at `PROMETHEUS_URL` (`make run` sets it)."
    )
    scrape_interval: str = Field("5s", description="How often that Prometheus asks the poller.")
    prometheus_timeout: Seconds = Field(15.0, description="Total deadline of a query.")
    query_max_points: int = Field(11_000, ge=10, le=11_000, description="Most points a series may have in one answer.")
