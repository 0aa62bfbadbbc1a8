"""A host platform's tokens: who they make, and every way in which they open nothing."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from backend_server.accounts import Actor, HostTokens, Role
from backend_server.errors import ConfigError, Unauthenticated
from backend_server.primitives.secret import Secret
from backend_server.settings import Settings
from backend_server.wiring.accounts import build_host_tokens

SECRET = "a shared secret of the host, long enough"
RSA_KEY = rsa.generate_private_key(65537, 2048)
PRIVATE: dict[str, Any] = {
    "RS256": RSA_KEY,
    "ES256": ec.generate_private_key(ec.SECP256R1()),
    "ES384": ec.generate_private_key(ec.SECP384R1()),
    "ES512": ec.generate_private_key(ec.SECP521R1()),
    "EdDSA": ed25519.Ed25519PrivateKey.generate(),
}


def pem(key: Any) -> str:
    made: bytes = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return made.decode()


def claims(**more: object) -> dict[str, object]:
    given = {"sub": "ann", "exp": int(time.time()) + 60, "role": "editor", **more}
    return {name: value for name, value in given.items() if value is not None}


def reader(**settings: Any) -> HostTokens:
    found = build_host_tokens(Settings(**{"jwt_secret": Secret(SECRET), **settings}))
    assert found is not None
    return found


def signed(**more: object) -> str:
    return jwt.encode(claims(**more), SECRET, "HS256")


def refused(token: str, why: str = "The host platform's token", **settings: Any) -> None:
    with pytest.raises(Unauthenticated, match=why) as caught:
        reader(**settings).actor_of(token)
    assert len(token) < 10 or token not in caught.value.message


def by_hand(header: object, body: object, sign: Callable[[bytes], bytes] = lambda _: b"") -> str:
    def part(raw: bytes) -> str:
        return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()

    text = ".".join(part(one if isinstance(one, bytes) else json.dumps(one).encode()) for one in (header, body))
    return f"{text}.{part(sign(text.encode()))}"


def hs256(key: bytes) -> Callable[[bytes], bytes]:
    return lambda text: hmac.new(key, text, hashlib.sha256).digest()


@pytest.mark.parametrize("role", list(Role))
def test_the_claim_is_the_role(role: Role) -> None:
    assert reader().actor_of(signed(role=role.value)) == Actor("jwt:ann", role)
    assert reader(jwt_role_claim="https://host/role").actor_of(
        signed(role=None, **{"https://host/role": role.value})
    ) == Actor("jwt:ann", role)


@pytest.mark.parametrize("algorithm", sorted(PRIVATE))
def test_a_public_key_takes_the_signature_of_its_kind_alone(algorithm: str) -> None:
    key = PRIVATE[algorithm]
    settings = {"jwt_secret": None, "jwt_public_key": pem(key)}
    token = jwt.encode(claims(), key, algorithm)
    assert reader(**settings).actor_of(token).name == "jwt:ann"
    one_line = {**settings, "jwt_public_key": pem(key).replace("\n", "\\n")}
    assert reader(**one_line).actor_of(token).name == "jwt:ann"
    for other, its_key in PRIVATE.items():
        if other != algorithm:
            refused(jwt.encode(claims(), its_key, other), "not accepted", **settings)
    # The old trick: the public key, known to all, used as a shared secret.
    for known in (pem(key).encode(), pem(key).strip().encode()):
        refused(by_hand({"alg": "HS256", "typ": "JWT"}, claims(), hs256(known)), "not accepted", **settings)
    refused(signed(), "not accepted", **settings)


@dataclass(frozen=True)
class FromNow:
    """A moment so many seconds from the test's own now."""

    seconds: int


