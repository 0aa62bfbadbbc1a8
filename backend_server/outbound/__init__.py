"""Outgoing requests: which addresses may be reached by whom, and the client that bounds a call in time and bytes."""

from .checked import CheckedAddresses
from .guard import AddressRefused, OutboundGuard, Permitted, Purpose
from .http import AnswerCompressed, AnswerTooLarge, Bounds, CallFailed, CallTimedOut, HttpClient, HttpRequest, Reply

__all__ = [
    "AddressRefused",
    "AnswerCompressed",
    "AnswerTooLarge",
    "Bounds",
    "CallFailed",
    "CallTimedOut",
    "CheckedAddresses",
    "HttpClient",
    "HttpRequest",
    "OutboundGuard",
    "Permitted",
    "Purpose",
    "Reply",
]
