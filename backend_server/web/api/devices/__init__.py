"""Devices in the API."""
