"""One plan for the documents of every maker: what is added, refreshed or taken down, and what their links do."""

from __future__ import annotations

from dataclasses import replace

import pytest

from backend_server.documents.status import DocumentState, DocumentStatus, NewDocument, Wanted
from backend_server.links import Link, LinkProfile, Theme
from backend_server.primitives.ids import DashboardUid, LinkToken, Maker, Slug, dashboard_uid
from backend_server.primitives.secret import Secret
from backend_server.registry.wanted_documents import DocumentSet, Occasion, WantedDocument, plan_wanted

NOW = Occasion(1_000, "ann")
PLAIN, DARK = LinkProfile(), LinkProfile(theme=Theme.DARK)


def new(slot: str = "main", title: str = "Rig", maker: Maker = Maker.DEVICE) -> NewDocument:
    uid = dashboard_uid(maker, slot, "rig-1")
    return NewDocument(uid, maker.value, slot, "rig-1", title, f"shard-00/{uid}.json", "generic.json")


def row(slot: str = "main", **more: object) -> DocumentStatus:
    live = replace(new(slot).status(), state=DocumentState.LIVE, dirty=False, proven=True)
    return replace(live, **more)


def link(slot: str = "main", **more: object) -> Link:
    made = Link("i", LinkToken("t" * 32), Slug("s"), "dev", slot, "rig-1", DashboardUid(new(slot).uid))
    return replace(made, **more)


GONE = {"wanted": Wanted.ABSENT, "state": DocumentState.GONE}


def test_a_new_document_gets_a_publication_and_where_it_is_shared_a_default_link() -> None:
    shared, alone = WantedDocument(new("main"), PLAIN), WantedDocument(new("inside"))
    planned = plan_wanted(DocumentSet(), [shared, alone], NOW)
    assert [document.slot for document in planned.new_documents] == ["main", "inside"]
    assert [(made.slot, made.is_default, made.created_by) for made in planned.new_links] == [("main", True, "ann")]
    assert {one.document_uid: one.wanted for one in planned.new_publications} == {
        new("main").uid: True,
        new("inside").uid: False,
    }
    assert [document.slot for document in planned.after.documents] == ["inside", "main"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param({}, {"state": DocumentState.LIVE, "proven": True}, id="live: looked at again, served meanwhile"),
        pytest.param(
            {"state": DocumentState.FAILED, "reason": "x"},
            {"state": DocumentState.PENDING, "proven": True, "reason": None},
            id="failed: begins again, its last good version is served",
        ),
        pytest.param(GONE, {"state": DocumentState.PENDING, "proven": False}, id="gone: begins again, nothing proven"),
        pytest.param(
            {"wanted": Wanted.ABSENT, "state": DocumentState.RETIRING},
            {"state": DocumentState.PENDING, "proven": False},
            id="leaving: begins again, for it may be gone already",
        ),
    ],
)
def test_a_document_that_is_wanted_again(before: dict[str, object], after: dict[str, object]) -> None:
    planned = plan_wanted(DocumentSet([row(**before)]), [WantedDocument(new(title="Other"))], NOW)
    assert planned.new_documents == []
    assert planned.documents == [row(title="Other", wanted=Wanted.PRESENT, dirty=True, **after)]


def test_what_is_not_wanted_leaves_and_what_left_already_is_not_touched() -> None:
    planned = plan_wanted(DocumentSet([row("main"), row("old", **GONE)]), [], NOW)
    leaving = row("main", wanted=Wanted.ABSENT, state=DocumentState.RETIRING, dirty=True)
    assert planned.documents == [leaving]
    assert planned.publications == {new("main").uid: False, new("old").uid: False}


def test_every_link_ends_with_its_document_and_comes_back_the_same() -> None:
    links = [link(id="own", is_default=True), link(id="extra"), link(id="over", suspended_at=5)]
    ended = plan_wanted(DocumentSet([row()], links), [], NOW)
    assert [one.suspended_at for one in ended.after.links] == [1_000, 1_000, 5]
    assert [one.id for one in ended.links] == ["own", "extra"], "one that is over already is not written"

    back = plan_wanted(ended.after, [WantedDocument(new(), PLAIN, PLAIN)], Occasion(2_000, "bob"))

    assert [(one.id, one.suspended_at) for one in back.after.links] == [("own", None), ("extra", None), ("over", None)]
    assert back.publications == {new().uid: True}
    assert back.new_links == []


def test_a_default_link_follows_the_documents_own_sharing_and_no_other_does() -> None:
    links = [link(id="own", is_default=True), link(id="extra")]
    hidden = plan_wanted(DocumentSet([row()], links), [WantedDocument(new())], NOW)
    assert {one.id: one.suspended_at for one in hidden.after.links} == {"own": 1_000, "extra": None}
    assert hidden.publications == {new().uid: True}, "the extra link still needs it"


@pytest.mark.parametrize(
    ("before", "shown"),
    [
        pytest.param(PLAIN, DARK, id="another profile is laid over what a person changed"),
        pytest.param(DARK, LinkProfile(picker=True), id="the same one as before leaves what a person changed"),
        pytest.param(None, DARK, id="where nothing was before it counts"),
    ],
)
def test_the_profile_of_a_default_link(before: LinkProfile | None, shown: LinkProfile) -> None:
    existing = DocumentSet([row()], [link(is_default=True, profile=LinkProfile(picker=True))])
    planned = plan_wanted(existing, [WantedDocument(new(), DARK, before)], NOW)
    assert [one.profile for one in planned.after.links] == [shown]


def test_a_revoked_link_needs_no_publication() -> None:
    existing = DocumentSet([row()], [link(revoked_at=1)])
    assert plan_wanted(existing, [WantedDocument(new())], NOW).publications == {new().uid: False}


def test_with_a_key_the_ids_of_what_is_new_are_always_the_same() -> None:
    keyed = Occasion(1, "ann", Secret("k" * 32))
    one, other = (plan_wanted(DocumentSet(), [WantedDocument(new(), PLAIN)], keyed) for _ in range(2))
    assert one.new_publications == other.new_publications
    assert [made.token for made in one.new_links] == [made.token for made in other.new_links]
    free = plan_wanted(DocumentSet(), [WantedDocument(new(), PLAIN)], NOW)
    assert free.new_links[0].token != one.new_links[0].token