def test_a_stranger_with_a_key_of_the_right_kind_is_refused() -> None:
    settings = {"jwt_secret": None, "jwt_public_key": pem(RSA_KEY)}
    refused(jwt.encode(claims(), rsa.generate_private_key(65537, 2048), "RS256"), "trust", **settings)
    refused(jwt.encode(claims(), "another secret, also long enough for us", "HS256"), "trust")


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "", None, 1, "HS512", "RS256", ["HS256"], {"a": 1}])
def test_the_token_does_not_choose_how_it_is_checked(algorithm: object) -> None:
    for sign in (lambda _: b"", hs256(SECRET.encode())):
        refused(by_hand({"alg": algorithm, "typ": "JWT"}, claims(), sign))


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"exp": FromNow(-60)}, "has expired"),
        ({"exp": None}, "lacks the claim 'exp'"),
        ({"sub": None}, "lacks the claim 'sub'"),
        ({"nbf": FromNow(60)}, "not valid yet"),
        ({"iat": FromNow(60)}, "not valid yet"),
        ({"aud": "somebody else"}, "another audience"),
        ({"role": None}, "lacks the claim 'role'"),
        ({"role": "root"}, "names no role"),
        ({"role": "Admin"}, "names no role"),
        ({"role": ["admin"]}, "names no role"),
        ({"role": True}, "names no role"),
        ({"sub": ""}, "subject"),
        ({"sub": "a\nb"}, "subject"),
        ({"sub": "x" * 101}, "subject"),
    ],
)
def test_what_a_claim_must_be(change: dict[str, object], why: str) -> None:
    # The clock is read here: what was reckoned when the file was imported may have come to pass in a long run.
    now = int(time.time())
    given = {name: now + value.seconds if isinstance(value, FromNow) else value for name, value in change.items()}
    refused(signed(**given), why)


@pytest.mark.parametrize("exp", [b"Infinity", b"-Infinity", b"NaN", b"[1]", b'"soon"', b"{}", b"1e999", b"null"])
def test_an_expiry_that_is_no_moment(exp: bytes) -> None:
    body = b'{"sub": "ann", "role": "admin", "exp": ' + exp + b"}"
    refused(by_hand({"alg": "HS256", "typ": "JWT"}, body, hs256(SECRET.encode())))


def test_audience_and_issuer() -> None:
    settings = {"jwt_audience": "dashwright", "jwt_issuer": "https://host"}
    good = {"aud": ["other", "dashwright"], "iss": "https://host"}
    assert reader(**settings).actor_of(signed(**good)).name == "jwt:ann"
    refused(signed(**{**good, "aud": "other"}), "another audience", **settings)
    refused(signed(**{**good, "aud": None}), "lacks the claim 'aud'", **settings)
    refused(signed(**{**good, "iss": "https://host.evil"}), "another issuer", **settings)
    refused(signed(**{**good, "iss": None}), "lacks the claim 'iss'", **settings)


def test_clocks_may_differ_a_little() -> None:
    now = int(time.time())
    assert reader().actor_of(signed(exp=now - 4, nbf=now + 4)).role is Role.EDITOR


def test_a_default_role_holds_for_absent_claims_only() -> None:
    assert reader(jwt_default_role="viewer").actor_of(signed(role=None)).role is Role.VIEWER
    refused(signed(role="root"), "names no role", jwt_default_role="viewer")


@pytest.mark.parametrize(
    "token",
    [
        "..",
        "a.b.c",
        "ü.ü.ü",
        by_hand(b"[" * 4000, {}),
        by_hand(b"\xff", {}),
        by_hand([], {}),
        by_hand({"alg": "HS256"}, b"[" * 4000, hs256(SECRET.encode())),
        by_hand({"alg": "HS256"}, [1], hs256(SECRET.encode())),
        by_hand({"alg": "HS256", "crit": ["x"], "x": 1}, claims(), hs256(SECRET.encode())),
        by_hand({"alg": "HS256", "b64": False}, claims(), hs256(SECRET.encode())),
        "x" * 9000 + ".y.z",
    ],
)
def test_what_is_no_token_is_refused_and_breaks_nothing(token: str) -> None:
    refused(token)


def test_keys_that_cannot_be_used_stop_the_start() -> None:
    private = RSA_KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    weak = rsa.generate_private_key(65537, 1024)
    old = dsa.generate_private_key(2048)
    koblitz = ec.generate_private_key(ec.SECP256K1())
    for settings, why in (
        ({"jwt_secret": Secret("short")}, "shorter than 32"),
        ({"jwt_secret": Secret(pem(RSA_KEY))}, "JWT_PUBLIC_KEY"),
        ({"jwt_secret": Secret(SECRET), "jwt_public_key": pem(RSA_KEY)}, "both set"),
        ({"jwt_public_key": "nonsense"}, "PEM"),
        ({"jwt_public_key": private}, "private key"),
        ({"jwt_public_key": pem(weak)}, "1024 bits"),
        ({"jwt_public_key": pem(old)}, "not accepted"),
        ({"jwt_public_key": pem(koblitz)}, "not accepted"),
    ):
        with pytest.raises(ConfigError, match=why) as caught:
            build_host_tokens(Settings(**settings))
        assert "BEGIN PRIVATE" not in caught.value.message
    assert build_host_tokens(Settings()) is None
