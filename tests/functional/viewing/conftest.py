"""One real Prometheus for the tests of viewing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.prometheus import RunningPrometheus, running_prometheus


@pytest.fixture(scope="session")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningPrometheus]:
    """A real Prometheus with an exposition server, started when a test first asks for it."""
    with running_prometheus(tmp_path_factory.mktemp("prometheus")) as running:
        yield running
