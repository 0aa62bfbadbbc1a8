"""Mutants: copies of a good input with a few places changed, in its structure or in its bytes."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable, Generator
from typing import Any

import orjson

Dice = random.Random  # the same dice, the same mutants
Read = Callable[[bytes], bytes]
"""Reads a mutant as the service does, and gives what would be answered."""
Mutants = Callable[[Dice], Generator[tuple[bytes, Read]]]
"""Gives mutants without end, each with its reader."""

VALUES: list[Any] = [
    *(None, True, False, 0, -1, 1, 1.5, 2**63, 2**64, -(2**70), 1e308, "", " ", "x", "A" * 3000, "<<", "<< >>"),
    *("<< device >>", "<< device.labels >>", "<< device.labels.nothing >>", "<< device.id.replace('', 'aaaaaa') >>"),
    *("<< 1e999 >>", "<< " + "[" * 90 + " >>", "${DS}", "$__interval", "\ud7ff\ufdd0", [], {}, [[]], {"a": {}}, [None]),
    *(["A"], {"uid": []}, {"mode": 3}, "now-1h", "5s", "-- Mixed --", [{"type": "dashboards"}], {"list": 1}),
    *(
        "NaN",
        "+Inf",
        "-Inf",
        "1e309",
        "9" * 400,
        "4.29G",
        "1e300E",
        "²",
        "\x00",
        "\r\n",
        "\\",
        '"',
        "{{device}}",
        "[[x]]",
    ),
    *([1, "2"], [[1, "2"]], [1e300, "1"], {"metric": {}}, "matrix", "success", "a.b", "a[0]", -0.0, 5e-324),
]
KEYS = [
    *("type", "targets", "refId", "datasource", "links", "list", "panels", "gridPos", "uid", "id", "fieldConfig"),
    *("tags", "metric", "value", "values", "result", "resultType", "__name__", "name", "kind", "labels", "unit", "key"),
    *("<<", "", "k" * 3000),
]
TOKENS = [
    *(b"<<", b">>", b"{{", b"}}", b"${x}", b"[[", b'"', b"'", b"\\", b"\\u0000", b"\\ud800", b"\x00", b"\xff"),
    *(
        b"\xef\xbb\xbf",
        b"\n",
        b"\r",
        b"\r\n\r\n",
        b"\t",
        b" ",
        b":",
        b"- ",
        b"? ",
        b"&a ",
        b"*a",
        b"!!int ",
        b"!!binary ",
    ),
    *(b"<<: *a\n", b"|", b">", b"{", b"}", b"[", b"]", b",", b"NaN", b"Infinity", b"-", b"1e999", b"9" * 400, b"0x1"),
    *(b"1_0", b"+1", b".nan", b".inf", b"[" * 200, b"{" * 200, b"(" * 200, b"A" * 5000, b"2001-99-99"),
    *(b"transfer-encoding: chunked\r\n", b"content-length: 5\r\n", b"0\r\n\r\n"),
]


def mutated(document: Any, dice: Dice) -> Any:
    """Return a copy with one to three places changed: another value, a key gone, a key more, something doubled."""
    changed = orjson.loads(orjson.dumps(document))  # a copy
    for _ in range(dice.randint(1, 3)):
        holders = [changed]
        for holder in holders:
            inner = holder.values() if isinstance(holder, dict) else holder
            holders += [child for child in inner if isinstance(child, dict | list) and child]
        holder = dice.choice(holders)
        if not holder:
            return changed
        where = dice.choice(list(holder) if isinstance(holder, dict) else range(len(holder)))
        match dice.randrange(4):
            case 0 | 1:
                holder[where] = copy.deepcopy(dice.choice(VALUES))
            case 2 if isinstance(holder, dict):
                del holder[where]
            case _ if isinstance(holder, dict):
                holder[dice.choice(KEYS)] = copy.deepcopy(dice.choice(VALUES))
            case _:
                holder.append(copy.deepcopy(holder[where]))
    return changed


def mutated_bytes(source: bytes, dice: Dice) -> bytes:
    """Return bytes with one to four places changed: something cut out, doubled, swapped, put in, or one bit turned."""
    changed = source
    for _ in range(dice.randint(1, 4)):
        at = dice.randint(0, len(changed))
        end = min(len(changed), at + dice.choice((1, 2, 5, 20, 200)))
        match dice.randrange(6):
            case 0:
                changed = changed[:at] + changed[end:]
            case 1:
                changed = changed[:end] + changed[at:end] * dice.choice((1, 2, 50)) + changed[end:]
            case 2:
                changed = changed[:at]
            case 3 if at < len(changed):
                changed = changed[:at] + bytes([changed[at] ^ 1 << dice.randrange(8)]) + changed[at + 1 :]
            case _:
                changed = changed[:at] + dice.choice(TOKENS) + changed[end if dice.random() < 0.5 else at :]
    return changed


def as_json(value: Any) -> bytes:
    """Write a mutant as JSON, numbers beyond 64 bits too."""
    try:
        return orjson.dumps(value)
    except TypeError:
        return json.dumps(value).encode()
