"""A live range ends where readings are known to: at the newest reading, asked for once a step, and complete."""

from __future__ import annotations

import pytest

from backend_server.queries.steps import LearnedScrapes, Scrapes

STEP = 5000


def taken(scrapes: Scrapes, until_ms: int) -> int:
    """Return the newest scrape up to a moment."""
    return (until_ms - scrapes.moment_ms) // scrapes.interval_ms * scrapes.interval_ms + scrapes.moment_ms


@pytest.mark.parametrize("settle", [0, 400])
@pytest.mark.parametrize("moment", [0, 1, 700, 2500, 4999])
@pytest.mark.parametrize("interval", [1000, 5000, 15_000])
def test_an_end_on_the_grid_holds_every_scrape_it_ever_will(interval: int, moment: int, settle: int) -> None:
    scrapes = Scrapes(interval, moment, settle)
    before = 0
    for now in range(1_000_000, 1_060_000, 50):
        end = scrapes.known_until_ms(now) // STEP * STEP
        newest = taken(scrapes, now - settle)
        assert taken(scrapes, end) <= newest, "nothing that is still to come belongs to this end"
        assert end >= before, "time does not go back"
        assert -STEP < now - settle - end + interval <= STEP + interval
        before = end


@pytest.mark.parametrize("moment", [1, 700, 2500, 4999])
def test_a_scrape_is_in_the_range_as_soon_as_it_can_be_asked_for(moment: int) -> None:
    scrapes = Scrapes(5000, moment, 300)
    ends = {now: scrapes.known_until_ms(now) // STEP * STEP for now in range(1_000_000, 1_020_000, 10)}
    for now, end in ends.items():
        assert end >= taken(scrapes, now - 300), (now, end)
    assert len(set(ends.values())) <= 5, "and each step has one answer"


def test_no_range_ends_far_ahead_of_now_where_scrapes_are_rare() -> None:
    scrapes = Scrapes(60_000, 10_000)
    assert max(scrapes.known_until_ms(now) - now for now in range(1_000_000, 1_060_000, 100)) == 5000


@pytest.mark.parametrize("settle", [0, 400])
@pytest.mark.parametrize("moment", [0, 1, 700, 2500, 4999])
@pytest.mark.parametrize("interval", [1000, 5000])
def test_the_page_is_told_the_moments_when_there_is_something_new(interval: int, moment: int, settle: int) -> None:
    scrapes = Scrapes(interval, moment, settle)
    news = scrapes.news()
    assert news is not None
    every, at = news
    assert every == STEP
    ends = [scrapes.known_until_ms(now) // STEP * STEP for now in range(1_000_000, 1_050_000)]
    changed = [1_000_000 + index for index in range(1, len(ends)) if ends[index] != ends[index - 1]]
    assert {now % every for now in changed} == {at}


def test_rare_scrapes_bring_news_rarely_and_odd_ones_none_in_a_rhythm() -> None:
    assert Scrapes(15_000, 100, 300).news() == (15_000, 400)
    assert Scrapes(7_000, 100).news() is None
    assert Scrapes(2_000, 100).news() is None


def test_without_scrapes_a_range_ends_now() -> None:
    learned = LearnedScrapes()
    assert learned.known_until_ms(1_234_567) == 1_234_567
    learned.known = Scrapes(5000, 3000)
    assert learned.known_until_ms(1_234_567) == 1_237_999
