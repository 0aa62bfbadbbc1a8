"""A value written for a place is, there, exactly that value and nothing else; and Grafana replaces nothing in it."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote, urlsplit

import promql_parser
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from backend_server.documents import escaping

# What Grafana replaces, as its own code finds it (public/app/features/variables/utils.ts, legendFormat.go).
GRAFANA = re.compile(
    r"\$(\w+)|\[\[([\s\S]+?)(?::(\w+))?\]\]|\$\{(\w+)(?:\.([^:^}]+))?(?::([^}]+))?\}|\{\{\s*(.+?)\s*\}\}"
)

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40) | st.text(
    "$[]{}<>\"'\\`ab_.*\n\t\0", max_size=12
)
HOSTILE = [
    "$x",
    "${x}",
    "[[x]]",
    "{{x}}",
    'a"b',
    "a'b",
    "a\\",
    "\n",
    "\0",
    "\u202eabc",
    "😀",
    "<< x >>",
    "[",
    "{",
    "$",
    "",
]

parse_promql: Any = promql_parser.parse  # its stubs know only the base of all expressions


def hostile(test: Any) -> Any:
    for value in HOSTILE:
        test = example(value)(test)
    return test


@pytest.mark.parametrize("sign", ['"', "'"])
@hostile
@given(TEXTS)
def test_a_promql_string_is_exactly_the_value(sign: str, value: Any) -> None:
    query = f"up{{a={sign}{escaping.promql_string(value, sign)}{sign}}}"
    matcher = parse_promql(query).matchers.matchers[0]
    assert matcher.value == value
    assert not GRAFANA.search(query[5:])


@pytest.mark.parametrize("sign", ['"', "'"])
@hostile
@given(TEXTS)
def test_a_promql_regular_expression_matches_exactly_the_value(sign: str, value: Any) -> None:
    query = f"up{{a=~{sign}{escaping.promql_regex(value, sign)}{sign}}}"
    pattern = parse_promql(query).matchers.matchers[0].value
    assert re.fullmatch(pattern, value)
    assert not re.fullmatch(pattern, value + "x")
    assert not GRAFANA.search(query[5:])


@hostile
@given(TEXTS)
def test_a_dot_matches_only_a_dot(value: Any) -> None:
    pattern = parse_promql(f'up{{a=~"{escaping.promql_regex(value + ".", chr(34))}"}}').matchers.matchers[0].value
    assert not re.fullmatch(pattern, value + "x")


@hostile
@given(TEXTS)
def test_a_sql_literal_is_exactly_the_value(value: Any) -> None:
    value = value.replace("\0", "")
    written = "'" + escaping.sql_string(value) + "'"
    assert not re.search(r"\$\w|\$\{|\[\[", written)
    pieces = re.findall(r"'((?:[^']|'')*)'|chr\((\d+)\)", written)
    assert re.fullmatch(r"(?:'(?:[^']|'')*'|\|\||chr\(36\))+", written)
    assert "".join(chr(int(code)) if code else text.replace("''", "'") for text, code in pieces) == value


def test_a_nul_cannot_stand_in_sql() -> None:
    with pytest.raises(ValueError, match="NUL"):
        escaping.sql_string("a\0b")


@pytest.mark.parametrize("before", ["", "[", "{"])
@pytest.mark.parametrize("after", ["", "name]]", "name}}", "{name}"])
@hostile
@given(TEXTS)
def test_a_shown_value_looks_the_same_and_names_no_variable(before: str, after: str, value: Any) -> None:
    shown = escaping.shown(value, text_before=bool(before), text_after=bool(after))
    assert shown.replace(escaping.WORD_JOINER, "") == value.replace(escaping.WORD_JOINER, "")
    assert not [found for found in GRAFANA.finditer(before + shown + after) if found.start() < len(before + shown)]


def test_ordinary_values_stay_as_they_are() -> None:
    for value in ("rig-1.lan:9100", "Rack 7 (north)", "100 $", "größe", "a[0]", "日本"):
        assert escaping.shown(value) == value
    assert escaping.promql_string("rig-1.lan:9100", '"') == "rig-1.lan:9100"


@hostile
@given(TEXTS)
def test_markdown_and_html_show_exactly_the_value(value: Any) -> None:
    assert re.sub(r"&#(\d+);", lambda found: chr(int(found[1])), escaping.markdown(value)) == value
    assert re.sub(r"&#(\d+);", lambda found: chr(int(found[1])), escaping.html(value)) == value
    assert not re.search(r"[<>\"'$]", escaping.html(value))
    assert not re.search(r"[<>\[\]`*$]|\{", escaping.markdown(value))


@pytest.mark.parametrize("value", ["edge-7.example.org", "rig_1", "10.0.0.7:9100", "Größe 3"])
def test_names_stay_readable_in_markdown(value: str) -> None:
    assert escaping.markdown(value) == value


@hostile
@given(TEXTS)
def test_a_part_of_a_url_adds_no_part(value: Any) -> None:
    parts = urlsplit(f"https://host/{escaping.url_part(value)}?a=1#b")
    assert (parts.netloc, parts.query, parts.fragment) == ("host", "a=1", "b")
    assert unquote(parts.path[1:]) == value


@pytest.mark.parametrize(
    "value", ["javascript:alert(1)", "data:text/html,x", "//host", "", "http:", "https:///x", " http://a"]
)
def test_a_link_begins_with_http(value: str) -> None:
    with pytest.raises(ValueError, match="must begin with http"):
        escaping.url_start(value)


def test_an_address_stays_an_address() -> None:
    assert escaping.url_start("http://[::1]:8080/a?b=c") == "http://[::1]:8080/a?b=c"
    assert escaping.url_start("http://h/${x}") == "http://h/%24%7Bx%7D"
