"""Protected links: a form, one cookie for one link, and nothing for whoever has neither."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from flask.testing import FlaskClient

from backend_server.primitives.ids import LinkToken
from backend_server.primitives.passwords import hash_password
from backend_server.viewing.passwords import LinkPasswords, TooManyGuesses, proof_cookie
from tests.support.visitors import LINK, NOW_MS, TOKEN, Visitors

PAGE = f"/grafana/public-dashboards/{TOKEN}"
API = f"/grafana/api/public/dashboards/{TOKEN}"
PASSWORD = "correct horse battery"
HASH = hash_password(PASSWORD)
OTHER = "0123456789abcdef0123456789abcd02"


@pytest.fixture
def visitors() -> Iterator[Visitors]:
    made = Visitors()
    made.links.change(password_hash=HASH)
    yield made
    made.close()


@pytest.fixture
def client(visitors: Visitors) -> FlaskClient:
    return visitors.client()


def guess(client: FlaskClient, password: str, **options: Any) -> Any:
    return client.post(f"{PAGE}?theme=dark&orgId=1", data={"password": password}, **options)


def test_without_the_password_there_is_a_form_and_nothing_else(visitors: Visitors, client: FlaskClient) -> None:
    page = client.get(PAGE)
    html = page.get_data(as_text=True)
    assert page.status_code == 401
    assert '<form method="post">' in html
    assert 'type="password"' in html
    assert "Rig" not in html
    assert "form-action 'self'" in page.headers["Content-Security-Policy"]
    for answer in (
        client.get(API),
        client.get(f"{API}/annotations"),
        client.post(f"{API}/panels/1/query", json={}),
        client.post(f"{PAGE}/panels/1/data", json={"from": 1, "to": 2, "width": 3}),
    ):
        assert answer.status_code == 401
        assert answer.get_json()["messageId"] == "publicdashboards.passwordRequired"
    assert client.get(f"{PAGE}/state").get_json() == {"state": "locked", "until": None, "frame": ""}
    assert visitors.metrics.asked == []


def test_the_right_password_leads_to_the_page_and_opens_every_route(client: FlaskClient) -> None:
    answer = guess(client, PASSWORD)
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{TOKEN}?theme=dark&orgId=1")
    assert client.get(PAGE).status_code == 200
    assert client.get(API).status_code == 200
    assert client.post(f"{PAGE}/panels/1/data", json={"from": 1, "to": NOW_MS, "width": 3}).status_code == 200
    assert client.get(f"{PAGE}/state").get_json()["state"] == "live"


@pytest.mark.parametrize(
    ("scheme", "wanted", "absent"),
    [
        ("https", {"Secure", "HttpOnly", "SameSite=None", "Partitioned", "Path=/grafana/"}, set()),
        ("http", {"HttpOnly", "SameSite=Lax", "Path=/grafana/"}, {"Secure", "Partitioned"}),
    ],
)
def test_the_cookie_works_in_a_frame_on_another_site(
    client: FlaskClient, scheme: str, wanted: set[str], absent: set[str]
) -> None:
    cookie = guess(client, PASSWORD, base_url=f"{scheme}://dash.example").headers["Set-Cookie"]
    parts = set(cookie.split("; "))
    assert wanted <= parts
    assert parts.isdisjoint(absent)
    assert TOKEN not in cookie


def test_a_wrong_password_is_said_and_opens_nothing(visitors: Visitors, client: FlaskClient) -> None:
    answer = guess(client, "wrong")
    assert answer.status_code == 401
    assert "That is not the password" in answer.get_data(as_text=True)
    assert "Set-Cookie" not in answer.headers
    assert client.get(PAGE).status_code == 401
    visitors.counts.flush()
    assert visitors.views.hits["l1"].refused == {"wrong_password": 1, "locked": 1}


def test_many_wrong_passwords_are_refused_before_they_are_compared(client: FlaskClient) -> None:
    answers = [guess(client, f"wrong {number}").status_code for number in range(12)]
    assert answers == [401] * 10 + [429] * 2
    assert guess(client, PASSWORD).status_code == 429


def test_the_cookie_opens_that_link_only(visitors: Visitors, client: FlaskClient) -> None:
    found = visitors.links.found[TOKEN]
    other = replace(found.link, id="l2", token=LinkToken(OTHER))
    visitors.links.found[OTHER] = replace(found, link=other)
    proof = guess(client, PASSWORD).headers["Set-Cookie"].partition(";")[0].partition("=")[2]
    name = proof_cookie(OTHER)
    client.set_cookie(name, proof, path="/grafana/")
    assert client.get(f"/grafana/public-dashboards/{OTHER}").status_code == 401


def test_another_password_ends_what_was_open_and_none_opens_for_all(visitors: Visitors, client: FlaskClient) -> None:
    guess(client, PASSWORD)
    visitors.links.change(password_hash=hash_password("another password"))
    assert client.get(API).status_code == 401
    visitors.links.change(password_hash=None)
    assert client.get(API).status_code == 200
    assert guess(client, "").status_code == 303


def test_a_proof_ends_by_itself_and_cannot_be_made_up() -> None:
    passwords, link = LinkPasswords(b"key"), replace(LINK, password_hash=HASH)
    proof = passwords.proof(link, NOW_MS)
    assert passwords.holds(link, proof, NOW_MS)
    assert not passwords.holds(link, proof, NOW_MS + 12 * 3600 * 1000)
    assert not LinkPasswords(b"other").holds(link, proof, NOW_MS)
    until, _, signature = proof.partition(".")
    later = f"{int(until) + 1}.{signature}"
    for made_up in ("", ".", "x.y", later, f"{until}.", f"{until}.é", f"-1.{signature}", "9" * 40 + f".{signature}"):
        assert not passwords.holds(link, made_up, NOW_MS), made_up


def test_what_is_over_or_paused_asks_for_no_password(visitors: Visitors, client: FlaskClient) -> None:
    visitors.links.change(paused_at=1)
    assert client.get(PAGE).status_code == 403
    assert guess(client, PASSWORD).status_code == 403
    assert client.get(f"{PAGE}/state").get_json()["state"] == "paused"
    visitors.links.change(paused_at=None, revoked_at=1)
    assert guess(client, PASSWORD).status_code == 410
    visitors.links.found.clear()
    assert guess(client, PASSWORD).status_code == 404


def test_only_a_form_of_a_bounded_size_is_read(client: FlaskClient) -> None:
    assert client.post(PAGE, json={"password": PASSWORD}).status_code == 400
    assert guess(client, "x" * 20_000).status_code == 400
    assert client.post(PAGE, data=b"\xff\xfe=1", content_type="application/x-www-form-urlencoded").status_code == 401


def test_one_visitor_cannot_lock_the_others_out() -> None:
    passwords, link = LinkPasswords(b"key"), replace(LINK, password_hash=hash_password("12345678"))
    for _ in range(10):
        assert not passwords.check(link, "x" * 300, "10.0.0.1")  # too long to be hashed, counted all the same
    with pytest.raises(TooManyGuesses):
        passwords.check(link, "12345678", "10.0.0.1")
    assert passwords.check(link, "12345678", "10.0.0.2")
