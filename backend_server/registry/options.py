"""What the settings say to the registry."""

from __future__ import annotations

from dataclasses import dataclass

from backend_server.links.derived import derived_slug, derived_token
from backend_server.primitives.ids import LinkToken, Maker, Slug, new_slug, new_token
from backend_server.primitives.secret import Secret
from backend_server.settings import LinkTokens, Settings


@dataclass(frozen=True, slots=True)
class RegistryOptions:
    """`secret_key` is set when tokens are derived; then default links survive a lost database."""

    share_default: str = "true"
    stale_after_ms: int = 90_000
    retired_keep_ms: int = 30 * 86_400_000
    secret_key: Secret | None = None

    @classmethod
    def from_settings(cls, settings: Settings) -> RegistryOptions:
        """Take from the settings what the registry needs."""
        return cls(
            share_default=settings.share_default,
            stale_after_ms=int(settings.stale_after * 1000),
            retired_keep_ms=int(settings.retired_keep * 1000),
            secret_key=settings.secret_key if settings.link_tokens is LinkTokens.DERIVED else None,
        )

    @property
    def derives_tokens(self) -> bool:
        """Whether tokens come from the secret key."""
        return self.secret_key is not None

    def choose_token(self, slot: str, object_id: str, *, use: str = "link") -> LinkToken:
        """Choose a default link's token (or, by `use`, an id of its publication)."""
        if self.secret_key is None:
            return new_token()
        return derived_token(self.secret_key, Maker.DEVICE, slot, object_id, use=use)

    def choose_slug(self, slot: str, object_id: str, hostname: str) -> Slug:
        """Choose a default link's slug."""
        if self.secret_key is None:
            return new_slug(hostname)
        return derived_slug(self.secret_key, Maker.DEVICE, slot, object_id)
