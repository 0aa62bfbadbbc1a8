"""Clients of the datasources that dashboards are drawn from."""

from .prometheus import PrometheusClient, PrometheusUnavailable, QueryRefused

__all__ = ["PrometheusClient", "PrometheusUnavailable", "QueryRefused"]
