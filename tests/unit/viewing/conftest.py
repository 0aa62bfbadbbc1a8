"""Visitors over memories, and a client of their public pages."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient

from tests.support.visitors import Visitors


@pytest.fixture
def visitors() -> Iterator[Visitors]:
    made = Visitors()
    yield made
    made.close()


@pytest.fixture
def client(visitors: Visitors) -> FlaskClient:
    return visitors.client()
