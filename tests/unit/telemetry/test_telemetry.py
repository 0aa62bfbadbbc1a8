"""Log lines: one each, without secrets; metrics: bounded."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from backend_server.primitives.redact import redact
from backend_server.settings import LogFormat, Settings
from backend_server.telemetry import Metrics, configure_logging, get_logger
from backend_server.web.requests import count_request

TOKEN = "0123456789abcdef0123456789abcdef"
API_TOKEN = "dw_AbCdEfGhIjKlMnOpQrStUvWxYz0123456789-_"


@pytest.fixture(autouse=True)
def _logging_restored() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (f"/grafana/public-dashboards/{TOKEN}/state", "/grafana/public-dashboards/0123…/state"),
        (TOKEN.upper(), "0123…"),
        (f"Bearer {API_TOKEN}", "Bearer dw_AbCd…"),
        ("Authorization: Basic YWRtaW46aHVudGVyMg==", "Authorization: Basic ***"),
        (API_TOKEN, "dw_AbCd…"),
        ("postgresql://dash:hunter2@db/x", "postgresql://dash:***@db/x"),
        ({"password": "hunter2", "Cookie": "a=b", "api_token": "x", "name": "ann"}, None),
        (["ok", TOKEN], ["ok", "0123…"]),
        (12, 12),
    ],
)
def test_secrets_are_shortened_or_starred(value: object, shown: object) -> None:
    if isinstance(value, dict):
        shown = {"password": "***", "Cookie": "***", "api_token": "***", "name": "ann"}
    assert redact(value) == shown


def test_a_request_is_found_in_the_log_by_its_id_whatever_it_looks_like() -> None:
    out = io.StringIO()
    configure_logging("web", stream=out)
    get_logger("x").info("request", request_id=TOKEN, path=f"/s/{TOKEN}", note={"request_id": TOKEN[:16]})
    get_logger("x").info("request", request_id=f"dw_{TOKEN}", other_id=TOKEN)
    first, second = out.getvalue().splitlines()
    assert f"request_id={TOKEN}" in first
    assert "path=/s/0123…" in first
    assert TOKEN not in second, "nothing but an id of ours is exempt, and only under its own name"


@pytest.mark.parametrize("form", list(LogFormat))
def test_one_line_per_event_with_the_programs_name_and_no_secret(form: LogFormat) -> None:
    out = io.StringIO()
    configure_logging("web", as_json=Settings(log_format=form).json_lines, stream=out)
    get_logger("x").info("request", path=f"/s/{TOKEN}", note="two\nlines", request_id="r-1")
    logging.getLogger("gunicorn.error").warning("token %s", API_TOKEN)
    try:
        raise ValueError(f"bad {TOKEN}")
    except ValueError as fault:
        get_logger("x").error("fault", exc_info=fault)

    lines = out.getvalue().splitlines()
    assert len(lines) == 3
    assert TOKEN not in out.getvalue()
    assert API_TOKEN not in out.getvalue()
    assert all(" web " in line or '"program":"web"' in line for line in lines)
    if form is LogFormat.JSON:
        first = json.loads(lines[0])
        assert (first["event"], first["level"], first["note"]) == ("request", "info", "two\nlines")


def test_the_level_is_the_settings() -> None:
    out = io.StringIO()
    configure_logging("worker", level="warning", stream=out)
    get_logger("x").info("quiet")
    get_logger("x").warning("loud")
    assert [line.split()[3] for line in out.getvalue().splitlines()] == ["loud"]


def test_the_steps_of_making_tables_are_not_told() -> None:
    out = io.StringIO()
    configure_logging("prepare", stream=out)
    logging.getLogger("alembic.runtime.migration").info("Running upgrade")
    logging.getLogger("alembic.runtime.migration").warning("loud")
    assert [line.split()[3] for line in out.getvalue().splitlines()] == ["loud"]


def test_routes_and_methods_of_strangers_make_no_new_series() -> None:
    metrics = Metrics()
    for number in range(50):
        count_request(metrics, f"M{number}", None, 404, 0.01)
    text = metrics.exposition().decode()
    assert 'dashwright_http_requests_total{method="other",route="unmatched",status="404"} 50.0' in text
    assert text.count("dashwright_http_requests_total{") == 1
