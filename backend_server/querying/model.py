"""The result of running a query, as a value."""

from __future__ import annotations

from dataclasses import dataclass

from backend_server.queries.panel_plan import Query


@dataclass(frozen=True, slots=True)
class QueryAnswer:
    """The result of one query: the bytes the datasource answered, or a status and words that anybody may read."""

    query: Query
    status: int = 200
    body: bytes = b""
    error: str = ""
