"""Bodies that are read by the rules of their room: every mistake at once, in the room's own words and places."""

from __future__ import annotations

from typing import Any

import pytest

from backend_server.errors import InvalidInput
from backend_server.web.api.devices.schemas import DeviceEdit
from backend_server.web.api.links.schemas import LinkEditBody, NewLink, Rotation
from backend_server.web.api.rules import RuledInput


def problems(shape: type[RuledInput], raw: object) -> list[tuple[str, str]]:
    with pytest.raises(InvalidInput) as caught:
        shape.model_validate(raw)
    return [(problem.path, problem.message) for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("shape", "raw", "places"),
    [
        pytest.param(
            NewLink,
            {"colour": 1, "label": 5, "profile": {"theme": "pink", "x": 1}, "frame_ancestors": ["https://a.b", "c", 7]},
            ["colour", "label", "profile.theme", "profile.x", "frame_ancestors[1]", "frame_ancestors[2]", "device"],
            id="unknown first, what does not go together last",
        ),
        pytest.param(
            LinkEditBody,
            {"slug": None, "not_before": "2030-01-02T00:00:00Z", "expires_at": "2030-01-01T00:00:00Z", "device": "a"},
            ["device", "expires_at", "slug"],
            id="two fields that contradict each other",
        ),
        pytest.param(NewLink, {"document": "a/b", "slot": "A"}, ["slot", "document", "slot"], id="two rules"),
        pytest.param(
            DeviceEdit,
            {"hostname": 1, "labels": {"a.b": "x", "site": 2}, "state": "active", "id": "rig-1"},
            ["state", "hostname", "labels.a.b", "labels.site"],
            id="places inside a field",
        ),
        pytest.param(Rotation, {"grace": 1, "grace_seconds": -1}, ["grace", "grace_seconds"], id="one field"),
    ],
)
def test_every_mistake_is_named_at_once(shape: type[RuledInput], raw: dict[str, Any], places: list[str]) -> None:
    assert [path for path, _ in problems(shape, raw)] == places


@pytest.mark.parametrize(
    ("shape", "words"),
    [
        (NewLink, 'must be an object such as {"device": "rig-1"}'),
        (LinkEditBody, 'must be an object such as {"label": "Lobby"}'),
        (Rotation, 'must be an object such as {"grace_seconds": 60}'),
        (DeviceEdit, "must be an object, not a list"),
    ],
)
def test_what_is_no_object_is_told_what_would_be_one(shape: type[RuledInput], words: str) -> None:
    assert problems(shape, []) == [("", words)]


def test_only_what_was_named_is_given() -> None:
    assert LinkEditBody.model_validate({"label": None}).given() == {"label": None}
    assert DeviceEdit.model_validate({"id": "rig-1", "share": False}).changes("rig-1") == {"share": "false"}
    with pytest.raises(InvalidInput, match="differs from the id in the address"):
        DeviceEdit.model_validate({"id": "rig-1"}).changes("rig-2")
