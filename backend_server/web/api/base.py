"""How routes are declared: their errors, their shapes, and shapes that are declared but checked elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import orjson
from flask import Response
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from pydantic import BaseModel

from .schemas import ErrorAnswer

View = TypeVar("View", bound=Callable[..., object])

# What any route may answer: unreadable, signed out, not allowed, of a wrong kind, too many, broken, upstream.
_ALWAYS = (400, 401, 403, 422, 429, 500, 502, 504)


def api_blueprint(name: str, about: str) -> APIBlueprint:
    """Make the blueprint of one kind of object, below `/api`."""
    return APIBlueprint(
        name,
        __name__,
        url_prefix="/api",
        abp_tags=[Tag(name=name, description=about)],
        abp_security=[{"token": []}, {"session": []}],
        abp_responses=errors(*_ALWAYS),
        operation_id_callback=_operation_id,
    )


def errors(*statuses: int) -> dict[Any, Any]:
    """Declare that a route answers these errors in the one shape."""
    return {str(status): ErrorAnswer for status in statuses}


def declares(**models: type[BaseModel]) -> Callable[[View], View]:
    """Declare `path`, `query` or `body` for the documentation while the view reads the raw request itself.

    For paths where the use case compares before it validates, and for those whose rules live in a pure room.
    """

    def mark(view: View) -> View:
        view.__annotations__ = {**view.__annotations__, **models}
        setattr(view, "__delay_validate_request__", True)  # noqa: B010 - flask-openapi3's own switch
        return view

    return mark


def json_answer(value: object, status: int = 200) -> Response:
    """Answer with JSON."""
    return Response(orjson.dumps(value), status, mimetype="application/json")


def page_answer(items: Iterable[object], *, total: int, page: int, per_page: int, url: str, query: str) -> Response:
    """Answer with one page of a list, its neighbours in `Link` and the count of all in `X-Total-Count`.

    Args:
        url: the list's address without query.
        query: the request's other parameters, already encoded.
    """
    answer = json_answer(list(items))
    answer.headers["X-Total-Count"] = str(total)
    last = max(1, -(-total // per_page))
    neighbours = {"first": 1, "prev": page - 1, "next": page + 1, "last": last}
    rest = f"&{query}" if query else ""
    links = [
        f'<{url}?page={number}&per_page={per_page}{rest}>; rel="{rel}"'
        for rel, number in neighbours.items()
        if 1 <= number <= last
    ]
    answer.headers["Link"] = ", ".join(links)
    return answer


def _operation_id(*, bp_name: str = "", name: str = "", path: str = "", method: str = "") -> str:
    return name
