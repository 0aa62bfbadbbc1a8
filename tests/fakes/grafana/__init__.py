"""A fake Grafana 12.4.0 over real HTTP, proven against recorded exchanges."""

from tests.fakes.grafana.fake import FakeGrafana, StartFailed
from tests.fakes.grafana.panel_queries import PanelQuery, empty_frame, series_frame
from tests.fakes.grafana.providers import Datasource
from tests.fakes.grafana.request import AuthRules, Request

__all__ = [
    "AuthRules",
    "Datasource",
    "FakeGrafana",
    "PanelQuery",
    "Request",
    "StartFailed",
    "empty_frame",
    "series_frame",
]
