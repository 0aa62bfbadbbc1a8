"""Who made, changed and saw what. It counts by link and by day; no visitor's address is kept anywhere."""

from backend_server.ledger.ledger import Ledger, LinkLedger
from backend_server.ledger.ports import AuditQuery, AuditRow, DayCount

__all__ = ["AuditQuery", "AuditRow", "DayCount", "Ledger", "LinkLedger"]
