"""Asks devices for readings and serves them to Prometheus."""
