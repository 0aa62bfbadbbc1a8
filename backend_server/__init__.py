"""Dashwright: a control plane beside Grafana (the package keeps the neutral name of its room)."""

__version__ = "0.1.0"
