"""The scrapes are learned from the times of the samples they brought; what cannot be read changes nothing."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

import orjson
import pytest

from backend_server.datasources.prometheus import PrometheusUnavailable
from backend_server.queries.steps import LearnedScrapes, Scrapes
from backend_server.querying.scrape_watch import ScrapeWatch, rhythm_of
from tests.support.prometheus import RunningPrometheus, running_prometheus

NOW = 1_700_000_000_000


def matrix(labels: dict[str, str], moments: Sequence[float], value: str = "3") -> bytes:
    series = {"metric": labels, "values": [[moment, value] for moment in moments]}
    return orjson.dumps({"status": "success", "data": {"resultType": "matrix", "result": [series]}})


@dataclass
class Source:
    """A Prometheus with the scrapes it is told of."""

    moments: Sequence[float] = ()
    seconds: str = "0.2"
    failing: bool = False
    asked: list[str] = field(default_factory=list)

    def instant(self, query: str, time_ms: int) -> bytes:
        assert time_ms == NOW
        self.asked.append(query)
        if self.failing:
            raise PrometheusUnavailable("Prometheus cannot be reached.")
        if query.startswith("scrape_duration_seconds"):
            return matrix({}, self.moments, self.seconds)
        return matrix({"job": "dashwright-poller", "instance": 'a"b'}, self.moments)

    def range(self, query: str, from_ms: int, to_ms: int, step_ms: int) -> bytes:
        raise AssertionError(query)


def every(interval: float, *, until: float = NOW / 1000 - 1.3, count: int = 24) -> list[float]:
    return [until - interval * back for back in reversed(range(count))]


def test_interval_moment_and_how_long_a_scrape_takes_are_learned() -> None:
    learned, source = LearnedScrapes(), Source(every(5.0))
    ScrapeWatch(source, learned, lambda: NOW).look()
    assert learned.known == Scrapes(5000, NOW - 1300, 250 + 300)
    assert source.asked == [
        "dashwright_poller_devices[2m]",
        'scrape_duration_seconds{job="dashwright-poller",instance="a\\"b"}[2m]',
    ]


def test_a_prometheus_that_is_away_leaves_what_was_known_and_an_end_of_the_scrapes_forgets_it() -> None:
    learned, source = LearnedScrapes(), Source(every(5.0))
    watch = ScrapeWatch(source, learned, lambda: NOW)
    watch.look()
    known = learned.known
    source.failing = True
    watch.look()
    assert learned.known is known is not None
    source.failing, source.moments = False, ()
    watch.look()
    assert learned.known is None


@pytest.mark.parametrize(
    ("moments", "wanted"),
    [
        pytest.param(every(5.0), (5000, NOW - 1300), id="steady"),
        pytest.param([*every(5.0)[:9], *every(5.0)[11:]], (5000, NOW - 1300), id="two were missed"),
        pytest.param(every(5.0, count=3), None, id="too few"),
        pytest.param(every(5.0, until=NOW / 1000 - 16), None, id="ended"),
        pytest.param([NOW / 1000 - back for back in (60, 58, 40, 39, 20, 3)], None, id="no interval"),
        pytest.param([], None, id="none"),
    ],
)
def test_only_a_steady_rhythm_counts(moments: list[float], wanted: tuple[int, int] | None) -> None:
    assert rhythm_of([moment * 1000 for moment in moments], NOW) == wanted


@pytest.mark.parametrize(
    "answer",
    [b"", b"[]", b'{"data":{"resultType":"vector","result":[]}}', b'{"data":{"resultType":"matrix","result":[1]}}'],
)
def test_an_answer_of_another_shape_says_nothing(answer: bytes) -> None:
    class Odd(Source):
        def instant(self, query: str, time_ms: int) -> bytes:
            return answer

    learned = LearnedScrapes()
    ScrapeWatch(Odd(), learned, lambda: NOW).look()
    assert learned.known is None


def test_a_real_prometheus_tells_its_scrapes(tmp_path_factory: pytest.TempPathFactory) -> None:
    from backend_server.datasources import PrometheusClient
    from backend_server.primitives.clock import epoch_ms
    from tests.support.prometheus import wait_until

    with running_prometheus(tmp_path_factory.mktemp("prometheus"), text="dashwright_poller_devices 1\n") as prometheus:
        client, learned, stop = PrometheusClient(prometheus.url), LearnedScrapes(), threading.Event()
        watching = threading.Thread(target=ScrapeWatch(client, learned, epoch_ms).watch, args=(stop,))
        watching.start()
        try:
            wait_until(lambda: learned.known, what="the scrapes are learned", seconds=120)
            stamped = float(str(_value(prometheus)))
        finally:
            stop.set()
            watching.join()
            client.close()
    assert learned.known is not None
    assert learned.known.interval_ms == 1000
    apart = (round(stamped * 1000) - learned.known.moment_ms) % 1000
    assert min(apart, 1000 - apart) <= 100, "they keep their place in the second"


def _value(prometheus: RunningPrometheus) -> object:
    (found,) = prometheus.ask("timestamp(dashwright_poller_devices)")
    value = found["value"]
    assert isinstance(value, list)
    return value[1]
