"""The sealed file a backup is kept in: compressed, encrypted with a passphrase, and whole or refused.

One line of plain JSON (what it is, how the key is derived), then lines of Fernet tokens. Each holds its number and
whether it is the last, so that a torn, shortened or re-ordered file is noticed before anything of it is believed.
"""

from __future__ import annotations

import base64
import os
import secrets
import tempfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path

import orjson
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from backend_server.errors import ConfigError, InputError
from backend_server.primitives.secret import Secret

FORMAT = 1
SHORTEST_PASSPHRASE = 8
_PART_BYTES = 1024 * 1024
_MOST_LINE_BYTES = 4 * _PART_BYTES
# 64 MB and about a quarter of a second for each try.
_COST, _BLOCK, _LANES = 2**16, 8, 1
_MOST_COST = 2**20  # a file must not be able to ask for all memory


def write_sealed(path: Path, lines: Iterable[bytes], passphrase: Secret) -> int:
    """Write lines (none holds a newline) to a new file of mode 0600, whole or not at all; returns its size in bytes.

    Raises InputError for a passphrase that is too short and ConfigError when the disk refuses.
    """
    if len(passphrase.reveal()) < SHORTEST_PASSPHRASE:
        raise InputError(f"The passphrase must have at least {SHORTEST_PASSPHRASE} characters.")
    salt = secrets.token_bytes(16)
    head = {
        "dashwright": "backup",
        "format": FORMAT,
        "key": {"kind": "scrypt", "n": _COST, "r": _BLOCK, "p": _LANES, "salt": base64.b64encode(salt).decode()},
    }
    try:
        handle, beside = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".tmp")
        try:
            with open(handle, "wb") as out:
                out.write(orjson.dumps(head) + b"\n")
                fernet = _fernet(passphrase, salt, _COST, _BLOCK, _LANES)
                for number, (part, last) in enumerate(_parts(lines)):
                    out.write(fernet.encrypt(b"%d %d\n" % (number, last) + part) + b"\n")
                out.flush()
                os.fsync(out.fileno())
            Path(beside).replace(path)
        except BaseException:
            Path(beside).unlink(missing_ok=True)
            raise
        return path.stat().st_size
    except OSError as fault:
        raise ConfigError(f"{path} cannot be written: {fault.strerror}.") from fault


def read_sealed(path: Path, passphrase: Secret) -> Iterator[bytes]:
    """Yield the lines of a sealed file; raises InputError when it is none, damaged, or the passphrase is wrong.

    The end is checked last: whoever reads must take nothing for good before the iteration is over.
    """
    try:
        with path.open("rb") as source:
            fernet = _fernet_of(source.readline(_MOST_LINE_BYTES), path, passphrase)
            unpack = zlib.decompressobj()
            rest = b""
            number, last = 0, False
            while token := source.readline(_MOST_LINE_BYTES):
                part, last = _open(fernet, token, number, last, path)
                whole = rest + unpack.decompress(part)
                *lines, rest = whole.split(b"\n")
                yield from lines
                number += 1
            if not last or not unpack.eof or rest:
                raise _damaged(path, "its end is missing")
    except zlib.error as fault:
        raise _damaged(path, "it cannot be unpacked") from fault
    except OSError as fault:
        raise InputError(f"{path} cannot be read: {fault.strerror}.") from fault


def _open(fernet: Fernet, token: bytes, number: int, ended: bool, path: Path) -> tuple[bytes, bool]:
    try:
        opened = fernet.decrypt(token.rstrip(b"\n"))
    except InvalidToken as fault:
        if number == 0:
            raise InputError(f"The passphrase does not open {path}, or its beginning is damaged.") from fault
        raise _damaged(path, f"part {number + 1} was changed or cut") from fault
    head, _, part = opened.partition(b"\n")
    told, _, last = head.partition(b" ")
    if ended or told != b"%d" % number:
        raise _damaged(path, "its parts are not in their order")
    return part, last == b"1"


def _parts(lines: Iterable[bytes]) -> Iterator[tuple[bytes, bool]]:
    pack = zlib.compressobj(6)
    gathered = bytearray()
    for line in lines:
        gathered += pack.compress(line + b"\n")
        if len(gathered) >= _PART_BYTES:
            yield bytes(gathered), False
            gathered.clear()
    gathered += pack.flush()
    yield bytes(gathered), True


def _fernet_of(line: bytes, path: Path, passphrase: Secret) -> Fernet:
    try:
        head = orjson.loads(line)
        if head["dashwright"] != "backup":
            raise ValueError("another kind of file")
        if head["format"] > FORMAT:
            raise ConfigError(f"{path} was written by a later version of Dashwright; restore it with that one.")
        key = head["key"]
        cost, block, lanes = int(key["n"]), int(key["r"]), int(key["p"])
        if not (1 < cost <= _MOST_COST and 0 < block <= 16 and 0 < lanes <= 4):
            raise ValueError("no key of ours asks for that")
        return _fernet(passphrase, base64.b64decode(key["salt"], validate=True), cost, block, lanes)
    except (ValueError, KeyError, TypeError, UnsupportedAlgorithm) as fault:
        raise InputError(f"{path} is not a backup of Dashwright.") from fault


def _fernet(passphrase: Secret, salt: bytes, cost: int, block: int, lanes: int) -> Fernet:
    derived = Scrypt(salt=salt, length=32, n=cost, r=block, p=lanes).derive(passphrase.reveal().encode())
    return Fernet(base64.urlsafe_b64encode(derived))


def _damaged(path: Path, how: str) -> InputError:
    return InputError(f"{path} is damaged: {how}. Nothing was restored; take another copy.")
