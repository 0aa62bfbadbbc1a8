"""What kind of address an IP address is, whatever it is wrapped in.

An address that carries another one (IPv4-mapped, NAT64, 6to4, ISATAP) is judged by both, since the packet ends at the
inner one. What is not plainly public or plainly private is refused.
"""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


class AddressKind(StrEnum):
    """Where an address leads."""

    PUBLIC = "public"
    PRIVATE = "private"
    LOOPBACK = "loopback"
    LINK_LOCAL = "link-local"
    METADATA = "a cloud's metadata service"
    OWN = "this machine's own"
    SPECIAL = "reserved"


_PRIVATE = tuple(
    ip_network(text) for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7")
)
# Metadata and host agents, most of them outside link-local space: AWS (both), Alibaba, Azure's wire server, Oracle.
_METADATA = tuple(
    ip_network(text)
    for text in ("169.254.169.254/32", "fd00:ec2::254/128", "100.100.100.200/32", "168.63.129.16/32", "192.0.0.192/32")
)
# Behind these an address of version 4 is meant: NAT64's, and what SIIT calls IPv4-translated.
_NAT64 = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"), IPv6Network("::ffff:0:0:0/96"))
_IPV4_COMPATIBLE = IPv6Network("::/96")
_TEREDO = IPv6Network("2001::/32")
_ISATAP_MARKS = (0x00005EFE, 0x02005EFE)

# The worse comes first: of an outer and an inner address the worse one counts.
_WORST_FIRST = (
    AddressKind.METADATA,
    AddressKind.LOOPBACK,
    AddressKind.OWN,
    AddressKind.LINK_LOCAL,
    AddressKind.SPECIAL,
    AddressKind.PRIVATE,
    AddressKind.PUBLIC,
)


def layers(address: Address) -> tuple[Address, ...]:
    """Return the address and every address it carries inside."""
    found: list[Address] = [address]
    if isinstance(address, IPv6Address):
        low = IPv4Address(int(address) & 0xFFFFFFFF)
        if address.ipv4_mapped is not None:
            return (address.ipv4_mapped,)
        if any(address in network for network in _NAT64):
            return (low,)
        if address.sixtofour is not None:
            found.append(address.sixtofour)
        elif address in _IPV4_COMPATIBLE and int(address) > 1:
            found.append(low)
        if (int(address) >> 32) & 0xFFFFFFFF in _ISATAP_MARKS:
            found.append(low)
    return tuple(found)


def kind_of_address(address: Address, own: Collection[Address] = ()) -> AddressKind:
    """Return where the address leads; of several layers the worst counts."""
    kinds = {_kind_of_layer(layer, own) for layer in layers(address)}
    return next(kind for kind in _WORST_FIRST if kind in kinds)


def _kind_of_layer(address: Address, own: Collection[Address]) -> AddressKind:
    if any(address in network for network in _METADATA if network.version == address.version):
        return AddressKind.METADATA
    if address.is_loopback or address.is_unspecified:
        return AddressKind.LOOPBACK  # the unspecified address connects to this machine
    if address in own:
        return AddressKind.OWN
    if address.is_link_local:
        return AddressKind.LINK_LOCAL
    if isinstance(address, IPv6Address) and (address in _TEREDO or address.is_site_local):
        return AddressKind.SPECIAL
    if any(address in network for network in _PRIVATE if network.version == address.version):
        return AddressKind.PRIVATE
    if address.is_global and not address.is_multicast:
        return AddressKind.PUBLIC
    return AddressKind.SPECIAL
