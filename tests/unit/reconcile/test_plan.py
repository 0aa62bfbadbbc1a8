"""The plan holds the smallest steps, in the right order, and never more removals than it may."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend_server.reconcile.backoff import retry_delay_ms
from backend_server.reconcile.pass_.plan import Action, DeletionBreaker, Existing, Public, WantedDocument, make_plan
from backend_server.reconcile.pass_.show import format_plan, plan_json

A = Action
FREE = DeletionBreaker(share=1.0, floor=1000, total=1000)
WANTED = WantedDocument("dev-a", "rig a", "shard-00/dev-a.json", "new")
DONE = Existing("dev-a", "rig a", "shard-00/dev-a.json", "new", "new", Public.LIVE)


def actions(wanted: Any, existing: Any, *, with_grafana: bool = True) -> list[Any]:
    plan = make_plan(
        {wanted.uid: wanted} if wanted else {},
        {existing.uid: existing} if existing else {},
        with_grafana=with_grafana,
        breaker=FREE,
    )
    return [step.action for step in plan.steps]


@pytest.mark.parametrize(
    ("wanted", "existing", "expected"),
    [
        pytest.param(WANTED, None, [A.WRITE, A.RELOAD, A.PROVE, A.PUBLISH], id="new"),
        pytest.param(WANTED, DONE, [], id="as wanted"),
        pytest.param(WANTED, replace(DONE, written="old", loaded="old"), [A.WRITE, A.RELOAD, A.PROVE], id="new bytes"),
        pytest.param(WANTED, replace(DONE, written=None), [A.WRITE, A.RELOAD, A.PROVE], id="file lost"),
        pytest.param(WANTED, replace(DONE, loaded=None), [A.RELOAD, A.PROVE], id="not proven"),
        pytest.param(WANTED, replace(DONE, public=Public.WANTED), [A.PUBLISH], id="killed before it was public"),
        pytest.param(WANTED, replace(DONE, public=Public.GONE), [A.PUBLISH], id="revived"),
        pytest.param(WANTED, replace(DONE, public=Public.DIFFERS), [A.UPDATE_PUBLIC], id="switched off in Grafana"),
        pytest.param(replace(WANTED, shared=False), DONE, [A.UNPUBLISH], id="no longer shared"),
        pytest.param(replace(WANTED, shared=False), replace(DONE, public=Public.GONE), [], id="not shared"),
        pytest.param(
            None,
            replace(DONE, leaving_since=5),
            [A.UNPUBLISH, A.REMOVE_FILE, A.RELOAD, A.DELETE_DASHBOARD, A.PROVE_GONE],
            id="retired",
        ),
        pytest.param(
            None,
            replace(DONE, leaving_since=5, public=Public.GONE, written=None),
            [A.REMOVE_FILE, A.RELOAD, A.DELETE_DASHBOARD, A.PROVE_GONE],
            id="retired, killed half-way",
        ),
        pytest.param(None, DONE, [], id="not in the list is not asked to leave"),
        pytest.param(
            WANTED,
            replace(DONE, leaving_since=5),
            [A.UNPUBLISH, A.REMOVE_FILE, A.RELOAD, A.DELETE_DASHBOARD, A.PROVE_GONE],
            id="leaving wins",
        ),
    ],
)
def test_the_smallest_steps_in_the_order_of_a_pass(wanted: Any, existing: Any, expected: list[Any]) -> None:
    assert actions(wanted, existing) == expected


@pytest.mark.parametrize(
    ("wanted", "existing", "expected"),
    [
        pytest.param(WANTED, None, [A.WRITE], id="new"),
        pytest.param(WANTED, replace(DONE, loaded=None, public=Public.WANTED), [], id="written is live"),
        pytest.param(None, replace(DONE, leaving_since=5), [A.REMOVE_FILE], id="retired"),
    ],
)
def test_without_grafana_only_files_matter(wanted: Any, existing: Any, expected: list[Any]) -> None:
    assert actions(wanted, existing, with_grafana=False) == expected


def many(count: Any, **fields: Any) -> Any:
    return {
        f"dev-{number}": replace(DONE, uid=f"dev-{number}", leaving_since=10 + number, **fields)
        for number in range(count)
    }


def test_a_batch_shares_one_reload() -> None:
    wanted = {f"dev-{number}": replace(WANTED, uid=f"dev-{number}") for number in range(300)}
    plan = make_plan(wanted, {}, with_grafana=True, breaker=FREE)
    assert len(plan.uids(A.RELOAD)) == 1
    assert len(plan.uids(A.PROVE)) == 300


@pytest.mark.parametrize(
    ("leaving", "total", "held"),
    [(10, 10, False), (11, 30, True), (11, 100, False), (30, 100, False), (31, 100, True), (1000, 1000, True)],
)
def test_the_breaker_needs_both_more_than_its_floor_and_more_than_its_share(
    leaving: int, total: int, held: bool
) -> None:
    plan = make_plan({}, many(leaving), with_grafana=True, breaker=DeletionBreaker(share=0.3, floor=10, total=total))
    assert bool(plan.held) is held
    assert (plan.uids(A.REMOVE_FILE) == ()) is held


def test_the_breaker_does_not_hold_up_new_documents() -> None:
    plan = make_plan({"dev-a": WANTED}, many(50), with_grafana=True, breaker=DeletionBreaker(0.3, 10, 50))
    assert len(plan.held) == 50
    assert plan.uids(A.WRITE) == ("dev-a",)


def test_a_confirmation_covers_what_was_asked_for_until_then_and_no_more() -> None:
    plan = make_plan({}, many(50), with_grafana=True, breaker=DeletionBreaker(0.3, 10, 50, confirmed_at=34))
    assert len(plan.uids(A.REMOVE_FILE)) == 25
    assert len(plan.held) == 25


def test_a_removal_that_has_begun_goes_on() -> None:
    plan = make_plan({}, many(50, written=None), with_grafana=True, breaker=DeletionBreaker(0.3, 10, 50))
    assert plan.held == ()


def test_a_removal_that_rests_counts_for_the_breaker_and_is_not_tried() -> None:
    resting = {f"dev-{number}" for number in range(8)}
    plan = make_plan({}, many(12), with_grafana=True, breaker=DeletionBreaker(0.3, 10, 20), resting=resting)
    assert len(plan.held) == 12
    plan = make_plan({}, many(9), with_grafana=True, breaker=DeletionBreaker(0.3, 10, 20), resting=resting)
    assert plan.uids(A.REMOVE_FILE) == ("dev-8",)


def test_an_empty_list_removes_nothing() -> None:
    existing = {uid: replace(one, leaving_since=None) for uid, one in many(50).items()}
    plan = make_plan({}, existing, with_grafana=True, breaker=FREE)
    assert plan.steps == ()


_existing = st.builds(
    Existing,
    uid=st.sampled_from(["dev-a", "dev-b", "dev-c"]),
    title=st.just("t"),
    file=st.just("shard-00/dev-a.json"),
    written=st.sampled_from([None, "old", "new"]),
    loaded=st.sampled_from([None, "old", "new"]),
    public=st.sampled_from(list(Public)),
    leaving_since=st.sampled_from([None, 3]),
)


@given(st.dictionaries(st.sampled_from(["dev-a", "dev-b"]), st.just(WANTED)), st.lists(_existing), st.booleans())
def test_steps_are_always_in_order_and_reload_at_most_once(wanted: Any, existing: Any, with_grafana: Any) -> None:
    plan = make_plan(wanted, {one.uid: one for one in existing}, with_grafana=with_grafana, breaker=FREE)
    places = [list(Action).index(step.action) for step in plan.steps]
    assert places == sorted(places)
    assert len(plan.uids(A.RELOAD)) <= (1 if with_grafana else 0)


def test_a_plan_is_printed_with_its_sums_and_what_is_held() -> None:
    plan = make_plan(
        {"dev-a": WANTED}, many(50), with_grafana=True, breaker=DeletionBreaker(0.3, 10, 51), purge=["rig-9"]
    )
    text = format_plan(plan_json(plan))
    assert "write             rig a  shard-00/dev-a.json" in text
    assert "1 × write, 1 × reload, 1 × prove, 1 × publish, 1 × purge; 0 documents unchanged." in text
    assert "Held back: removing 50 of 51 documents at once needs a person's word." in text
    assert plan_json(plan)["steps"][0] == {
        "action": "write",
        "uid": "dev-a",
        "title": "rig a",
        "file": "shard-00/dev-a.json",
    }


def test_a_long_plan_is_cut_and_an_empty_one_says_so() -> None:
    wanted = {f"dev-{number}": replace(WANTED, uid=f"dev-{number}") for number in range(300)}
    assert "… and 898 more" in format_plan(plan_json(make_plan(wanted, {}, with_grafana=True, breaker=FREE)), most=3)
    assert (
        format_plan(plan_json(make_plan({"dev-a": WANTED}, {"dev-a": DONE}, with_grafana=True, breaker=FREE)))
        == "Nothing to do: 1 document as wanted."
    )


def test_retries_come_later_each_time_up_to_a_bound() -> None:
    delays = [retry_delay_ms(attempt, "dev-a") for attempt in range(1, 12)]
    assert all(800 * 2**place <= delay <= 1000 * 2**place for place, delay in enumerate(delays[:7]))
    assert max(delays) <= 120_000
    assert len({retry_delay_ms(5, f"dev-{number}") for number in range(50)}) > 10
