"""Looks at a running deployment from inside and outside and names each fault with its fix.

`catalogue` holds what can be found, `facts` what was seen, `rules` (pure) lead from the one to the other; the probes
(`inside`, `grafana_probe`, `outside`) only look: they change nothing.
"""

from __future__ import annotations

from .catalogue import CATALOGUE, Finding, Severity, exit_code
from .examination import examine, examine_outside

__all__ = ["CATALOGUE", "Finding", "Severity", "examine", "examine_outside", "exit_code"]
