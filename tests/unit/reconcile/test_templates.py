"""The last good version of a template stays, whatever happens to its file."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from backend_server.errors import ProvisioningError
from backend_server.reconcile.templates import TemplateKeeper
from tests.support.reconciling import template_source


class Folder:
    path = Path("/templates")

    def __init__(self, **sources: bytes) -> None:
        self.sources = {f"{name}.json": source for name, source in sources.items()}
        self.fault: ProvisioningError | None = None

    def read(self):
        if self.fault:
            raise self.fault
        return self.sources


class Shelf:
    def __init__(self) -> None:
        self.rows: dict = {}
        self.writes = 0

    def everything(self):
        return dict(self.rows)

    def put(self, changed, removed, *, fencing) -> None:
        self.writes += bool(changed or removed)
        for name, (digest, source, error) in changed.items():
            self.rows[name] = SimpleNamespace(hash=digest, source=source, error=error)
        for name in removed:
            del self.rows[name]


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


def names(loaded):
    return [template.name for template in loaded.templates.templates]


def test_good_templates_are_shelved_once(shelf: Shelf) -> None:
    keeper = TemplateKeeper(Folder(generic=template_source()), shelf)
    assert names(keeper.load()) == ["generic.json"]
    keeper.load()
    assert shelf.writes == 1


def test_a_broken_file_keeps_its_last_good_version_and_says_where_it_is_broken(shelf: Shelf) -> None:
    folder = Folder(generic=template_source())
    good = TemplateKeeper(folder, shelf).load().templates.hash
    folder.sources["generic.json"] = template_source()[:-10]
    loaded = TemplateKeeper(folder, shelf).load()  # a new process
    assert loaded.templates.hash == good
    assert "line" in loaded.problems["generic.json"]
    assert shelf.rows["generic.json"].error == loaded.problems["generic.json"]
    folder.sources["generic.json"] = template_source()
    assert TemplateKeeper(folder, shelf).load().problems == {}
    assert shelf.rows["generic.json"].error is None


def test_a_file_that_never_was_good_is_named_and_stops_no_other(shelf: Shelf) -> None:
    loaded = TemplateKeeper(Folder(generic=template_source(), bad=b"{"), shelf).load()
    assert names(loaded) == ["generic.json"]
    assert list(loaded.problems) == ["bad.json"]
    assert shelf.rows["bad.json"].source == ""


@pytest.mark.parametrize("lost", ["unreadable", "empty"])
def test_a_lost_folder_takes_nothing_away(shelf: Shelf, lost: str) -> None:
    folder = Folder(generic=template_source())
    TemplateKeeper(folder, shelf).load()
    if lost == "empty":
        folder.sources = {}
    else:
        folder.fault = ProvisioningError("The templates cannot be read")
    loaded = TemplateKeeper(folder, shelf).load()
    assert names(loaded) == ["generic.json"]
    assert list(loaded.problems) == [""]
    assert "generic.json" in shelf.rows


def test_a_removed_file_is_forgotten(shelf: Shelf) -> None:
    folder = Folder(generic=template_source(), power=template_source(slot="power"))
    keeper = TemplateKeeper(folder, shelf)
    keeper.load()
    del folder.sources["power.json"]
    assert names(keeper.load()) == ["generic.json"]
    assert list(shelf.rows) == ["generic.json"]


def test_a_shelved_version_a_newer_release_refuses_is_not_used(shelf: Shelf) -> None:
    shelf.rows["generic.json"] = SimpleNamespace(hash="old", source="[]", error=None)
    loaded = TemplateKeeper(Folder(generic=b"{"), shelf).load()
    assert names(loaded) == []
    assert "generic.json" in loaded.problems
