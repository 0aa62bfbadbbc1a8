"""What all nouns share: the bases of shapes, the one shape of errors, pages of lists, and how a route is declared.

Inputs are strict (an unknown field is a mistake, so it is refused); answers only document.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any
from urllib.parse import urlencode

import orjson
from flask import Response, request
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.parameter import Parameter
from flask_openapi3.models.request_body import RequestBody
from flask_openapi3.models.tag import Tag
from flask_openapi3.utils import parse_body, parse_path, parse_query
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from backend_server.primitives.ids import DEVICE_ID_PATTERN, SLOT_PATTERN

from ..context import link_base

DeviceIdText = Annotated[str, StringConstraints(pattern=f"^{DEVICE_ID_PATTERN}$")]
SlotText = Annotated[str, StringConstraints(pattern=f"^{SLOT_PATTERN}$")]
TimeText = Annotated[
    str,
    StringConstraints(max_length=40),
    Field(description="RFC 3339 with an offset.", examples=["2026-01-31T12:00:00Z"]),
]

# What any route may answer: unreadable, signed out, not allowed, of a wrong kind, too many, broken, upstream, busy.
_ALWAYS = (400, 401, 403, 422, 429, 500, 502, 503, 504)


class Input(BaseModel):
    model_config = ConfigDict(extra="forbid", str_max_length=1_000_000)

    def given(self) -> dict[str, Any]:
        """Return the fields that the caller named, null ones included."""
        return {name: getattr(self, name) for name in self.model_fields_set}


class BoundedInput(Input):
    """An input each of whose texts has a bound of its own: a file's text may be longer than any other."""

    model_config = ConfigDict(str_max_length=None)


class Answer(BaseModel):
    model_config = ConfigDict(extra="allow")


class ProblemShape(Answer):
    """One thing wrong at one place."""

    path: str
    message: str
    line: int | None = None
    column: int | None = None


class ErrorShape(BaseModel):
    """What went wrong; `code` is stable, `message` is for people."""

    code: str
    message: str
    details: dict[str, Any]
    request_id: str


class ErrorAnswer(BaseModel):
    """The one shape of every error."""

    error: ErrorShape


class Message(BaseModel):
    """A deletion's answer."""

    message: str


class PageQuery(Input):
    page: int = Field(1, ge=1, le=1_000_000)
    per_page: int = Field(100, ge=1, le=1000)


def api_blueprint(name: str, about: str) -> APIBlueprint:
    """Return the blueprint of one kind of object, below `/api`."""
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


def described(
    blueprint: APIBlueprint,
    *,
    path: type[BaseModel] | None = None,
    query: type[BaseModel] | None = None,
    body: type[BaseModel],
) -> dict[str, Any]:
    """Return what describes a route's input while its view reads the request itself: the hook (`devices.hook`)."""
    parameters: list[Parameter] = []
    for model, parse in ((path, parse_path), (query, parse_query)):
        if model is not None:
            found, schemas = parse(model)
            parameters += found
            blueprint.components_schemas.update(schemas)
    content, schemas = parse_body(body)
    blueprint.components_schemas.update(schemas)
    extensions = {"requestBody": RequestBody(content=content, required=True)}
    return {"openapi_extensions": extensions | ({"parameters": parameters} if parameters else {})}


def json_response(value: object, status: int = 200) -> Response:
    """Answer with JSON."""
    return Response(orjson.dumps(value), status, mimetype="application/json")


def page_response(items: Iterable[object], total: int, asked: PageQuery) -> Response:
    """Answer with one page of a list, its neighbours in `Link` and the count of all in `X-Total-Count`."""
    answer = json_response(list(items))
    answer.headers["X-Total-Count"] = str(total)
    last = max(1, -(-total // asked.per_page))
    neighbours = {"first": 1, "prev": asked.page - 1, "next": asked.page + 1, "last": last}
    kept = [(name, value) for name, value in request.args.items(multi=True) if name not in ("page", "per_page")]
    rest = f"&{urlencode(kept)}" if kept else ""
    links = [
        f'<{link_base()}{request.path}?page={number}&per_page={asked.per_page}{rest}>; rel="{rel}"'
        for rel, number in neighbours.items()
        if 1 <= number <= last
    ]
    answer.headers["Link"] = ", ".join(links)
    return answer


def _operation_id(*, bp_name: str = "", name: str = "", path: str = "", method: str = "") -> str:
    return name
