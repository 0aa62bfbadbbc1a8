"""Identifiers: uids stay what they were for ever, and every rule names itself."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend_server.errors import InvalidInput
from backend_server.primitives.ids import (
    Maker,
    dashboard_uid,
    is_link_token,
    new_slug,
    new_token,
    parse_device_id,
    parse_slot,
)

DEVICE_IDS = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", fullmatch=True)


@pytest.mark.parametrize(
    ("maker", "object_id", "uid"),
    [
        (Maker.DEVICE, "device-1", "dev-device-1-r7qr8jkhr0r0e3re4dpt"),
        (Maker.FLEET, "", "flt-main-gf8dlun6rcum003dcjac"),
        (Maker.GENERATOR, "a", "gen-a-tffo743asloluc8g0370"),
        (Maker.BUILDER, "a", "bld-a-o73gh9ot36moitcmmkra"),
        (Maker.PACK, "device-1", "pck-device-1-cs6sh97bm5ap4nrsd0u7"),
    ],
)
def test_a_uid_never_changes(maker: Any, object_id: str, uid: str) -> None:
    assert dashboard_uid(maker, "main", object_id) == uid


@given(st.sampled_from(Maker), st.sampled_from(["main", "power", "a" * 32]), DEVICE_IDS)
def test_a_uid_is_what_grafana_takes(maker: Any, slot: Any, object_id: Any) -> None:
    assert re.fullmatch(r"[a-zA-Z0-9_-]{1,40}", dashboard_uid(maker, slot, object_id))


@given(DEVICE_IDS, DEVICE_IDS)
def test_two_devices_have_two_uids(one: Any, other: Any) -> None:
    assert (dashboard_uid(Maker.DEVICE, "main", one) == dashboard_uid(Maker.DEVICE, "main", other)) == (one == other)


def test_a_slot_has_a_uid_of_its_own() -> None:
    assert dashboard_uid(Maker.DEVICE, "main", "a") != dashboard_uid(Maker.DEVICE, "power", "a")


@pytest.mark.parametrize("text", ["../grafana", "", "-a", ".a", "a" * 65, "a b", "a/b", "ü", "a\n", None, 7])
def test_a_bad_device_id_is_refused_with_the_rule(text: str | int | None) -> None:
    with pytest.raises(InvalidInput, match="use 1 to 64 letters, digits"):
        parse_device_id(text)


@pytest.mark.parametrize("text", ["Main", "", "1a", "a_b", "a" * 33, None])
def test_a_bad_slot_is_refused(text: str | None) -> None:
    with pytest.raises(InvalidInput, match="is not a slot"):
        parse_slot(text)


def test_a_token_has_one_spelling() -> None:
    token = new_token()
    assert is_link_token(token)
    assert not is_link_token(token.upper() + "A")
    assert not is_link_token(token[:-1])
    assert new_token() != token


@given(st.text(max_size=300))
def test_a_slug_is_readable_and_hard_to_guess(text: Any) -> None:
    slug = new_slug(text)
    assert re.fullmatch(r"[a-z0-9-]{12,53}", slug)
    assert new_slug(text) != slug
