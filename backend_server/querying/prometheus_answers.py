"""What a Prometheus answered: checked once, before it is kept or shared, so that nobody after has to doubt it. Pure."""

from __future__ import annotations

from collections.abc import Iterable

import orjson

from backend_server.errors import UpstreamError

MOST_SERIES = 10_000
MOST_POINTS = 1_000_000
# A point takes two commas. Beyond this an answer is not even parsed: its objects would take far more than its bytes.
_MOST_COMMAS = 3 * MOST_POINTS
_MOST_SECONDS = 8.64e12  # the last moment that a browser's Date holds
_MOST_DIGITS = 64

_NO_ANSWER = "What answers in Prometheus' place says something else than Prometheus."
_TOO_MUCH = "The query gives more data than Prometheus' answers may hold here; choose a shorter range or fewer series."


def checked(body: bytes) -> bytes:
    """Return an answer as it came when all of it is one of Prometheus' answers to a query; raises UpstreamError."""
    if body.count(b",") > _MOST_COMMAS:
        raise UpstreamError(_TOO_MUCH)
    try:
        _check(body)
    except (AttributeError, KeyError, TypeError, ValueError) as fault:
        raise UpstreamError(_NO_ANSWER) from fault
    return body


def _check(body: bytes) -> None:
    answer = orjson.loads(body)
    if answer["status"] != "success":
        raise ValueError("no success")
    kind, result = answer["data"]["resultType"], answer["data"]["result"]
    if kind == "string":
        moment, text = result
        _check_points([(moment, "0")])
        _check_text(text)
    elif kind == "scalar":
        _check_points([result])
    elif kind in ("vector", "matrix"):
        if type(result) is not list:
            raise TypeError("no list of series")
        if len(result) > MOST_SERIES:
            raise UpstreamError(_TOO_MUCH)
        points = 0
        for series in result:
            for label in series["metric"].values():
                _check_text(label)
            # A series of native histograms has neither; it is shown without points.
            found = [series["value"]] if "value" in series else series.get("values", [])
            if type(found) is not list:
                raise TypeError("no list of points")
            points += len(found)
            if points > MOST_POINTS:
                raise UpstreamError(_TOO_MUCH)
            _check_points(found)
    else:
        raise ValueError("no result type of Prometheus'")


def _check_text(text: object) -> None:
    if type(text) is not str:
        raise TypeError("no text")


def _check_points(points: Iterable[tuple[object, object]]) -> None:
    for moment, value in points:
        if type(moment) is not int and type(moment) is not float:
            raise TypeError("no moment")
        if type(value) is not str or len(value) > _MOST_DIGITS:
            raise TypeError("no value")
        if not -_MOST_SECONDS <= moment <= _MOST_SECONDS:
            raise ValueError("no moment of a calendar")
        float(value)
