"""Who made, changed and saw what. It counts by link and by day; no visitor's address is kept anywhere."""

from .ledger import Ledger, LinkLedger
from .ports import AuditQuery, AuditRow, DayCount

__all__ = ["AuditQuery", "AuditRow", "DayCount", "Ledger", "LinkLedger"]
