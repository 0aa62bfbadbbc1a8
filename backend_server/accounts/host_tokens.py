"""JSON Web Tokens of a host platform: whoever signed in there calls here without a second account.

The algorithm follows from the configured key and never from the token (RFC 8725, section 3.1): a shared secret takes
HS256 alone, a public key only the signature of its own kind. Nothing of a token is believed before its signature.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from backend_server.errors import ConfigError, Unauthenticated
from backend_server.primitives.secret import Secret

from .model import Actor, Role

MIN_SECRET_BYTES = 32  # RFC 7518, section 3.2: as long as the hash
MIN_RSA_BITS = 2048
LEEWAY_SECONDS = 10
_MOST_CHARACTERS = 8_192
_LONGEST_SUBJECT = 100
_CURVES = {"secp256r1": "ES256", "secp384r1": "ES384", "secp521r1": "ES512"}
_REASONS: tuple[tuple[type[Exception], str], ...] = (
    (jwt.ExpiredSignatureError, "has expired"),
    (jwt.ImmatureSignatureError, "is not valid yet"),
    (jwt.InvalidAudienceError, "is meant for another audience"),
    (jwt.InvalidIssuerError, "comes from another issuer"),
    (jwt.InvalidAlgorithmError, "is signed in a way that is not accepted here"),
)


@dataclass(frozen=True, slots=True)
class HostTokenRules:
    """How the host platform signs (`secret` or `public_key`, PEM), and what a token must and may say."""

    secret: Secret | None = None
    public_key: str | None = None
    audience: str | None = None
    issuer: str | None = None
    role_claim: str = "role"
    default_role: Role | None = None


class HostTokens:
    """Reads the host platform's tokens; thread-safe."""

    def __init__(self, key: Any, algorithm: str, rules: HostTokenRules) -> None:
        self._key = key
        self._algorithm = algorithm
        self._rules = rules

    @classmethod
    def of(cls, rules: HostTokenRules) -> HostTokens | None:
        """Return what reads tokens by `JWT_SECRET` or `JWT_PUBLIC_KEY`; None when neither is set.

        Raises ConfigError for a key that is weak, of the wrong kind, or given together with the other.
        """
        secret, public = rules.secret, rules.public_key
        if secret is not None and public is not None:
            raise ConfigError("JWT_SECRET and JWT_PUBLIC_KEY are both set; keep the one your host platform signs by.")
        if secret is not None:
            text = secret.reveal()
            if text.lstrip().startswith("-----BEGIN"):
                raise ConfigError("JWT_SECRET holds a PEM key; a public key goes into JWT_PUBLIC_KEY.")
            if len(text.encode()) < MIN_SECRET_BYTES:
                raise ConfigError(f"JWT_SECRET is shorter than {MIN_SECRET_BYTES} bytes; set a random one.")
            return cls(text, "HS256", rules)
        if public is not None:
            return cls(*_public_key(public), rules)
        return None

    def actor_of(self, token: str) -> Actor:
        """Return who calls with this token, as `jwt:{sub}`; raises Unauthenticated saying why it is invalid."""
        claims = self._claims(token)
        subject = claims["sub"]  # required below, and a text by PyJWT's check
        if not (0 < len(subject) <= _LONGEST_SUBJECT and subject.isprintable()):
            raise _refused("has a subject that cannot be shown")
        return Actor(name=f"jwt:{subject}", role=self._role(claims))

    def _claims(self, token: str) -> dict[str, Any]:
        if len(token) > _MOST_CHARACTERS:
            raise _refused("is too long")
        try:
            found: dict[str, Any] = jwt.decode(
                token,
                self._key,
                algorithms=[self._algorithm],
                audience=self._rules.audience,  # None: a token that names an audience is refused
                issuer=self._rules.issuer,
                leeway=LEEWAY_SECONDS,
                options={"require": ["exp", "sub"]},
            )
        except jwt.MissingRequiredClaimError as fault:
            raise _refused(f"lacks the claim {fault.claim!r}") from None
        except jwt.InvalidTokenError as fault:
            why = next((words for kind, words in _REASONS if isinstance(fault, kind)), "is not one we can trust")
            raise _refused(why) from None
        except (ValueError, TypeError, OverflowError, RecursionError):
            # JSON that is deeper or numbers that are larger than Python's own: PyJWT lets these through.
            raise _refused("cannot be read") from None
        return found

    def _role(self, claims: dict[str, Any]) -> Role:
        name = self._rules.role_claim
        given = claims.get(name)
        if given is None:
            if self._rules.default_role is None:
                raise _refused(f"lacks the claim {name!r} with a role")
            return self._rules.default_role
        if not isinstance(given, str) or given not in set(Role):
            raise _refused(f"names no role of ours in {name!r}; there are: {', '.join(Role)}")
        return Role(given)


def _public_key(pem: str) -> tuple[Any, str]:
    # An environment file holds one line, so that line breaks are often written out there.
    text = pem.replace("\\n", "\n")
    if "PRIVATE KEY" in text:
        raise ConfigError("JWT_PUBLIC_KEY holds a private key; give its public half only.")
    try:
        key = load_pem_public_key(text.encode())
    except (ValueError, UnsupportedAlgorithm) as fault:
        raise ConfigError("JWT_PUBLIC_KEY is not a public key in PEM ('-----BEGIN PUBLIC KEY-----').") from fault
    if isinstance(key, rsa.RSAPublicKey):
        if key.key_size < MIN_RSA_BITS:
            raise ConfigError(f"JWT_PUBLIC_KEY has {key.key_size} bits; an RSA key needs {MIN_RSA_BITS}.")
        return key, "RS256"
    if isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name in _CURVES:
        return key, _CURVES[key.curve.name]
    if isinstance(key, ed25519.Ed25519PublicKey):
        return key, "EdDSA"
    raise ConfigError("JWT_PUBLIC_KEY is of a kind that is not accepted: give RSA, P-256, P-384, P-521 or Ed25519.")


def _refused(why: str) -> Unauthenticated:
    return Unauthenticated(f"The host platform's token {why}.")
