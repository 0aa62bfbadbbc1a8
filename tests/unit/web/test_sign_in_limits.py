"""Failed sign-ins are limited per address and person, so that guessing is hopeless and locking others out is too."""

from __future__ import annotations

import pytest

from backend_server.errors import TooManyRequests
from backend_server.web.pages.sign_in import _next
from backend_server.web.sign_in_limits import SignInLimits


def test_five_failures_lock_that_person_from_that_address_only() -> None:
    limits = SignInLimits()
    for _ in range(5):
        limits.check("ann", "192.0.2.1")
        limits.failed("ann", "192.0.2.1")
    with pytest.raises(TooManyRequests, match="try again in") as caught:
        limits.check("ann", "192.0.2.1")
    assert 1 <= int(str(caught.value.details["retry_after_seconds"])) <= 300
    limits.check("ann", "192.0.2.2")
    limits.check("bob", "192.0.2.1")


def test_an_address_that_tries_many_names_is_stopped() -> None:
    limits = SignInLimits()
    for number in range(30):
        limits.failed(f"user-{number}", "192.0.2.1")
    with pytest.raises(TooManyRequests):
        limits.check("another", "192.0.2.1")


@pytest.mark.parametrize(
    ("path", "goes_to"),
    [
        ("/?search=rig&page=2", "/?search=rig&page=2"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("https://evil.example", "/"),
        ("/a\nb", "/"),
        ("javascript:alert(1)", "/"),
        (None, "/"),
    ],
)
def test_after_signing_in_only_our_own_paths_are_gone_to(path: str | None, goes_to: str) -> None:
    assert _next(path) == goes_to


def test_strangers_cannot_lock_a_person_out_where_that_person_signs_in() -> None:
    limits = SignInLimits()
    limits.succeeded("ann", "192.0.2.1")
    for number in range(250):
        limits.failed("ann", f"198.51.{number // 200}.{number % 200}")
    limits.check("ann", "192.0.2.1")
    with pytest.raises(TooManyRequests):
        limits.check("ann", "192.0.2.2")


def test_a_network_of_version_6_counts_as_one_address() -> None:
    limits = SignInLimits()
    for number in range(5):
        limits.failed("ann", f"2001:db8:1:2::{number:x}")
    with pytest.raises(TooManyRequests):
        limits.check("ann", "2001:db8:1:2:ffff::1")
    limits.check("ann", "2001:db8:1:3::1")
    limits.failed("bob", "::ffff:192.0.2.9")
    for _ in range(4):
        limits.failed("bob", "192.0.2.9")
    with pytest.raises(TooManyRequests):
        limits.check("bob", "::ffff:192.0.2.9")
