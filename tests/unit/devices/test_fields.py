"""What may be given of a device, and how each fault is named."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend_server.devices.fields import parse_fields
from backend_server.errors import InvalidInput

HOSTILE = [
    "\"quoted\" 'and' so",
    "back\\slash",
    "line\nbreak\r\ttab",
    "{{ x }} << y >> ${z} $v [[w]]",
    "\u202eright to left\u200f",
    "\x01\x1b\x7f\x85",
    "\U0001f469\u200d\U0001f680 \u00e9",
    "</script><!--",
    "x" * 253,
    "\u00e9" * 253,
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_data(text: Any) -> None:
    assert parse_fields({"hostname": text, "labels": {"site": text}}) == {"hostname": text, "labels": {"site": text}}


@pytest.mark.parametrize(
    ("fields", "path", "says"),
    [
        ({"hostname": "x" * 254}, "hostname", "254 characters long; at most 253"),
        ({"hostname": "x" * 10_240}, "hostname", "10240 characters"),
        ({"hostname": ""}, "hostname", "is empty"),
        ({"hostname": " \n"}, "hostname", "is empty"),
        ({"hostname": "a\0b"}, "hostname", "NUL"),
        ({"hostname": "\ud800"}, "hostname", "surrogate"),
        ({"hostname": 7}, "hostname", "must be text, not a number"),
        ({"kind": ""}, "kind", "1 to 64"),
        ({"kind": "../miner"}, "kind", "1 to 64"),
        ({"kind": "miner\n"}, "kind", "1 to 64"),
        ({"labels": []}, "labels", "not a list"),
        ({"labels": {f"l{n}": "" for n in range(33)}}, "labels", "are 33; at most 32"),
        ({"labels": {"1a": "x"}}, "labels.1a", "not a label name"),
        ({"labels": {"a-b": "x"}}, "labels.a-b", "not a label name"),
        ({"labels": {"a" * 65: "x"}}, "labels." + "a" * 64, "not a label name"),
        ({"labels": {"a": 1}}, "labels.a", "must be text"),
        ({"labels": {"a": "x" * 254}}, "labels.a", "at most 253"),
        ({"share": "nonsense"}, "share", "true, false or a profile's name"),
        ({"share": 1}, "share", "true, false"),
        ({"address": 5}, "address", "must be text"),
        ({"lables": {}}, "lables", "is not a field of a device"),
        ({"state": "retired"}, "state", "decided by the service"),
        ({"id": "other"}, "id", "differs"),
    ],
)
def test_each_fault_names_its_field(fields: dict[str, Any], path: str, says: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_fields(fields, device_id="rig-1")
    (problem,) = caught.value.problems
    assert problem.path == path
    assert says in problem.message


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_fields({"hostname": 1, "kind": 1, "labels": {"a": 1, "b b": ""}, "address": "x", "share": 2})
    assert {problem.path for problem in caught.value.problems} == {
        "hostname",
        "kind",
        "labels.a",
        "labels.b b",
        "address",
        "share",
    }


@pytest.mark.parametrize("raw", [None, [], "text", 1, True])
def test_only_an_object_is_a_device(raw: Any) -> None:
    with pytest.raises(InvalidInput, match="must be an object"):
        parse_fields(raw)


@pytest.mark.parametrize(
    "address",
    ["http://10.0.0.1", "https://rig.example.com:8443", "http://[::1]:80", "http://rig_1", "http://h:65535"],
)
def test_addresses(address: str) -> None:
    assert parse_fields({"address": address}) == {"address": address}


@pytest.mark.parametrize(
    "address",
    [
        "",
        "10.0.0.1",
        "ftp://h",
        "http://",
        "http://h/",
        "http://h/path",
        "http://h?q",
        "http://h#f",
        "http://h?",
        "http://user:word@h",
        "http://user@h",
        "http://h:0",
        "http://h:65536",
        "http://h:x",
        "http://h\n",
        "http:// h",
        "http://h\\x",
        "http://h\tx",
        "http://[::1",
        "http://.h",
        "http://" + "h" * 300,
        "javascript:alert(1)",
        "//h",
    ],
)
def test_what_is_no_address(address: str) -> None:
    with pytest.raises(InvalidInput, match="address"):
        parse_fields({"address": address})


def test_truth_values_and_profiles_share() -> None:
    assert parse_fields({"share": True}) == parse_fields({"share": "true"}) == {"share": "true"}
    assert parse_fields({"share": False}) == {"share": "false"}
    assert parse_fields({"share": "wall"}) == {"share": "wall"}


def test_null_is_kept_as_the_wish_to_forget() -> None:
    assert parse_fields({"hostname": None, "labels": None}) == {"hostname": None, "labels": None}


@given(st.dictionaries(st.text(), st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists)))
def test_whatever_comes_is_taken_or_refused_by_name(raw: Any) -> None:
    try:
        parse_fields(raw)
    except InvalidInput as fault:
        told = fault
    else:
        return
    assert told.problems
    str(told).encode("utf-8", "replace")
