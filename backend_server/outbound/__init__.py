"""Outgoing requests: which addresses may be reached by whom, and a call that is bounded in time and bytes."""

from .bounded import (
    AnswerTooLarge,
    BoundedHttp,
    CallFailed,
    CallTimedOut,
    Reply,
)
from .checked import CheckedAddresses
from .guard import AddressRefused, OutboundGuard, Permitted, Purpose

__all__ = [
    "AddressRefused",
    "AnswerTooLarge",
    "BoundedHttp",
    "CallFailed",
    "CallTimedOut",
    "CheckedAddresses",
    "OutboundGuard",
    "Permitted",
    "Purpose",
    "Reply",
]
