"""The values of `share`: true, false, or the name of a ready-made link profile."""

from __future__ import annotations

from backend_server.errors import InvalidInput, Problem

PROFILE_NAMES = ("light", "dark", "wall", "explore", "report")
# As variables spell it, pydantic's words among them.
_SPELLINGS = {
    **dict.fromkeys(("true", "yes", "on", "1", "t", "y"), "true"),
    **dict.fromkeys(("false", "no", "off", "0", "f", "n"), "false"),
}


def parse_share(text: str) -> str:
    """Read a variable's word, whatever its case; raises InvalidInput: a typing error must not publish anything."""
    word = text.strip().lower()
    if word in PROFILE_NAMES:
        return word
    if word not in _SPELLINGS:
        names = ", ".join(PROFILE_NAMES)
        raise InvalidInput([Problem("", f"is {text[:40]!r}; it must be true, false or a profile's name ({names})")])
    return _SPELLINGS[word]
