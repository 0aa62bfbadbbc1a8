"""Whether a slot is shared, and how: the device's word, then the template's, then the settings'."""

from __future__ import annotations

from typing import Any

import pytest

from backend_server.links import LinkState, Theme
from backend_server.registry import DeviceRegistry, RegistryOptions
from backend_server.storage.engine.store import Store
from backend_server.storage.transactions import Records
from backend_server.templates import TemplateSet
from backend_server.web.api.devices.present import links_json
from tests.support.templates import panel, template

BASE = "https://dash.example.com"


class Templates:
    """What the templates say of two slots; a test changes it."""

    def __init__(self) -> None:
        self.say(main=None, inside=False)

    def say(self, **shares: object) -> None:
        """Fill these slots, shared as each says; None leaves it to others."""
        self.wanted = TemplateSet.of(
            template(
                panel(),
                name=f"{slot}.json",
                refresh="30s" if slot == "main" else "",
                header={"slot": slot} if share is None else {"slot": slot, "share": share},
            )
            for slot, share in shares.items()
        )

    def __call__(self) -> TemplateSet:
        return self.wanted


@pytest.fixture
def templates() -> Templates:
    return Templates()


@pytest.fixture
def registry(store: Store, templates: Templates) -> DeviceRegistry:
    return DeviceRegistry(Records(store), templates, RegistryOptions())


def shared(registry: DeviceRegistry) -> dict[str, str]:
    """Return the theme of each slot's default link that is not suspended."""
    view = registry.get("rig-1")
    return {link.slot: link.profile.theme.value for link in view.links if link.suspended_at is None}


def test_a_template_may_keep_its_slot_to_itself(registry: DeviceRegistry) -> None:
    registry.put("rig-1", {}, "poller")
    assert shared(registry) == {"main": "auto"}


def test_what_a_device_says_wins_over_its_templates(registry: DeviceRegistry) -> None:
    registry.put("rig-1", {"share": "dark"}, "poller")
    assert shared(registry) == {"main": "dark", "inside": "dark"}
    registry.put("rig-1", {"share": None}, "poller")
    assert shared(registry) == {"main": "auto"}
    registry.set_by_operator("rig-1", {"share": "false"}, "ann")
    assert shared(registry) == {}


def test_a_template_that_changes_its_mind_is_followed_with_the_same_link(
    registry: DeviceRegistry, templates: Templates
) -> None:
    view = registry.put("rig-1", {}, "poller").view
    assert view.link is not None
    templates.say(main=False, inside="wall")
    assert registry.match_slots(["rig-1"]) == 1
    assert shared(registry) == {"inside": Theme.DARK.value}
    assert registry.get("rig-1").link is None
    templates.say(main=None, inside="wall")
    assert registry.match_slots(["rig-1"]) == 1
    back = registry.get("rig-1").link
    assert back is not None
    assert back.token == view.link.token
    assert registry.match_slots(["rig-1"]) == 0


def test_the_setting_counts_where_nobody_says_anything(store: Store, templates: Templates) -> None:
    registry = DeviceRegistry(Records(store), templates, RegistryOptions(share_default="false"))
    registry.put("rig-1", {}, "poller")
    assert shared(registry) == {}
    templates.say(main=True)
    registry.put("rig-2", {}, "poller")
    assert registry.get("rig-2").link is not None


def test_the_ready_address_holds_the_documents_own_refresh(registry: DeviceRegistry) -> None:
    registry.put("rig-1", {"share": True}, "poller")
    links = {link["slot"]: link["embed_url"] for link in links_json(registry.get("rig-1"), BASE, 0)}
    assert str(links["main"]).endswith("&theme=auto&refresh=30s")
    assert str(links["inside"]).endswith("&theme=auto")
    assert registry.get("rig-1").found(registry.get("rig-1").links[0]).state(0) is LinkState.PENDING


def test_templates_that_change_during_a_registration_are_followed_by_it(store: Store, templates: Templates) -> None:
    """The worker may have matched all devices just before this one was there."""
    registry = DeviceRegistry(Records(store), templates, RegistryOptions())
    before = templates()
    asked: list[Any] = []

    def changing() -> TemplateSet:
        asked.append(None)
        if len(asked) == 1:
            return before
        templates.say(main=None, inside=False, later=None)
        return templates()

    DeviceRegistry(Records(store), changing, RegistryOptions()).put("rig-1", {}, "poller")
    assert [document.slot for document in registry.get("rig-1").documents] == ["inside", "later", "main"]
