"""Devices are asked just before Prometheus comes, whoever else asks for readings; without it, on their interval."""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import pairwise

import pytest

from backend_server.poller.rhythm import ScrapeRhythm


def scraped(moments: Sequence[float]) -> ScrapeRhythm:
    rhythm = ScrapeRhythm()
    for moment in moments:
        rhythm.came(moment)
    return rhythm


def polls(rhythm: ScrapeRhythm, begin: float, wait: float, count: int, *, place: float = 0.5) -> list[float]:
    """Return the moments of a device's next polls while Prometheus keeps coming every 5 s."""
    moments = [begin]
    while len(moments) <= count:
        moments.append(rhythm.before_scrape(moments[-1], wait, place, 10, 0.1))
    return moments[1:]


def before(moment: float, scrape: float, interval: float) -> float:
    """Return how long before the next scrape a moment lies."""
    return (scrape - moment) % interval


@pytest.mark.parametrize("place", [0.0, 0.3, 0.99])
@pytest.mark.parametrize(("wait", "interval"), [(5.0, 5.0), (5.0, 1.0), (10.0, 5.0), (1.0, 5.0), (5.0, 15.0)])
def test_a_device_is_asked_just_before_the_scrape(wait: float, interval: float, place: float) -> None:
    rhythm = scraped([100.3 + count * interval for count in range(5)])
    last = 100.3 + 4 * interval
    moments = polls(rhythm, last + 0.77, wait, 2, place=place)
    assert all(0 < before(moment, last, min(wait, interval)) <= 1.0 for moment in moments), moments
    assert moments[1] - moments[0] == pytest.approx(wait), "and as often as its kind says"


def test_what_the_first_aligned_poll_waits_is_near_its_interval() -> None:
    rhythm = scraped([100.3 + count * 5 for count in range(5)])
    for begin in (random.Random(7).uniform(120.4, 130) for _ in range(200)):
        assert 1.25 <= polls(rhythm, begin, 5.0, 1)[0] - begin <= 7.6


def test_a_slow_device_is_asked_so_much_earlier() -> None:
    rhythm = scraped([100.0 + count * 5 for count in range(5)])
    quick = rhythm.before_scrape(121.0, 5.0, 0.0, 10, 0.01)
    slow = rhythm.before_scrape(121.0, 5.0, 0.0, 10, 0.9)
    assert quick - slow == pytest.approx(0.89)


def test_a_large_fleet_is_spread_over_the_whole_interval() -> None:
    rhythm = scraped([100.0 + count * 5 for count in range(5)])
    moments = [rhythm.before_scrape(121.0, 5.0, count / 10_000, 10_000, 0.01) for count in range(0, 10_000, 500)]
    places = sorted(before(moment, 120.0, 5.0) for moment in moments)
    assert places[-1] - places[0] > 4
    assert all(later - earlier < 0.4 for earlier, later in pairwise(places))


@pytest.mark.parametrize(
    ("moments", "why"),
    [
        ([], "nobody comes"),
        ([100.0, 105.0, 110.0], "three could be chance"),
        ([100.0, 101.0, 107.0, 108.5, 117.0, 120.0], "no interval in them"),
    ],
)
def test_without_a_rhythm_a_device_is_asked_on_its_interval(moments: list[float], why: str) -> None:
    assert scraped(moments).before_scrape(121.25, 5.0, 0.4, 10, 0.0) == 126.25, why


def test_an_interval_that_does_not_fit_stays_as_it_is() -> None:
    rhythm = scraped([100.0 + count * 5 for count in range(5)])
    assert rhythm.before_scrape(121.0, 7.0, 0.4, 10, 0.0) == 128.0


def test_other_visitors_do_not_disturb_the_rhythm() -> None:
    chance = random.Random(3)
    moments = [100.0 + count * 5 + chance.uniform(-0.02, 0.02) for count in range(12)]
    others = [chance.uniform(100, 155) for _ in range(12)]
    rhythm = scraped(sorted([*moments, *others]))
    assert rhythm.interval(156.0) == pytest.approx(5.0, abs=0.6)
    assert 0 < before(polls(rhythm, 156.0, 5.0, 1)[0], 155.0, 5.0) < 1.5


def test_a_prometheus_that_went_away_is_forgotten_and_another_learned() -> None:
    rhythm = scraped([100.0 + count * 5 for count in range(5)])
    assert rhythm.interval(130.0) == 5.0
    assert rhythm.interval(140.0) is None
    assert rhythm.before_scrape(140.0, 5.0, 0.4, 10, 0.0) == 145.0
    for count in range(4):
        rhythm.came(200.0 + count * 2)
    assert rhythm.interval(206.5) == 2.0
