"""How many requests `web` answers at once, and how many of those may wait for something else, in one place.

The hook, health and everybody who signs in go through the same threads as visitors and `?wait=`.
"""

from __future__ import annotations

WEB_THREADS = 16
# Visitors' requests that ask a datasource or Grafana; in a rush one waits this long for its turn.
MOST_VISITORS = 12
VISITOR_PATIENCE_SECONDS = 1.0
# Requests that sit until something is true.
MOST_WAITING = 4
