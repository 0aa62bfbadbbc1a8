"""The results of running queries, as values."""

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
    fetched: int = 0  # names the body: equal numbers are the same bytes


@dataclass(frozen=True, slots=True)
class FetchedAnswer:
    """A checked answer of a datasource, and the number that names it in this process."""

    body: bytes
    number: int
