"""Request bodies: strict JSON of a bounded size, or a clear refusal."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import orjson
from flask import Request, current_app, request
from werkzeug.exceptions import BadRequest, UnsupportedMediaType

from backend_server.errors import InputError, InvalidInput, Problem
from backend_server.primitives.canonical_json import read_json

View = TypeVar("View", bound=Callable[..., object])
_OPTIONAL = "__body_may_be_left_out__"
MAX_BODY_BYTES = 16 * 1024 * 1024  # a batch of 10,000 devices with many labels


def body_may_be_left_out(view: View) -> View:
    """Say that a route takes no body for an empty object; to stand below the route decorator."""
    setattr(view, _OPTIONAL, True)
    return view


class StrictRequest(Request):
    """A request whose JSON is parsed once, strictly, and never silently."""

    max_form_memory_size = 64 * 1024
    max_form_parts = 20

    def json_bytes(self) -> bytes:
        """Return the body as sent; raises 415 unless it is declared as JSON, InvalidInput when there is none."""
        body = self.get_data(cache=True)
        if not body:
            raise InvalidInput([Problem("", "needs a JSON body")])
        if not self.is_json:
            raise UnsupportedMediaType
        return body

    def get_json(self, force: bool = False, silent: bool = False, cache: bool = True) -> Any:  # noqa: ARG002, RUF100, FBT001 - werkzeug's signature; the three are ignored on purpose
        """Parse the body; malformed JSON is 400 with line and column whatever `silent` says."""
        if hasattr(current_app.view_functions.get(self.endpoint or ""), _OPTIONAL) and not self.get_data(cache=True):
            return {}
        body = self.json_bytes()
        try:
            found = orjson.loads(body)
        except orjson.JSONDecodeError as fault:
            raise BadRequest(
                f"The body is not JSON: {fault.msg} (line {fault.lineno}, column {fault.colno})."
            ) from None
        if isinstance(found, str):
            # flask-openapi3 would parse a string's content as JSON once more.
            raise InvalidInput([Problem("", "must be an object, not a text")])
        return found


def parse_body(body: bytes) -> object:
    """Parse a body's bytes; raises InputError with line and column: what is no JSON at all cannot be read."""
    try:
        return read_json(body, what="The body")
    except InvalidInput as fault:
        raise InputError(fault.message, details=fault.details) from fault


def strict_request() -> StrictRequest:
    """Return the present request by its own type."""
    return cast("StrictRequest", request)
