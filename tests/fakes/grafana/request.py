"""A request as the fake sees it, and who is asking."""

from __future__ import annotations

import hashlib
import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

from tests.fakes.grafana.answers import Answer, forbidden, unauthorized
from tests.fakes.grafana.database import Database, User, now_seconds


@dataclass
class Request:
    """One request. `path` is below the sub-path, percent-decoding left to the routes; header names are lower-case."""

    method: str
    target: str
    path: str
    query_string: str
    headers: Mapping[str, str]
    body: bytes
    peer: str
    status: int = 0  # set when it was answered

    def query(self, name: str) -> str:
        """Return the first value of a query parameter, or an empty text."""
        return parse_qs(self.query_string, keep_blank_values=True).get(name, [""])[0]

    def query_int(self, name: str) -> int:
        """Return a query parameter as a number, 0 when it is none."""
        text = self.query(name)
        return int(text) if re.fullmatch(r"-?\d+", text) else 0

    @property
    def changes_something(self) -> bool:
        """Whether the request is of a kind that changes Grafana's state; viewers' queries do not."""
        return self.method in ("POST", "PUT", "PATCH", "DELETE") and not self.path.startswith("/api/public/")


@dataclass
class AuthRules:
    """`[auth.proxy]`, `[security]` and tokens, as the fake was started with them."""

    header_name: str = "X-WEBAUTH-USER"
    whitelist: str = "127.0.0.1/32"
    auto_sign_up: bool = False
    csrf_always_check: bool = False
    tokens: dict[str, str] = field(default_factory=dict)  # service-account token -> org role


@dataclass
class Who:
    """Who is asking: a user, or the answer that says why nobody is."""

    user: User | None = None
    refused: Answer = field(default_factory=unauthorized)

    @property
    def role(self) -> str:
        return (self.user.role or "") if self.user else ""


def who_asks(database: Database, rules: AuthRules, request: Request) -> Who:
    """Find the user: a token first, then the proxy header, which only listed peers may send."""
    bearer = request.headers.get("authorization", "")
    if bearer.startswith("Bearer "):
        role = rules.tokens.get(bearer.removeprefix("Bearer "))
        if role is None:
            return Who(refused=unauthorized("api-key.invalid", "Invalid API key"))
        return Who(User(0, "sa-1-token", "sa-1-token", role=role))
    name = request.headers.get(rules.header_name.lower(), "")
    if not name:
        return Who()
    if not _listed(rules.whitelist, request.peer):
        return Who(refused=unauthorized("auth-proxy.invalid-ip"))
    with database.lock:
        user = _by_header(database, name)
        if user is None:
            if not rules.auto_sign_up:
                return Who(refused=unauthorized("user.sync.signup-disabled", "Sign up is disabled"))
            user = database.add_user(name, name)
        if name not in database.seen_headers:
            user.updated_at = now_seconds()
        database.seen_headers[name] = user.id
        user.external = True
        return Who(user)


def _by_header(database: Database, name: str) -> User | None:
    cached = database.seen_headers.get(name)
    for user in database.users:
        if cached == user.id or user.login.lower() == name.lower():
            return user
    for user in database.users:
        if user.email and user.email.lower() == name.lower():
            user.login = name  # the trap: the header's spelling becomes the login
            return user
    return None


def _listed(whitelist: str, peer: str) -> bool:
    if not whitelist.strip():
        return True
    address = ipaddress.ip_address(peer)
    return any(address in ipaddress.ip_network(one.strip(), strict=False) for one in whitelist.split(","))


def check_origin(rules: AuthRules, request: Request) -> Answer | None:
    """Refuse a foreign `Origin`, on GET too, but only with a login cookie (or when always checked)."""
    cookie = request.headers.get("cookie", "")
    if request.method in ("HEAD", "OPTIONS", "TRACE"):
        return None
    if not rules.csrf_always_check and "grafana_session=" not in cookie:
        return None
    origin = request.headers.get("origin", "")
    host = urlsplit(f"//{request.headers.get('host', '')}").hostname
    if not origin or urlsplit(origin).hostname == host:
        return None
    return Answer(403, b"origin not allowed\n", {"Content-Type": "text/plain; charset=utf-8"}, bare=True)


def need_admin(who: Who, permission: str) -> Answer | None:
    """Refuse who is not an administrator of the org."""
    return None if who.role == "Admin" else forbidden(permission)


def need_server_admin(who: Who, permission: str) -> Answer | None:
    """Refuse who is not an administrator of the server; a service account never is."""
    return None if who.user is not None and who.user.server_admin else forbidden(permission)


def avatar_url(sub_path: str, user: User) -> str:
    """Return the avatar's address as Grafana makes it of the e-mail (or login)."""
    digest = hashlib.md5((user.email or user.login).lower().encode(), usedforsecurity=False).hexdigest()
    return f"{sub_path}/avatar/{digest}"
