"""A body is read as strict JSON: what could be meant in two ways is refused with its place."""

from __future__ import annotations

import pytest
from flask import Flask, request

from backend_server.errors import InvalidInput
from backend_server.web.requests import StrictRequest


def read(body: bytes) -> object:
    app = Flask("strict")
    app.request_class = StrictRequest
    with app.test_request_context(method="POST", data=body, content_type="application/json"):
        return request.get_json()


@pytest.mark.parametrize(
    ("body", "path", "line"),
    [
        (b'{"hostname": "a",\n "hostname": "b"}', "hostname", 2),
        (b'{"a": {"b": 1, "c": [{"x": 1,\n\n"x": 1}]}}', "a.c[0].x", 3),
        (b'[{"a": 1}, {"a": 1, "\\u0061": 2}]', "[1].a", 1),
    ],
)
def test_a_key_that_stands_twice_is_refused_with_its_place(body: bytes, path: str, line: int) -> None:
    with pytest.raises(InvalidInput, match="stands twice in one object; remove one of the two") as caught:
        read(body)
    assert [(problem.path, problem.line) for problem in caught.value.problems] == [(path, line)]


def test_equal_keys_of_different_objects_are_none_of_it() -> None:
    assert read(b'{"a": {"a": 1}, "b": [{"a": 1}, {"a": 2}]}') == {"a": {"a": 1}, "b": [{"a": 1}, {"a": 2}]}
    assert read(b"5") == 5


def test_many_of_them_are_told_in_bounded_size() -> None:
    with pytest.raises(InvalidInput) as caught:
        read(b"{" + b",".join([b'"a":1'] * 50_000) + b"}")
    assert len(caught.value.problems) == 201
