"""Fixtures of the functional tests."""

from tests.support.app import live_app

__all__ = ["live_app"]
