"""Tokens and slugs of default links in `LINK_TOKENS=derived`: keyed hashes, equal again after a lost database."""

from __future__ import annotations

import hashlib
import hmac

from backend_server.primitives.ids import LinkToken, Maker, Slug, slug_words
from backend_server.primitives.secret import Secret


def derived_token(secret_key: Secret, maker: Maker, slot: str, object_id: str, *, use: str = "link") -> LinkToken:
    """Derive the token of (maker, slot, object); whoever lacks the key cannot guess it."""
    return LinkToken(_keyed(secret_key, use, maker, slot, object_id)[:32])


def derived_slug(secret_key: Secret, maker: Maker, slot: str, object_id: str) -> Slug:
    """Derive the slug of a default link: words of the id, since a hostname may have changed in between, and 64 bits."""
    tail = _keyed(secret_key, "slug", maker, slot, object_id)[:16]
    words = slug_words(object_id)
    return Slug(f"{words}-{tail}" if words else tail)


def _keyed(secret_key: Secret, use: str, maker: Maker, slot: str, object_id: str) -> str:
    message = "\0".join((use, maker.value, slot, object_id)).encode()
    return hmac.new(secret_key.reveal().encode(), message, hashlib.sha256).hexdigest()
