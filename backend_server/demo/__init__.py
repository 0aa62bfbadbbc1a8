"""`make demo`: simulated miners, a host that watches them, and its page with their dashboards embedded."""
