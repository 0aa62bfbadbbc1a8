"""Hosts and ports as patterns, for the rules of rooms and for what the API's description says of them."""

from __future__ import annotations

_HEX = "[0-9a-f]{1,4}"

# Both may stand in a JSON schema, whose regular expressions know no look-around.
PORT_PATTERN = r"(:(6553[0-5]|655[0-2][0-9]|65[0-4][0-9]{2}|6[0-4][0-9]{3}|[1-5][0-9]{4}|[1-9][0-9]{0,3}))?"
IPV6_PATTERN = (
    rf"\[({_HEX}(:{_HEX}){{7}}|({_HEX}(:{_HEX}){{0,4}})?::({_HEX}(:{_HEX})?)?"
    rf"|({_HEX}(:{_HEX})?)?::({_HEX}(:{_HEX}){{0,4}})?)\]"
)
