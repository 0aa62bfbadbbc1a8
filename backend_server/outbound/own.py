"""The addresses of this machine, read from the kernel's tables (Linux) or, elsewhere, from its name."""

from __future__ import annotations

import socket
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path

from .addresses import Address

_IPV4_TABLE = Path("/proc/net/fib_trie")
_IPV6_TABLE = Path("/proc/net/if_inet6")


def own_addresses() -> frozenset[Address]:
    """Return every address that leads to this machine, loopback not included."""
    found: set[Address] = set()
    try:
        found.update(parse_ipv4_table(_IPV4_TABLE.read_text(encoding="ascii")))
        if _IPV6_TABLE.exists():
            found.update(parse_ipv6_table(_IPV6_TABLE.read_text(encoding="ascii")))
    except OSError:
        try:
            for *_, place in socket.getaddrinfo(socket.gethostname(), None):
                found.add(ip_address(str(place[0]).partition("%")[0]))
        except OSError:
            return frozenset(found)  # a machine without a name of its own has nothing more to tell
    return frozenset(address for address in found if not address.is_loopback)


def parse_ipv4_table(text: str) -> set[IPv4Address]:
    """Read the local addresses out of `/proc/net/fib_trie`: a leaf line followed by `/32 host LOCAL`."""
    found: set[IPv4Address] = set()
    leaf = ""
    for line in text.splitlines():
        words = line.split()
        if len(words) == 2 and words[0] == "|--":
            leaf = words[1]
        elif words[-2:] == ["host", "LOCAL"] and leaf:
            found.add(IPv4Address(leaf))
    return found


def parse_ipv6_table(text: str) -> set[IPv6Address]:
    """Read `/proc/net/if_inet6`: the first word of each line is the address in 32 hex digits."""
    return {IPv6Address(int(line.split()[0], 16)) for line in text.splitlines() if line.strip()}
