"""The last good version of a template stays, whatever happens to its file."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import pytest

from backend_server.catalog import LoadedTemplates, StoredTemplate, TemplateCatalog
from backend_server.devices.device import Device
from backend_server.errors import ProvisioningError
from backend_server.primitives.ids import DeviceId
from tests.support.reconciling import template_source


class Folder:
    path = Path("/templates")

    def __init__(self, **sources: bytes) -> None:
        self.sources = {f"{name}.json": source for name, source in sources.items()}
        self.fault: ProvisioningError | None = None

    def read(self) -> dict[str, bytes]:
        if self.fault:
            raise self.fault
        return dict(self.sources)


class Store:
    """Rows in memory."""

    def __init__(self) -> None:
        self.rows: dict[str, StoredTemplate] = {}
        self.writes = self.reads = 0

    def change_number(self) -> int:
        return self.writes

    def everything(self) -> dict[str, StoredTemplate]:
        self.reads += 1
        return dict(self.rows)

    def put(self, changed: Collection[StoredTemplate], removed: Collection[str]) -> None:
        self.writes += bool(changed or removed)
        self.rows |= {template.name: template for template in changed}
        for name in removed:
            del self.rows[name]


@pytest.fixture
def store() -> Store:
    return Store()


def names(loaded: LoadedTemplates) -> list[str]:
    return [template.name for template in loaded.templates.templates]


def test_good_templates_are_shelved_once(store: Store) -> None:
    catalog = TemplateCatalog(Folder(generic=template_source()), store)
    assert names(catalog.load(store)) == ["generic.json"]
    catalog.load(store)
    assert store.writes == 1


def test_a_broken_file_keeps_its_last_good_version_and_says_where_it_is_broken(store: Store) -> None:
    folder = Folder(generic=template_source())
    good = TemplateCatalog(folder, store).load(store).templates.hash
    folder.sources["generic.json"] = template_source()[:-10]
    loaded = TemplateCatalog(folder, store).load(store)  # a new process
    assert loaded.templates.hash == good
    assert "line" in loaded.problems["generic.json"]
    assert store.rows["generic.json"].error == loaded.problems["generic.json"]
    folder.sources["generic.json"] = template_source()
    assert TemplateCatalog(folder, store).load(store).problems == {}
    assert store.rows["generic.json"].error is None


def test_a_file_that_never_was_good_is_named_and_stops_no_other(store: Store) -> None:
    loaded = TemplateCatalog(Folder(generic=template_source(), bad=b"{"), store).load(store)
    assert names(loaded) == ["generic.json"]
    assert list(loaded.problems) == ["bad.json"]
    assert store.rows["bad.json"].source == ""


@pytest.mark.parametrize("lost", ["unreadable", "empty"])
def test_a_lost_folder_takes_nothing_away(store: Store, lost: str) -> None:
    folder = Folder(generic=template_source())
    TemplateCatalog(folder, store).load(store)
    if lost == "empty":
        folder.sources = {}
    else:
        folder.fault = ProvisioningError("The templates cannot be read")
    loaded = TemplateCatalog(folder, store).load(store)
    assert names(loaded) == ["generic.json"]
    assert list(loaded.problems) == [""]
    assert "generic.json" in store.rows


def test_a_removed_file_is_forgotten(store: Store) -> None:
    folder = Folder(generic=template_source(), power=template_source(slot="power"))
    catalog = TemplateCatalog(folder, store)
    catalog.load(store)
    del folder.sources["power.json"]
    assert names(catalog.load(store)) == ["generic.json"]
    assert list(store.rows) == ["generic.json"]


def test_a_shelved_version_a_newer_release_refuses_is_not_used(store: Store) -> None:
    store.rows["generic.json"] = StoredTemplate("generic.json", "old", "[]")
    loaded = TemplateCatalog(Folder(generic=b"{"), store).load(store)
    assert names(loaded) == []
    assert "generic.json" in loaded.problems


def test_other_processes_have_the_stored_templates_and_read_them_again_only_when_they_changed(store: Store) -> None:
    folder = Folder(generic=template_source())
    other = TemplateCatalog(Folder(), store)
    TemplateCatalog(folder, store).load(store)
    assert list(other.current().for_device(Device(DeviceId("rig-1"), "rig-1"))) == ["main"]
    reads = store.reads
    other.current()
    assert store.reads == reads

    folder.sources["generic.json"] = b"{"
    TemplateCatalog(folder, store).load(store)

    assert other.faults().keys() == {"generic.json"}
    assert other.source("generic.json") == template_source().decode(), "the last good one stays in use"


def test_before_any_is_stored_the_folder_itself_is_read(store: Store) -> None:
    catalog = TemplateCatalog(Folder(generic=template_source(), bad=b""), store)
    assert [template.name for template in catalog.current().templates] == ["generic.json"]
    assert catalog.faults().keys() == {"bad.json"}
    assert (catalog.source("bad.json"), store.writes) == (None, 0)
