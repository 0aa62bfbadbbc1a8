"""Prometheus targets in the API."""
