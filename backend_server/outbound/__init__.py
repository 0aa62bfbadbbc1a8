"""Outgoing requests: which addresses may be reached by whom, and the client that bounds a call in time and bytes."""

from .checked import CheckedAddresses
from .guard import AddressRefused, OutboundGuard, PermittedAddress, Purpose
from .http import AnswerCompressed, AnswerTooLarge, Bounds, CallFailed, CallTimedOut, HttpClient, HttpReply, HttpRequest

__all__ = [
    "AddressRefused",
    "AnswerCompressed",
    "AnswerTooLarge",
    "Bounds",
    "CallFailed",
    "CallTimedOut",
    "CheckedAddresses",
    "HttpClient",
    "HttpReply",
    "HttpRequest",
    "OutboundGuard",
    "PermittedAddress",
    "Purpose",
]
