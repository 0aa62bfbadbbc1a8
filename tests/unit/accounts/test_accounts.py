"""Who a token is, what each may do, and the first start."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from backend_server.accounts import (
    AccountBook,
    Actor,
    ApiToken,
    FirstAdmin,
    Need,
    Role,
    Scope,
    ensure_first_admin,
    hash_api_token,
    new_api_token,
)
from backend_server.accounts.model import User
from backend_server.accounts.unshown import UnshownSecrets, token_mark
from backend_server.errors import ConfigError, Conflict, Forbidden, InvalidInput, NotFound
from backend_server.primitives.passwords import hash_password, verify_password
from backend_server.primitives.secret import Secret

ADMIN = Actor("root", Role.ADMIN)


class Rows:
    """An account store in memory with a clock that is set by hand."""

    def __init__(self) -> None:
        self.change, self.now, self.reads = 0, 1_000_000, 0
        self._tokens: list[ApiToken] = []
        self._users: dict[str, User] = {}
        self.values = Values()
        self.touched: list[tuple[dict[str, int], dict[str, int]]] = []

    def change_number(self) -> int:
        return self.change

    def now_ms(self) -> int:
        return self.now

    def tokens(self) -> list[ApiToken]:
        self.reads += 1
        return list(self._tokens)

    def users(self) -> list[User]:
        return list(self._users.values())

    def add_token(self, token: ApiToken, *, by: str) -> None:
        if any(one.name == token.name for one in self._tokens):
            raise Conflict(f"{token.name} is taken")
        self._tokens.insert(0, token)
        self.change += 1

    def replace_token(self, token: ApiToken, *, by: str) -> None:
        self._tokens = [one for one in self._tokens if one.name != token.name]
        self.add_token(token, by=by)

    def revoke_token(self, token_id: str, *, by: str) -> bool:
        for place, token in enumerate(self._tokens):
            if token.id == token_id:
                self._tokens[place] = replace(token, revoked_at=self.now)
                self.change += 1
                return True
        return False

    def put_user(self, user: User, *, by: str) -> None:
        self._users[user.name] = user
        self.change += 1

    def touch(self, tokens: Mapping[str, int], people: Mapping[str, int]) -> None:
        self.touched.append((dict(tokens), dict(people)))


class Values:
    """Named values in memory."""

    def __init__(self) -> None:
        self._values: dict[str, str | None] = {}

    def get(self, name: str) -> str | None:
        return self._values.get(name)

    def set(self, name: str, value: str | None) -> None:
        self._values[name] = value


@pytest.fixture
def rows() -> Rows:
    return Rows()


@pytest.fixture
def book(rows: Rows) -> AccountBook:
    return AccountBook(rows)


@pytest.mark.parametrize(
    ("actor", "need", "may"),
    [
        pytest.param(Actor("a", Role.VIEWER), Need(Role.VIEWER, Scope.DEVICES_READ), True, id="own role"),
        pytest.param(Actor("a", Role.VIEWER), Need(Role.EDITOR, Scope.DEVICES_WRITE), False, id="higher role"),
        pytest.param(Actor("a", Role.ADMIN), Need(Role.EDITOR, Scope.DEVICES_WRITE), True, id="lower role"),
        pytest.param(
            Actor("a", Role.ADMIN, frozenset({Scope.LINKS_READ})),
            Need(Role.VIEWER, Scope.DEVICES_READ),
            False,
            id="scope",
        ),
        pytest.param(
            Actor("a", Role.EDITOR, frozenset({Scope.DEVICES_WRITE})),
            Need(Role.VIEWER, Scope.DEVICES_READ),
            True,
            id="writing includes reading",
        ),
        pytest.param(
            Actor("a", Role.EDITOR, frozenset({Scope.DEVICES_READ})),
            Need(Role.EDITOR, Scope.DEVICES_WRITE),
            False,
            id="reading does not include writing",
        ),
        pytest.param(
            Actor("a", Role.VIEWER, frozenset({Scope.LINKS_READ})), Need(Role.VIEWER), True, id="no scope asked"
        ),
    ],
)
def test_role_and_scopes_both_limit(actor: Actor, need: Need, may: bool) -> None:
    assert actor.may(need) is may
    if not may:
        with pytest.raises(Forbidden, match="This needs the"):
            actor.check(need)


def test_a_token_names_its_actor_until_it_expires_or_is_revoked(book: AccountBook, rows: Rows) -> None:
    token, secret = book.create_token("ci", Role.EDITOR, [Scope.DEVICES_WRITE], rows.now + 1000, by=ADMIN)
    assert book.actor_of_token(secret.reveal()) == Actor("token:ci", Role.EDITOR, frozenset({Scope.DEVICES_WRITE}))

    rows.now += 1000
    assert book.actor_of_token(secret.reveal()) is None

    rows.now -= 1000
    book.revoke_token(token.id, by=ADMIN)
    assert book.actor_of_token(secret.reveal()) is None


def test_a_token_revoked_by_another_process_opens_nothing_from_the_next_request_on(
    book: AccountBook, rows: Rows
) -> None:
    token, secret = book.create_token("ci", Role.VIEWER, [], None, by=ADMIN)
    assert book.actor_of_token(secret.reveal()) is not None
    AccountBook(rows).revoke_token(token.id, by=ADMIN)
    assert book.actor_of_token(secret.reveal()) is None


def test_tokens_are_read_once_while_nothing_changes(book: AccountBook, rows: Rows) -> None:
    _, secret = book.create_token("ci", Role.VIEWER, [], None, by=ADMIN)
    for _ in range(5):
        book.actor_of_token(secret.reveal())
        book.actor_of_token("dw_unknown")
    assert rows.reads == 1


def test_only_the_hash_of_a_token_is_stored(book: AccountBook, rows: Rows) -> None:
    _, secret = book.create_token("ci", Role.VIEWER, [], None, by=ADMIN)
    assert secret.reveal().startswith("dw_")
    assert secret.reveal() not in repr(rows.tokens())
    assert rows.tokens()[0].hash == hash_api_token(secret.reveal())


@pytest.mark.parametrize(
    ("maker", "role", "scopes"),
    [
        pytest.param(Actor("e", Role.EDITOR), Role.ADMIN, [], id="a higher role"),
        pytest.param(Actor("e", Role.ADMIN, frozenset({Scope.TOKENS_WRITE})), Role.VIEWER, [], id="no scopes = all"),
        pytest.param(
            Actor("e", Role.ADMIN, frozenset({Scope.TOKENS_WRITE})),
            Role.VIEWER,
            [Scope.DEVICES_READ],
            id="other scopes",
        ),
    ],
)
def test_a_token_never_does_more_than_its_maker(
    book: AccountBook, maker: Actor, role: Role, scopes: list[Scope]
) -> None:
    with pytest.raises(Forbidden):
        book.create_token("x", role, scopes, None, by=maker)


def test_what_is_wrong_with_a_new_token_is_said(book: AccountBook, rows: Rows) -> None:
    with pytest.raises(InvalidInput, match="lies in the past"):
        book.create_token("x", Role.VIEWER, [], rows.now, by=ADMIN)
    book.create_token("x", Role.VIEWER, [], None, by=ADMIN)
    with pytest.raises(Conflict):
        book.create_token("x", Role.VIEWER, [], None, by=ADMIN)
    with pytest.raises(NotFound):
        book.revoke_token("nothing", by=ADMIN)


def test_last_use_is_written_once_a_minute_not_at_each_request(book: AccountBook, rows: Rows) -> None:
    token, secret = book.create_token("ci", Role.VIEWER, [], None, by=ADMIN)
    for _ in range(3):
        rows.now += 1
        book.actor_of_token(secret.reveal())
    assert rows.touched == []
    assert book.tokens()[0].last_used_at == rows.now
    book.flush()
    book.flush()
    assert rows.touched == [({token.id: rows.now}, {})]


def test_a_session_ends_when_the_version_moves_or_the_person_is_disabled(book: AccountBook, rows: Rows) -> None:
    rows.put_user(User("ann", Role.EDITOR, hash_password("long enough")), by="test")
    assert book.actor_of_session("ann", 1) == Actor("ann", Role.EDITOR, by_session=True)
    assert book.actor_of_session("ann", 2) is None
    assert book.sign_in("ann", "long enough") is not None
    assert book.sign_in("ann", "wrong") is None
    assert book.sign_in("nobody", "long enough") is None
    rows.put_user(User("ann", Role.EDITOR, hash_password("long enough"), 1, rows.now), by="test")
    assert book.actor_of_session("ann", 1) is None
    assert book.sign_in("ann", "long enough") is None


def test_passwords_are_checked_against_their_hash_only() -> None:
    stored = hash_password("correct horse")
    assert verify_password(stored, "correct horse")
    assert not verify_password(stored, "correct horsE")
    assert not verify_password(None, "correct horse")
    assert not verify_password("not a hash", "correct horse")
    assert not verify_password(stored, "x" * 100_000)
    with pytest.raises(InvalidInput, match="use 8 to 256"):
        hash_password("short")


def test_first_start_makes_both_secrets_and_shows_them_once(rows: Rows) -> None:
    first = ensure_first_admin(FirstAdmin(), rows, rows.values)
    assert first.admin_password is not None
    assert first.api_token is not None
    book = AccountBook(rows)
    assert book.sign_in("admin", first.admin_password.reveal()) is not None
    assert book.actor_of_token(first.api_token.reveal()) == Actor("token:first", Role.ADMIN)

    assert first.password_mark is not None
    unshown = UnshownSecrets(rows.values)
    for mark in (first.password_mark, token_mark(hash_api_token(first.api_token.reveal()))):
        assert unshown.is_marked(mark)
        unshown.unmark(mark)
    again = ensure_first_admin(FirstAdmin(), rows, rows.values)
    assert (again.admin_password, again.api_token) == (None, None)


def test_what_was_made_and_never_shown_is_made_anew(rows: Rows) -> None:
    """A start that was killed before it showed them: nobody knows the first ones, and nobody may be locked out."""
    lost = ensure_first_admin(FirstAdmin(), rows, rows.values)
    found = ensure_first_admin(FirstAdmin(), rows, rows.values)
    assert lost.admin_password is not None
    assert lost.api_token is not None
    assert found.admin_password is not None
    assert found.api_token is not None
    book = AccountBook(rows)
    assert book.sign_in("admin", lost.admin_password.reveal()) is None
    assert book.sign_in("admin", found.admin_password.reveal()) is not None
    assert book.actor_of_token(lost.api_token.reveal()) is None
    assert book.actor_of_token(found.api_token.reveal()) == Actor("token:first", Role.ADMIN)


def test_what_was_set_or_used_since_is_left_alone_though_the_first_was_never_shown(rows: Rows) -> None:
    ensure_first_admin(FirstAdmin(), rows, rows.values)
    by_hand = User("admin", Role.ADMIN, hash_password("set by hand"), 2)
    rows.put_user(by_hand, by="cli")
    rows.add_token(replace(rows.tokens()[0], id="t2", name="other", hash="0" * 64), by="cli")
    again = ensure_first_admin(FirstAdmin(), rows, rows.values)
    assert (again.admin_password, again.api_token, again.password_mark) == (None, None, None)
    assert rows.users() == [by_hand]


def test_secrets_from_the_environment_are_taken_over_when_they_change_and_only_then(rows: Rows) -> None:
    token = new_api_token()
    settings = FirstAdmin(password=Secret("first password"), token=Secret(token))
    assert ensure_first_admin(settings, rows, rows.values).admin_password is None
    book = AccountBook(rows)
    assert book.actor_of_token(token) == Actor("token:environment", Role.ADMIN)

    set_by_hand = User("admin", Role.ADMIN, hash_password("set by hand"), 5)
    rows.put_user(set_by_hand, by="admin")
    ensure_first_admin(settings, rows, rows.values)
    assert rows.users() == [set_by_hand], "an unchanged ADMIN_PASSWORD must not undo what was set since"

    other = new_api_token()
    ensure_first_admin(FirstAdmin(password=Secret("second password"), token=Secret(other)), rows, rows.values)
    assert book.sign_in("admin", "second password") is not None
    assert book.actor_of_session("admin", 5) is None
    assert book.actor_of_token(token) is None
    assert book.actor_of_token(other) is not None


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        (FirstAdmin(password=Secret("short")), "ADMIN_PASSWORD cannot be used"),
        (FirstAdmin(token=Secret("short")), "API_TOKEN is shorter than 16"),
    ],
)
def test_weak_secrets_stop_the_start_without_being_shown(rows: Rows, settings: FirstAdmin, told: str) -> None:
    with pytest.raises(ConfigError, match=told) as caught:
        ensure_first_admin(settings, rows, rows.values)
    assert "'short'" not in str(caught.value)
