"""Packs in the API."""
