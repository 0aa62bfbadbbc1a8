"""Routes that compute for long: a few at a time, so that they never take all others' threads and processor."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from flask import Flask
from flask.typing import ResponseReturnValue

from backend_server.primitives.limits import ConcurrencyLimit
from backend_server.settings.capacity import ANALYSES

View = TypeVar("View", bound=Callable[..., object])
_MARK = "__analysis__"


def analysis(view: View) -> View:
    """Mark a view that computes for long; to stand below the route decorator."""
    setattr(view, _MARK, True)
    return view


def limit_analyses(app: Flask) -> None:
    """Make each marked view wait for its turn, once all routes are registered; Busy when too many wait."""
    limit = ANALYSES.limit()
    for endpoint, view in app.view_functions.items():
        if hasattr(view, _MARK):
            app.view_functions[endpoint] = _in_turn(view, limit)


def _in_turn(view: Callable[..., Any], limit: ConcurrencyLimit) -> Callable[..., ResponseReturnValue]:
    @wraps(view)
    def limited(*given: Any, **named: Any) -> Any:
        with limit.turn("requests compute"):
            return view(*given, **named)

    return limited
