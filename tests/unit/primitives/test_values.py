"""Durations, moments, canonical JSON and secrets."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend_server.errors import InvalidInput
from backend_server.primitives.canonical_json import canonical_bytes, content_hash, read_json
from backend_server.primitives.chunks import chunks
from backend_server.primitives.clock import format_day, format_time, parse_time
from backend_server.primitives.durations import format_duration_ms, parse_duration, parse_duration_ms
from backend_server.primitives.secret import Secret


@pytest.mark.parametrize(
    ("text", "milliseconds"),
    [
        ("500ms", 500),
        ("10s", 10_000),
        ("1m30s", 90_000),
        ("7d", 604_800_000),
        (" 5s ", 5000),
        ("0s", 0),
        ("1y", 31_536_000_000),
    ],
)
def test_durations_are_read(text: str, milliseconds: int) -> None:
    assert parse_duration_ms(text) == milliseconds
    assert parse_duration(text) == milliseconds / 1000


@pytest.mark.parametrize("text", ["", "5", "s", "-5s", "5 s", "30s1m", "1.5s", "five"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="is not a duration"):
        parse_duration_ms(text)


@given(st.integers(min_value=0, max_value=10**13))
def test_a_duration_survives_being_written(milliseconds: Any) -> None:
    assert parse_duration_ms(format_duration_ms(milliseconds)) == milliseconds


@given(st.datetimes(timezones=st.just(UTC)))
def test_a_moment_survives_being_written_to_the_millisecond(moment: Any) -> None:
    assert abs(parse_time(format_time(moment)) - moment) < timedelta(milliseconds=1)


def test_a_moment_in_another_zone_is_the_same_moment() -> None:
    there = datetime(2026, 1, 31, 12, tzinfo=timezone(timedelta(hours=2)))
    assert format_time(there) == "2026-01-31T10:00:00.000Z"


@pytest.mark.parametrize("text", ["2026-01-31T12:00:00", "yesterday", ""])
def test_a_moment_without_offset_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="not an RFC 3339 time"):
        parse_time(text, path="expires_at")


def test_canonical_json_has_one_form() -> None:
    assert canonical_bytes({"b": 1, "a": ["ü", None, 1.5]}) == '{"a":["ü",null,1.5],"b":1}'.encode()
    assert content_hash(b"") == "e3b0c44298fc1c149afbf4c8996fb924"


@pytest.mark.parametrize("body", [b'{"a": NaN}', b'"\\ud800"', b"{", b"{'a': 1}"])
def test_what_is_not_json_is_refused_with_its_place(body: bytes) -> None:
    with pytest.raises(InvalidInput, match="is not JSON") as caught:
        read_json(body)
    assert caught.value.problems[0].line == 1


def test_a_secret_shows_stars_and_compares() -> None:
    secret = Secret("hunter2")
    assert "hunter2" not in f"{secret} {secret!r} {[secret]}"
    assert secret.reveal() == "hunter2"
    assert secret == Secret("hunter2") != Secret("other")
    assert hash(secret) == hash(Secret("hunter2"))
    assert not Secret("")


def test_a_day_is_the_utc_day() -> None:
    noon, half_a_day = 1_800_014_400_000, 43_200_000
    assert format_day(0) == "1970-01-01"
    assert format_day(noon + half_a_day - 1) == "2027-01-15"
    assert format_day(noon + half_a_day) == "2027-01-16"


@pytest.mark.parametrize(
    ("count", "sizes"),
    [
        pytest.param(0, [], id="nothing, no part"),
        pytest.param(3, [3], id="fewer"),
        pytest.param(4, [4], id="exactly"),
        pytest.param(9, [4, 4, 1], id="more"),
    ],
)
def test_long_lists_are_cut_in_order(count: int, sizes: list[int]) -> None:
    parts = list(chunks(range(count), 4))
    assert [len(part) for part in parts] == sizes
    assert [number for part in parts for number in part] == list(range(count))
