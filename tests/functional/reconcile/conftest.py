"""The fake Grafana's fixtures for all reconcile tests."""

from tests.support.grafana import dashboards_dir, fake_grafana

__all__ = ["dashboards_dir", "fake_grafana"]
