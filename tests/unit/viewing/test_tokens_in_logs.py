"""A link's token or slug is a key: the log shows at most its beginning."""

from __future__ import annotations

import pytest

from backend_server.telemetry import get_logger
from backend_server.web.requests import shown_path
from tests.support.logs import captured_log
from tests.support.visitors import TOKEN


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        (f"/grafana/public-dashboards/{TOKEN}", "/grafana/public-dashboards/0123…"),
        (
            f"/grafana/api/public/dashboards/{TOKEN}/panels/1/query",
            "/grafana/api/public/dashboards/0123…/panels/1/query",
        ),
        (f"/api/links/{TOKEN}", "/api/links/0123…"),
        ("/grafana/s/rig-1-abcdefgh", "/grafana/s/…"),
        ("/s/rig-1-abcdefgh", "/s/…"),
        ("/api/devices/rig-1", "/api/devices/rig-1"),
        (f"/api/devices/{'a' * 33}", f"/api/devices/{'a' * 33}"),
    ],
)
def test_the_log_shows_no_whole_token(path: str, shown: str) -> None:
    with captured_log("web") as log:
        get_logger("web.request").info("request", path=shown_path(path))
    assert log.getvalue().strip().endswith(f"request path={shown}")
