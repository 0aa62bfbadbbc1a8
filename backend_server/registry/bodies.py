"""Reading a request's body: what is not JSON at all is 400, what is JSON but not acceptable is told by its fields."""

from __future__ import annotations

from backend_server.errors import InputError, InvalidInput
from backend_server.primitives.canonical_json import read_json


def read_body(body: bytes) -> object:
    """Parse a request's body; raises InputError with line and column."""
    try:
        return read_json(body, what="The body")
    except InvalidInput as fault:
        raise InputError(fault.message, details=fault.details) from fault
