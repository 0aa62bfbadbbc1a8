"""Reading loses nothing and says where it goes wrong."""

from __future__ import annotations

import json
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend_server.documents import read_dashboard
from backend_server.documents.positions import positions
from backend_server.errors import InvalidInput

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)
OBJECTS = st.dictionaries(
    st.text().filter(lambda key: key not in {"dashboard", "apiVersion", "spec", "elements"}), JSON, max_size=5
)


@given(OBJECTS)
def test_reading_keeps_everything(value: Any) -> None:
    assert read_dashboard(orjson.dumps(value)) == value


@given(OBJECTS, st.sampled_from([None, 1, 4]))
def test_every_path_has_its_place(value: Any, indent: Any) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=False)
    for place in positions(text).values():
        line = text.split("\n")[place.line - 1]
        assert line[place.column - 1] == text[place.offset]


def test_a_place_is_where_the_value_begins() -> None:
    text = '{\n  "panels": [\n    {"id": 1},\n    {"id": 2, "a b": true}\n  ]\n}'
    places = positions(text)
    assert (places["panels[1].id"].line, places["panels[1].id"].column) == (4, 12)
    assert places["panels[1]['a b']"].column == 22
    assert "panels[2]" not in places


@pytest.mark.parametrize(
    ("source", "message"),
    [
        pytest.param(b'{"a": 1,\n "a": 2}', r"a \(line 2, column 7\): stands twice in one object", id="key twice"),
        pytest.param(b'{"panels": [{"id": 1, "id": 1}]}', r"panels\[0\].id .*stands twice", id="key twice, deep"),
        pytest.param(
            b'{"a":\n 123456789012345678901234}', r"a \(line 2, column 2\): 1234.* has more digits", id="long"
        ),
        pytest.param(b'{"a": 1e999}', "is not JSON", id="infinite"),
        pytest.param(b'{"a":\n x}', "line 2, column 2", id="broken"),
        pytest.param(b"", "is not JSON", id="empty"),
        pytest.param(b"[]", "is not a JSON object", id="list"),
        pytest.param(b'\xef\xbb\xbf{"a": 1}', "byte-order mark, which Grafana refuses", id="bom"),
        pytest.param('{"a": 1}'.encode("utf-16"), "byte-order mark", id="utf-16"),
        pytest.param(b'{"a": "\xff"}', "is not JSON", id="not utf-8"),
        pytest.param(b'{"dashboard": {"title": "x"}, "meta": {}}', "save the object inside `dashboard`", id="wrapped"),
        pytest.param(
            b'{"apiVersion": "dashboard.grafana.app/v1beta1", "spec": {}}', "export the classic", id="kubernetes"
        ),
        pytest.param(b'{"metadata": {}, "spec": {}}', "export the classic", id="resource"),
        pytest.param(b'{"elements": {}, "layout": {}}', "export the classic", id="v2"),
        pytest.param(b'{"a": ' + b"[" * 200 + b"]" * 200 + b"}", "nested deeper than 100", id="deep"),
        pytest.param(b'{"a": "' + b"x" * 17_000_000 + b'"}', "at most 16777216", id="large"),
    ],
)
def test_what_cannot_be_read_without_loss_is_refused_with_its_place(source: bytes, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        read_dashboard(source)


def test_numbers_that_are_kept_are_accepted() -> None:
    source = b'{"a": 18446744073709551615, "b": -9223372036854775808, "c": 0.1234567, "d": "1234567890123456789012"}'
    assert read_dashboard(source)["a"] == 2**64 - 1
