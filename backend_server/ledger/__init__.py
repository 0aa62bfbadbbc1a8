"""Who made, changed and saw what. It counts by link and by day; no visitor's address is kept anywhere."""

from .ledger import Ledger, LinkLedger
from .model import AuditEvent, AuditQuery, DayCount

__all__ = ["AuditEvent", "AuditQuery", "DayCount", "Ledger", "LinkLedger"]
